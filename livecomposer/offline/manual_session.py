"""A whole live session on a clock that is moved by hand: its own parts and its own journal, in no real time.

Where :mod:`.simulation` follows one companion, here is all that ``jam`` has but ports, threads and an engine's process.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from livecomposer.clocks import ManualClock
from livecomposer.engine.client import EngineClient, Fed
from livecomposer.errors import EngineError, SettingError
from livecomposer.events import Event, Role
from livecomposer.messages import encode
from livecomposer.midi.input_path import Played
from livecomposer.midi.routing import Routing
from livecomposer.model.sampling import Sampling
from livecomposer.offline.latency_model import Latency
from livecomposer.offline.manual_loop import run_on
from livecomposer.offline.simulation import Mind
from livecomposer.playing.device import Device
from livecomposer.playing.sinks import NullSink, Output
from livecomposer.session.assembly import Assembly, assembled
from livecomposer.session.channels import channels_of
from livecomposer.session.shared import Notifier, Shared
from livecomposer.session.timing.commit_horizon import LatencyBudget
from livecomposer.session.timing.meters import Meters
from livecomposer.settings import Settings, changed
from livecomposer.takes.journal import Journal
from livecomposer.takes.recording_companion import CallWriter, companion_of
from livecomposer.tokens.grammar import Mask
from livecomposer.weights.checkpoint_folder import facts_of, model_folder

__all__ = ["Order", "play_set"]

Order = tuple[float, str, Any, str]
"""A command: its moment in seconds, its name, a value where it takes one, and who asks."""

_PUMP_SECONDS = 0.005
_USUAL = Latency(feed_seconds=0.004, step_seconds=0.0015)


class _Engine(EngineClient):
    """``mind`` as a session's engine: it answers after ``latency``, and never dies."""

    def __init__(self, mind: Mind, latency: Latency) -> None:
        super().__init__([])
        self._mind = mind
        self._latency = latency

    async def feed(self, ids: Sequence[int]) -> Fed:
        await self._mind.feed(ids)
        self._ids = list(ids)
        await asyncio.sleep(seconds := self._latency.feed(0.5))
        return Fed(len(ids), seconds)

    async def step(self, mask: Mask, sampling: Sampling, chance: float) -> int:
        id_ = await self._mind.step(mask, sampling, chance)
        self._ids.append(id_)
        await asyncio.sleep(self._latency.step(0.5))
        return id_


def play_set(
    settings: Settings,
    mind: Mind,
    music: Iterable[Event],
    *,
    seconds: float,
    record: Path,
    seed: int = 0,
    orders: Iterable[Order] = (),
    latency: Latency = _USUAL,
) -> Path:
    """Play ``music`` (in time order, from 0 on) to a session for so long; the journal that it leaves in ``record``.

    ``mind`` has the weights of ``settings.model``. What of ``orders`` is refused is left out. Ends in silence.
    """
    settings = changed(settings, {"horizon": settings.horizon or latency.budget.horizon})
    header = {"seed": seed, **facts_of(model_folder(settings.model), {}), "settings": asdict(settings)}
    with Journal(record, began=0.0, header=header) as journal:
        clock = ManualClock()
        shared = _shared(settings, clock, journal)

        async def play() -> None:
            await _play(_assembled(shared, _Engine(mind, latency), seed), music, orders, seconds)

        run_on(clock, play())
        return journal.path


def _shared(settings: Settings, clock: ManualClock, journal: Journal) -> Shared:
    return Shared(
        settings=settings,
        clock=clock,
        meters=Meters(),
        output=Output([NullSink()]),
        outlets={},
        device=Device(),
        budget=LatencyBudget(fixed=settings.horizon),
        journal=journal,
        record=None,
        notify=Notifier(),
    )


def _assembled(shared: Shared, engine: EngineClient, seed: int) -> Assembly:
    put = None if shared.journal is None else shared.journal.calls
    companion = companion_of(shared.settings, seed=seed, writer=CallWriter(put))
    return assembled(shared, companion, Routing.of(shared.settings), engine, _no_other)


async def _play(assembly: Assembly, music: Iterable[Event], orders: Iterable[Order], seconds: float) -> None:
    around = _pump(assembly), _perform(assembly, music), _order(assembly, orders)
    tasks = [asyncio.ensure_future(work) for work in (*(run() for run in assembly.runs), *around)]
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
    assembly.session.player.close()


async def _no_other(model: str) -> EngineClient:
    raise EngineError(f"{model or 'the model that ships'}: a set on a clock moved by hand keeps its engine")


async def _pump(assembly: Assembly) -> None:
    """What the player's thread does."""
    while True:
        assembly.session.player.run_due(assembly.shared.clock.now())
        await asyncio.sleep(_PUMP_SECONDS)


async def _perform(assembly: Assembly, music: Iterable[Event]) -> None:
    channel, clock = channels_of(assembly.shared.settings)[Role.PERFORMER], assembly.shared.clock
    for event in music:
        await asyncio.sleep(max(0.0, event.time - clock.now()))
        assembly.session.hear(Played(event, encode(event, channel=channel)))


async def _order(assembly: Assembly, orders: Iterable[Order]) -> None:
    clock = assembly.shared.clock
    for moment, name, value, source in orders:
        await asyncio.sleep(max(0.0, moment - clock.now()))
        with suppress(SettingError):
            assembly.dispatcher.do(name, value, source=source)
