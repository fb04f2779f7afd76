"""``livecomposer bench journal``: what an hour of a set writes, in peace and while everyone turns everything.

Whole sessions on a clock that is moved by hand, with the weights themselves: four hours take minutes. The performer
plays the pieces that ship, one after the other, with rests between them. The flood is of commands by OSC and from
pages: every dial in turn, to and fro, and a button a second.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from livecomposer import performances
from livecomposer.companion.modes import mask_policy_of, weights_mode
from livecomposer.errors import SettingError
from livecomposer.evaluation.music.local_engine import LocalEngine
from livecomposer.events import Event
from livecomposer.midi import files
from livecomposer.offline.manual_session import Order, play_set
from livecomposer.session.commands.table import COMMANDS, Kind
from livecomposer.settings import Settings, load
from livecomposer.weights.checkpoint_folder import model_folder

__all__ = ["FLOOD_RATE", "flood", "lines", "measured", "music", "run"]

FLOOD_RATE = 500.0
"""Commands a second, of all who ask together."""
_HOUR = 3600.0
_REST = 6.0  # seconds between two pieces, as long as it takes a companion to be heard
_PIECES = ("phrases", "gymnopedie", "moment-musical", "gondola-song", "sonata-d664")
_BUTTONS = ("trigger", "yield", "undo", "reroll", "mute", "freeze", "tap")
_BUTTON_EVERY = 500  # commands: one a second
_WAYS = ("quiet", "flooded")
_SEED = 1


def run(options: argparse.Namespace) -> dict[str, Any]:
    """What ``bench journal --json`` prints: for each mode and way, megabytes an hour, by what they are of."""
    if not options.hours > 0:
        raise SettingError(f"hours = {options.hours}: wanted more than 0")
    seconds = 60.0 if options.quick else options.hours * _HOUR
    rows: list[dict[str, Any]] = []
    for mode in ("continue", "accompany"):
        settings = load(options={"mode": mode, **({"model": options.model} if options.model else {})})
        rows += [{"mode": mode, "way": way, **measured(settings, seconds, flooded=way == "flooded")} for way in _WAYS]
    return {"seconds": seconds, "flood_rate": FLOOD_RATE, "rows": rows}


def measured(settings: Settings, seconds: float, *, flooded: bool) -> dict[str, Any]:
    """One set: bytes, megabytes an hour, and the share of each kind of line."""
    mind = LocalEngine.open(
        model_folder(settings.model),
        mode=weights_mode(settings),
        device="cpu",
        precision=settings.precision,
        threads=settings.threads,
        policy=mask_policy_of(settings),
    )
    orders = flood(seconds) if flooded else ()
    with TemporaryDirectory(prefix="livecomposer-") as folder:
        journal = play_set(
            settings, mind, music(seconds), seconds=seconds, record=Path(folder), seed=_SEED, orders=orders
        )
        size, kinds = journal.stat().st_size, _bytes_by_kind(journal)
    shares = {kind: round(found / size, 3) for kind, found in kinds.most_common()}
    return {"bytes": size, "mb_an_hour": round(size / seconds * _HOUR / 1e6, 2), "shares": shares}


def music(seconds: float) -> Iterator[Event]:
    """The pieces that ship, round and round for so long, with rests between them."""
    began = 0.0
    for name in cycle(_PIECES):
        events = files.read(performances.path(name)).events
        for event in events:
            if began + event.time >= seconds:
                return
            yield replace(event, time=began + event.time)
        began += events[-1].time + _REST


def flood(seconds: float) -> Iterator[Order]:
    """:data:`FLOOD_RATE` commands a second: each dial in turn, and a button a second."""
    dials = cycle(one for one in COMMANDS.values() if one.kind is Kind.NUMBER)
    buttons, sources = cycle(_BUTTONS), cycle(("osc", "panel"))
    for number in count():
        moment = number / FLOOD_RATE
        if moment >= seconds:
            return
        if number % _BUTTON_EVERY == 0:
            yield moment, next(buttons), None, next(sources)
        else:
            dial = next(dials)
            yield moment, dial.name, dial.at(0.3 + 0.4 * (number * 0.37 % 1.0)), next(sources)


def _bytes_by_kind(journal: Path) -> Counter[str]:
    """Of the lines of a journal: whose messages, the calls, or what was decided."""
    found: Counter[str] = Counter()
    for line in journal.read_text(encoding="utf-8").splitlines(keepends=True):
        told = json.loads(line)
        found[told.get("who") or ("calls" if "calls" in told else told.get("what", "header"))] += len(line.encode())
    return found


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """The result of :func:`run` for a person to read."""
    yield f"{result['seconds'] / _HOUR:g} hours each; a flood is of {result['flood_rate']:g} commands a second"
    for row in result["rows"]:
        shares = ", ".join(f"{kind} {share:.0%}" for kind, share in row["shares"].items() if share >= 0.005)
        yield f"{row['mode']:10}{row['way']:9}{row['mb_an_hour']:8.2f} MB an hour: {shares}"
