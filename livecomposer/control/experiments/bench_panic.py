"""``livecomposer bench panic``: from the moment somebody asks for silence to the last message that makes it.

The session is the one that ``jam`` runs, and as busy as it gets: a performer who never rests, whom the companion plays
along with, so that the engine plans anew at every key. Silence is asked for in turn by a controller's message, on the
path that a port's takes (in a thread of its own, as a driver's would be), and by SIGUSR1.
"""

import argparse
import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from livecomposer.control.surfaces.frontends import frontends_of
from livecomposer.control.typed_settings import say
from livecomposer.errors import SettingError
from livecomposer.events import Event, Note, events_of_notes
from livecomposer.session.commands.frontend_api import FrontendApi
from livecomposer.session.lifecycle import perform
from livecomposer.session.timing.idle_lateness import IdleLateness
from livecomposer.session.timing.meters import Meter
from livecomposer.settings import Settings, load

__all__ = ["SilenceProbe", "lines", "run", "stream"]

_SEED = 1
_LEAD_IN = 2.0
_SHORTEST_REST, _LONGEST_REST = 0.15, 0.35
_LISTENS = 0.06
"""Seconds for which a panic's messages are awaited."""
_AFTER = 0.01
"""Nothing of the companion's may begin within so many seconds of a panic, unless a key asks for it."""
_BOUND_TO_PANIC = bytes([0xB0, 102, 127]), bytes([0xB0, 102, 0])  # down and up, in the controller map "default"


class SilenceProbe:
    """A sink that remembers when each message was handed to it; any one thread at a time writes, another reads."""

    name = "ear"
    latency = 0.0

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self.heard: list[tuple[float, bytes]] = []
        self.highest = 0
        """The highest channel that was used."""
        self._now = now

    def send(self, data: bytes) -> None:
        """Remember ``data``."""
        self.heard.append((self._now(), data))
        self.highest = max(self.highest, data[0] & 0x0F)

    def close(self) -> None:
        """Nothing is held."""

    def silenced(self, since: float) -> float | None:
        """When the last message of the first panic after ``since`` came: all notes off, on the highest channel."""
        last = bytes([0xB0 | self.highest, 123, 0])
        return next((moment for moment, data in _since(self.heard, since) if data == last), None)

    def begun(self, since: float, until: float, channel: int) -> int:
        """How many notes began in between on ``channel``."""
        return sum(
            moment <= until and data[0] == 0x90 | channel and data[2] > 0 for moment, data in _since(self.heard, since)
        )


def _since(heard: list[tuple[float, bytes]], since: float) -> list[tuple[float, bytes]]:
    """What came after ``since``, in order, without looking at all that came before."""
    at = len(heard)
    while at and heard[at - 1][0] > since:
        at -= 1
    return heard[at:]


def run(options: argparse.Namespace) -> dict[str, Any]:
    """What ``bench panic --json`` prints: milliseconds for each of the two ways, of ``panics`` in all.

    ``begun_after``: notes of the companion's that began within 10 ms of a panic. ``machine_late_ms`` is of a player
    with nothing else to do, in a process of its own, meanwhile: what the others are to be held against. Raises what
    :func:`livecomposer.session.lifecycle.perform` raises, and :class:`SettingError`.
    """
    count: int = options.panics
    if count < 2:
        raise SettingError(f"panics = {count}: wanted 2 or more, half of them by each way")
    given: dict[str, object] = {"mode": "accompany", "output": "none", "controller": "default", "panel": "off"}
    given |= {name: value for name in ("model", "threads") if (value := getattr(options, name))}
    settings = load(options={**given, "osc": "off", "osc_target": "off"})
    seconds = _LEAD_IN + count * (_LONGEST_REST + _LISTENS)
    meters = {"cc": Meter(), "signal": Meter()}
    begun: list[int] = []

    @asynccontextmanager
    async def asking(api: FrontendApi) -> AsyncIterator[None]:
        asked = asyncio.create_task(asyncio.to_thread(_ask, api, meters, begun, settings, count))
        asked.add_done_callback(lambda _: os.kill(os.getpid(), signal.SIGTERM))
        try:
            yield
        finally:
            await asyncio.gather(asked, return_exceptions=True)

    frontends = [*frontends_of(settings, config=None, notify=say), asking]
    music, longest = stream(seconds, seed=_SEED), seconds + 30.0
    with IdleLateness() as machine:
        playing = perform(
            settings, seed=_SEED, record=None, duration=longest, performance=music, frontends=frontends, notify=say
        )
        done = asyncio.run(playing)
    return {
        **{f"{way}_ms": meter.summary_ms() for way, meter in meters.items()},
        "machine_late_ms": dict(machine.late_ms),
        "begun_after": sum(begun),
        "notes_on": done.notes_on,
        "tokens": done.meters.tokens,
        "steps_a_second": round(done.meters.step.count / seconds, 1),
        "engine_busy": round((done.meters.step.seconds + done.meters.feed.seconds) / seconds, 3),
        "threads": settings.threads,
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _ask(api: FrontendApi, meters: Mapping[str, Meter], begun: list[int], settings: Settings, count: int) -> None:
    """In a thread: one panic after the other."""
    ear = SilenceProbe()
    api.output.attach(ear)
    ways: Mapping[str, Callable[[], None]] = {"cc": lambda: api.hear(_BOUND_TO_PANIC[0]), "signal": _signal}
    draw = random.Random(_SEED)
    time.sleep(_LEAD_IN)
    for number in range(count):
        time.sleep(draw.uniform(_SHORTEST_REST, _LONGEST_REST))
        way = ("cc", "signal")[number % 2]
        asked = time.perf_counter()
        ways[way]()
        time.sleep(_LISTENS)
        api.hear(_BOUND_TO_PANIC[1])
        silenced = ear.silenced(asked)
        meters[way].add(_LISTENS if silenced is None else silenced - asked)
        if silenced is not None:
            begun.append(ear.begun(silenced, silenced + _AFTER, settings.companion_channel - 1))


def _signal() -> None:
    os.kill(os.getpid(), signal.SIGUSR1)


def stream(seconds: float, *, seed: int) -> list[Event]:
    """Keys that never rest for so many seconds: one or two every 0.13 s, which sound into each other."""
    draw = random.Random(seed)
    notes: list[Note] = []
    at = 0.0
    while at < seconds:
        keys = draw.sample((48, 50, 52, 55, 57, 60, 62, 64, 67, 69, 72), draw.choice((1, 1, 2)))
        notes += [Note(at, at + 0.4, key, 70) for key in keys]
        at += 0.13
    return list(events_of_notes(notes))


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """The result of :func:`run` for a person to read."""
    quantiles = ("p50", "p99", "max", "count")
    yield "".join(f"{cell:>10}" for cell in ("ms", *quantiles))
    for way in ("cc", "signal", "machine_late"):
        summary = result[f"{way}_ms"]
        yield "".join(f"{cell:>10}" for cell in (way.removesuffix("_late"), *(f"{summary[q]:g}" for q in quantiles)))
    yield (
        f"meanwhile the engine drew {result['steps_a_second']:g} ids a second, busy {result['engine_busy']:.0%} of the "
        f"time, threads {result['threads']}, load average {result['load_average']}"
    )
    yield "machine: lateness of a player that has nothing else to do, at the same time"
    yield f"{result['begun_after']} notes of the companion's began within 10 ms; {result['notes_on']} on at the end"
