"""One performance, from its beginning to its end: what the settings name is opened, played, and closed in silence.

The lifecycle of ``jam`` is :func:`perform`, and in it :func:`_play`. What was found and what was not is told line by
line.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from livecomposer.clocks import Clock, MonotonicClock
from livecomposer.companion.companion import Companion
from livecomposer.errors import MidiFileError
from livecomposer.events import Event
from livecomposer.faults import Faults
from livecomposer.midi import files
from livecomposer.midi.file_player import FilePlayer
from livecomposer.midi.routing import Routing
from livecomposer.model.card import name_of
from livecomposer.playing.instrument_profiles import device_of
from livecomposer.playing.sinks import Output
from livecomposer.session.assembly import Assembly, assembled
from livecomposer.session.commands.frontend_api import Frontend, FrontendApi, InputFilters
from livecomposer.session.commands.hot_swap import hot_swap_of
from livecomposer.session.engines import Engines, engine_line
from livecomposer.session.fault_report import faults_reported
from livecomposer.session.panic_signal import silenced_by_signal
from livecomposer.session.ports.opening import simulated_performance, sinks
from livecomposer.session.shared import Notifier, Shared
from livecomposer.session.timing.commit_horizon import LatencyBudget
from livecomposer.session.timing.engine_timing import budget_of
from livecomposer.session.timing.meters import Meters
from livecomposer.settings import Settings, changed
from livecomposer.takes.journal import Journal, recover
from livecomposer.takes.recording_companion import CallWriter, companion_of
from livecomposer.weights.checkpoint_folder import facts_of, model_folder

__all__ = ["Performed", "perform"]

_SWITCH_SECONDS = 0.0005
"""How long one Python thread may keep the others waiting: the default of 5 ms would make notes late."""
_IDLE_LOOK_SECONDS = 0.1
_DOES = {
    "continue": "takes over when a phrase ends",
    "respond": "answers when a phrase ends",
    "accompany": "plays along",
}


@dataclass(frozen=True, slots=True)
class Performed:
    """What a session left behind. ``notes_on``: keys still sounding at the output, which must be none."""

    midi: Path | None
    journal: Path | None
    meters: Meters
    budget: LatencyBudget
    turns: int
    simulated: bool
    notes_on: int


async def perform(
    settings: Settings,
    *,
    seed: int,
    record: Path | None,
    duration: float | None = None,
    fallback_performance: Path | None = None,
    performance: Sequence[Event] | None = None,
    clock: Clock | None = None,
    meters: Meters | None = None,
    frontends: Sequence[Frontend] = (),
    notify: Callable[[str], None] = lambda _: None,
) -> Performed:
    """Play until Ctrl-C, SIGTERM, ``duration`` seconds, or the end of a simulated performer's music.

    Ends in silence on every path. ``fallback_performance`` is played where the settings name no input and no keyboard
    is connected; ``performance`` is played whatever they name. ``meters`` are the caller's own, to look at meanwhile.
    ``frontends`` reach into the performance while it goes on.
    Raises what opening raises: :class:`PortError`, :class:`MidiFileError`, :class:`CheckpointError`, ….
    """
    clock, meters, say = clock or MonotonicClock(), meters or Meters(), Notifier([notify])
    model = model_folder(settings.model)
    writer = CallWriter() if record else None
    companion = companion_of(settings, seed=seed, writer=writer)
    routing = Routing.of(settings)  # what cannot be played with is refused before anything is opened
    simulated = simulated_performance(settings, fallback_performance, performance, say)
    with ExitStack() as stack:
        report = stack.enter_context(faults_reported(meters.faults, notify=say, clock=clock))
        output = Output([], faults=meters.faults)
        stack.callback(output.close)
        panic_signal = stack.enter_context(silenced_by_signal(output.panic))
        outlets = {name: output.attach(sink) for name, sink in sinks(settings, clock, say, meters.faults)}
        device = device_of(settings.output_profile, output.names, notify=say)
        stop = stack.enter_context(_stopped_by_signals())
        say(f"loading {name_of(model)}")
        async with Engines(settings) as engines:
            engine = await engines.open(settings.model)
            budget = await budget_of(engine, settings, output_latency=output.latency, clock=clock)
            say(engine_line(engine.hello))
            say(budget.describe())
            settings = changed(settings, {"horizon": min(budget.horizon + device.needs, 1.0)})
            companion.settle(settings)
            header = {"seed": seed, **facts_of(model, engine.hello), "settings": asdict(settings)}
            journal = _journal(record, header, clock=clock, notify=say, faults=meters.faults) if record else None
            stack.enter_context(journal or nullcontext())
            report.journal = journal
            if writer and journal:
                writer.put = journal.calls
            shared = Shared(
                settings=settings,
                clock=clock,
                meters=meters,
                output=output,
                outlets=outlets,
                device=device,
                budget=budget,
                journal=journal,
                record=record,
                notify=say,
            )
            assembly = assembled(shared, companion, routing, engine, engines.open)
            panic_signal.panic = assembly.session.panic
            with assembly.session.player, _fast_switching():
                await _play(assembly, simulated, frontends, stop, duration)
            _sum_up(assembly)
    return _performed(assembly, simulated=simulated is not None)


async def _play(
    assembly: Assembly,
    simulated: files.Recording | None,
    frontends: Sequence[Frontend],
    stop: asyncio.Event,
    duration: float | None,
) -> None:
    notify, filters = assembly.shared.notify, InputFilters()
    with closing(assembly.board(simulated, filters)) as board:
        api = assembly.api(board, filters)
        changes = hot_swap_of(
            assembly.dispatcher, board, assembly.shared.output, assembly.overload, announce=assembly.session.announce
        )
        runs = (*assembly.runs, changes.run)
        async with board.mended(notify, api.healing, watched=bool(frontends)), _reaching(frontends, api):
            notify(_ready_line(assembly.shared.settings, board.listens, simulated))
            playing = [asyncio.create_task(run()) for run in runs]
            await _until_over(playing, assembly.companion, board.recorded, stop, duration, guests=api.guests)


def _sum_up(assembly: Assembly) -> None:
    shared = assembly.shared
    shared.meters.plans, shared.meters.foreseen = assembly.companion.foresight
    if shared.journal is not None:
        now = shared.clock.now()
        shared.journal.note(now, "meters", **shared.budget.parts_ms(), **shared.meters.summary())
        shared.journal.note(now, "silence")


def _performed(assembly: Assembly, *, simulated: bool) -> Performed:
    shared, journal = assembly.shared, assembly.shared.journal
    return Performed(
        midi=journal.midi_path if journal and journal.midi_path.exists() else None,
        journal=journal.path if journal else None,
        meters=shared.meters,
        budget=shared.budget,
        turns=assembly.companion.turns,
        simulated=simulated,
        notes_on=len(shared.output.sounding()),
    )


@asynccontextmanager
async def _reaching(frontends: Iterable[Frontend], api: FrontendApi) -> AsyncIterator[None]:
    async with AsyncExitStack() as reaching:
        for hand in frontends:
            await reaching.enter_async_context(hand(api))
        yield


async def _until_over(
    playing: Sequence[asyncio.Task[None]],
    companion: Companion,
    recorded: FilePlayer | None,
    stop: asyncio.Event,
    duration: float | None,
    *,
    guests: set[object],
) -> None:
    ends: list[asyncio.Task[Any]] = [asyncio.create_task(stop.wait()), *playing]
    if recorded is not None:
        ends.append(asyncio.create_task(_music_over(recorded, companion, guests)))
    try:
        await asyncio.wait(ends, timeout=duration, return_when=asyncio.FIRST_COMPLETED)
        for task in playing:
            if task.done():
                _raise_plainly(task)
    finally:
        for task in ends:
            task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)


async def _music_over(performer: FilePlayer, companion: Companion, guests: set[object]) -> None:
    while guests or not (performer.done and companion.idle):  # noqa: ASYNC110
        await asyncio.sleep(_IDLE_LOOK_SECONDS)  # the performer's end is another thread's, the companion's has no event


def _raise_plainly(task: asyncio.Task[None]) -> None:
    error = task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None:
        raise error


def _journal(
    folder: Path, header: dict[str, Any], *, clock: Clock, notify: Callable[[str], None], faults: Faults
) -> Journal:
    try:
        for midi in recover(folder):
            notify(f"recovered {midi} from a session that did not end well")
    except MidiFileError as error:
        notify(f"nothing recovered: {error}")
    return Journal(folder, began=clock.now(), header=header, faults=faults)


def _ready_line(settings: Settings, listens: str, simulated: files.Recording | None) -> str:
    who = "a recorded performance plays" if simulated else f"listening to {listens}"
    return f"ready: {who}; the companion {_DOES[settings.mode]}; Ctrl-C ends"


@contextmanager
def _stopped_by_signals() -> Iterator[asyncio.Event]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # which nohup asks for
        numbers.append(signal.SIGHUP)
    try:
        for number in numbers:
            loop.add_signal_handler(number, stop.set)
    except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread: Ctrl-C raises instead
        yield stop
        return
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextmanager
def _fast_switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
