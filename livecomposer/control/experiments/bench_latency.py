"""``livecomposer bench latency``: the whole session as a performer would meet it."""

import argparse
import asyncio
import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from livecomposer.control.typed_settings import say
from livecomposer.errors import SettingError
from livecomposer.events import SUSTAIN, Control, Event, Note, events_of_notes
from livecomposer.session.lifecycle import Performed, perform
from livecomposer.session.timing.idle_lateness import IdleLateness
from livecomposer.settings import Settings, changed, load

__all__ = ["lines", "phrases", "run"]

_SEED = 1
_EXTENSION_SECONDS = 2.5
_PHRASE_SECONDS = 2.0
_LEAD_IN = 0.5
_REST = 4.2  # phrase end noticed, the whole extension, and a breath
_SHORT_REST = 2.4  # phrase end noticed, and about half the extension: the performer breaks in
_PATIENCE = 60.0
"""Seconds past the end of the music after which a session that does not end is ended."""
_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9))


def run(options: argparse.Namespace) -> dict[str, Any]:
    """What ``bench latency --json`` prints: a session in ``mode`` with ``model``, or random weights of ``size``.

    A recorded performer plays ``turns`` phrases in real time, about six seconds each, through the session that ``jam``
    runs: engine in its own process, player in its own thread. Output is none unless ``LIVECOMPOSER_OUTPUT`` names one;
    other settings may come from the environment too. ``replan_ms`` is all zeros in a mode that never re-plans.
    ``machine_late_ms`` is of a player with nothing else to do, in a process of its own, meanwhile: what ``late_ms`` is
    to be held against. ``headroom`` is how much faster the engine makes music than it sounds. Ctrl-C ends it early and
    keeps what was measured. Raises what :func:`livecomposer.session.lifecycle.perform` does and :class:`SettingError`.
    """
    with TemporaryDirectory() as folder:
        return _run(_settings(options, Path(folder)), options.turns)


def _run(settings: Settings, turns: int) -> dict[str, Any]:
    music = phrases(turns, seed=_SEED)
    length = music[-1].time
    say(f"playing {turns} phrases, {length + _EXTENSION_SECONDS:.0f} s")
    with IdleLateness() as machine:
        done = asyncio.run(
            perform(
                settings,
                seed=_SEED,
                record=None,
                duration=length + _EXTENSION_SECONDS + _PATIENCE,
                performance=music,
                notify=say,
            )
        )
    return _report(done, machine.late_ms, settings, phrases_played=turns)


def phrases(count: int, *, seed: int) -> list[Event]:
    """A performance of ``count`` (1 or more) phrases of about two seconds; the same ``seed``, the same music.

    Phrases differ in pace, scale, register, touch and density; every other one is pedalled. The rests leave room for
    an answer of 2.5 s, except that every third one is short, so that the performer breaks in. Raises
    :class:`SettingError` for a ``count`` below 1.
    """
    if count < 1:
        raise SettingError(f"turns = {count}: wanted 1 or more")
    draw = random.Random(seed)
    events: list[Event] = []
    start = _LEAD_IN
    for number in range(count):
        notes = list(_phrase(draw, start))
        end = max(note.end for note in notes)
        events += events_of_notes(notes)
        if number % 2:
            events += [Control(start, SUSTAIN, 127), Control(end, SUSTAIN, 0)]
        start = end + (_SHORT_REST if number % 3 == 2 else _REST)
    return sorted(events, key=lambda event: event.time)


def _settings(options: argparse.Namespace, folder: Path) -> Settings:
    given: dict[str, object] = {"mode": options.mode, "extension_duration": _EXTENSION_SECONDS}
    given |= {name: value for name in ("model", "threads") if (value := getattr(options, name))}
    if options.size:
        from livecomposer.evaluation.speed.engine_bench import write_fresh

        given["model"] = str(write_fresh(options.size, folder))
    settings = load(options=given)
    return settings if settings.output else changed(settings, {"output": "none"})


def _phrase(draw: random.Random, start: float) -> Iterator[Note]:
    """A walk on a scale, now and then with a chord below."""
    scale, tonic = draw.choice(_SCALES), draw.randrange(48, 66)
    pace, length = draw.uniform(0.13, 0.3), draw.uniform(0.5, 1.1)
    degree, loud = draw.randrange(len(scale)), draw.randrange(50, 90)
    at = start
    while at < start + _PHRASE_SECONDS:
        sounding = [degree, degree - 2, degree - 4] if draw.random() < 0.15 else [degree]
        for one in sounding:
            octave, step = divmod(one, len(scale))
            pitch = tonic + 12 * octave + scale[step]
            yield Note(at, at + pace * length, pitch, min(127, loud + draw.randrange(20)))
        degree = max(-len(scale), min(2 * len(scale), degree + draw.choice((-3, -2, -1, 1, 2, 4))))
        at += pace * draw.choice((0.5, 1, 1, 1, 1.5))


def _report(
    done: Performed, machine_late: Mapping[str, float], settings: Settings, *, phrases_played: int
) -> dict[str, Any]:
    meters, step = done.meters, done.meters.step
    return {
        **meters.summary(),
        "machine_late_ms": dict(machine_late),
        "tokens_per_s": round(step.count / step.seconds, 1) if step.seconds else 0.0,
        "music_tokens_per_s": round(meters.tokens / meters.music, 1) if meters.music else 0.0,
        "horizon_ms": round(1000 * done.budget.horizon, 3),
        "horizon_parts_ms": done.budget.parts_ms(),
        "mode": settings.mode,
        "phrases": phrases_played,
        "turns": done.turns,
        "unanswered": done.turns - meters.takeover.count,
        "threads": settings.threads,
        "load_average": _load_average(),
    }


def _load_average() -> float | None:
    """Of the last minute; ``None`` where the system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """The result of :func:`run` for a person to read."""
    yield (
        f"{result['phrases']} phrases, {result['turns']} turns ({result['unanswered']} unanswered), "
        f"threads {result['threads']}, load average {result['load_average']}"
    )
    quantiles = ("p50", "p99", "p999", "max")
    yield _columns(["ms", *quantiles, "count"])
    for name in ("thru", "takeover", "replan", "late", "machine_late", "step", "feed"):
        summary = result[f"{name}_ms"]
        cells = [*(f"{summary[q]:.3f}" for q in quantiles), f"{summary['count']}"]
        yield _columns([name.removesuffix("_late"), *cells])
    yield "machine: lateness of a player that has nothing else to do, at the same time"
    yield (
        f"{result['tokens']} tokens; the engine makes {result['tokens_per_s']:g} a second, the music needs "
        f"{result['music_tokens_per_s']:g}: headroom {result['headroom']:g} x"
    )
    parts = ", ".join(f"{name} {value:g}" for name, value in result["horizon_parts_ms"].items())
    yield f"takeover includes the horizon of {result['horizon_ms']:g} ms (measured: {parts})"
    yield f"{result['dropped']} late notes dropped; {result['restarts']} restarts"


def _columns(cells: list[str]) -> str:
    return "".join(f"{cell:>10}" for cell in cells)
