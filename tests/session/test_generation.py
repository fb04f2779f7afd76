"""Asking the engine, one thing after the other."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager

import pytest

from livecomposer.clocks import MonotonicClock
from livecomposer.companion.companion import Companion
from livecomposer.errors import EngineError
from livecomposer.events import NoteOn
from livecomposer.faults import Fault
from livecomposer.offline.replay_file import replay_file
from livecomposer.session.generation import Generation, pause
from livecomposer.session.lifecycle import perform
from livecomposer.session.timing.meters import Meters
from livecomposer.session.timing.overload_ladder import Load
from livecomposer.settings import Settings, changed
from tests.session.minds import tiny_checkpoint
from tests.session.players import Mind, phrase

SETTINGS = changed(Settings(), {"horizon": 0.03, "mode": "accompany", "follow_harmony": 0.0})


class Engine:
    """Answers at once, or once it is ``ready``; remembers the order of what it was asked."""

    def __init__(self):
        self.ready = asyncio.Event()
        self.ready.set()
        self.asked = []
        self.ids = []
        self.hello = {"model": "other"}
        self.mind = Mind()

    async def feed(self, ids):
        self.asked.append("feed")
        self.ids = list(ids)

    async def step(self, mask, _sampling, chance):
        await asyncio.sleep(0)
        await self.ready.wait()
        self.asked.append("step")
        self.ids.append(self.mind.draw(mask, chance))
        return self.ids[-1]

    async def set_mode(self, mode, _policy):
        self.asked.append(mode)
        self.ids = []

    async def close(self):
        self.asked.append("close")


def planning_of(companion, engine, **callbacks):
    """One that tells nobody anything."""
    quiet = {name: lambda *_: None for name in ("take_back", "planned", "notify", "note")}
    return Generation(
        companion,
        engine,
        clock=MonotonicClock(),
        meters=Meters(),
        load=Load(horizon=0.03),
        **{**quiet, **callbacks},
    )


async def test_a_mode_is_told_before_it_is_fed_for():
    """And another engine that comes in is told it too, and fed what the first had."""
    companion, engine, other = Companion(SETTINGS, seed=1), Engine(), Engine()
    planned = asyncio.Event()
    planning = planning_of(companion, engine, planned=planned.set)
    now = MonotonicClock().now()
    companion.hear(NoteOn(now, 60, 80))
    companion.adapt(changed(SETTINGS, {"mode": "continue"}), now)
    companion.trigger(now)
    running = asyncio.create_task(planning.run())
    async with asyncio.timeout(20):
        await planned.wait()
    assert [0, "feed", "step"] == engine.asked[:3]
    await planning.play_with(other)
    assert ["feed", 0, "feed"] == other.asked[:3]
    assert engine.asked[-1] == "close"
    assert other is planning.engine
    running.cancel()


@asynccontextmanager
async def hanging(mode):
    """A session's planning whose engine hangs in the middle of a turn, and the lines that are told."""
    companion, engine, told, planned = (
        Companion(changed(SETTINGS, {"mode": mode}), seed=1),
        Engine(),
        [],
        asyncio.Event(),
    )
    planning = planning_of(companion, engine, planned=planned.set, notify=told.append)
    companion.hear(NoteOn(MonotonicClock().now(), 60, 80))
    if mode == "continue":
        companion.trigger(MonotonicClock().now())
    running = asyncio.create_task(planning.run())
    async with asyncio.timeout(20):
        await planned.wait()
        engine.ready.clear()
        for _ in range(10):
            await asyncio.sleep(0)
        yield planning, companion, engine, told
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def until(fact):
    """Wait for it; the test's own limit is the limit."""
    while not fact():  # noqa: ASYNC110 - what is waited for sets no event
        await asyncio.sleep(0.001)


async def test_who_plays_along_is_stood_in_for_while_the_engine_hangs():
    """Told once, however long it takes; the engine's own partner takes over again with its answer."""
    async with hanging("accompany") as (planning, companion, engine, told):
        assert companion.needs_stand_in
        engine.silent()
        engine.silent()
        assert (None, False, 1) == (companion.plan, companion.needs_stand_in, planning._meters.faults[Fault.STALLS])
        assert companion.playing
        engine.ready.set()
        await until(lambda: companion.needs_stand_in)
    assert ["no sign of life" in line for line in told] == [True, False]
    assert "the engine is back" == told[-1]


async def test_a_turn_goes_on_by_its_plan_while_the_engine_hangs():
    """Nobody stands in, nothing is taken back; where both are to play meanwhile, somebody does."""
    async with hanging("continue") as (_, companion, engine, told):
        plan = companion.plan
        engine.silent()
        assert plan is companion.plan
        now = MonotonicClock().now()
        companion.adapt(SETTINGS, now)
        engine.silent()
        assert (False, 1) == (companion.needs_stand_in, len(told))


async def test_an_engine_that_hangs_and_then_dies_is_started_again():
    """The one who stands in plays on until then."""

    class Dying(Engine):
        async def step(self, mask, sampling, chance):
            await super().step(mask, sampling, chance)
            raise EngineError("no sign of life for 10 s")

        async def restart(self):
            self.asked.append("restart")

    companion, engine, told = Companion(SETTINGS, seed=1), Dying(), []
    engine.ready.clear()
    planning = planning_of(companion, engine, notify=told.append)
    companion.hear(NoteOn(MonotonicClock().now(), 60, 80))
    running = asyncio.create_task(planning.run())
    async with asyncio.timeout(20):
        await until(lambda: "feed" in engine.asked)
        engine.silent()
        assert not companion.needs_stand_in
        engine.ready.set()
        await until(lambda: "restart" in engine.asked)
        await until(lambda: companion.needs_stand_in)
    running.cancel()
    assert ["no sign of life for 10 s", "the engine is back"] == told[1:]


async def test_an_engine_that_hangs_as_it_comes_in_and_fails_leaves_the_old_one_playing():
    """Whoever stood in meanwhile gives way to it again."""

    class Failing(Engine):
        async def feed(self, ids):
            if self.asked.count("feed"):
                self.silent()
                raise EngineError("died")
            await super().feed(ids)

    engine, companion = Engine(), Companion(SETTINGS, seed=1)
    engine.ids = [1]
    planning = planning_of(companion, engine)
    with pytest.raises(EngineError):
        await planning.play_with(Failing())
    assert (engine, 1) == (planning.engine, planning._meters.faults[Fault.STALLS])
    assert companion.needs_stand_in


async def test_a_real_engine_that_is_stopped_leaves_nobody_alone(tmp_path):
    """A partner by rule plays until the process goes on; then it plays again, and a replay finds it all the same."""
    model = tiny_checkpoint(tmp_path / "tiny")
    settings = changed(Settings(), {"mode": "accompany", "output": "none", "model": str(model)})
    keys, met = phrase(0.1, notes=2000), []

    @asynccontextmanager
    async def hand(api):
        async def stop_the_engine():
            lines, engine = asyncio.Queue(), api.session._planning.engine
            api.notify.append(lines.put_nowait)

            async def told(words):
                while words not in await lines.get():
                    pass

            def struck():
                return api.meters.late.count  # messages of the companion's that were sent

            await until(lambda: api.meters.tokens > 100)
            pid = engine.hello["pid"]
            os.kill(pid, signal.SIGSTOP)
            await told("no sign of life")
            tokens, played = api.meters.tokens, struck()
            await until(lambda: struck() > played + 10)
            met.append(tokens == api.meters.tokens)
            os.kill(pid, signal.SIGCONT)
            await told("the engine is back")
            await until(lambda: api.meters.tokens > tokens + 20)
            met.append((pid, 0) == (engine.hello["pid"], engine.restarts))
            api.take_seat()
            os.kill(os.getpid(), signal.SIGINT)

        doing = asyncio.create_task(stop_the_engine())
        yield
        await doing

    done = await perform(settings, seed=5, record=tmp_path, performance=keys, duration=120.0, frontends=[hand])
    assert ([True, True], 0, 1) == (met, done.notes_on, done.meters.faults[Fault.STALLS])
    report = await replay_file(done.journal, None)
    assert (True, None) == (report["same"], report["first"])


async def test_a_pause_ends_with_the_flag_or_with_the_next_look():
    """Whichever comes first; the flag is lowered."""
    companion, flag, clock = Companion(SETTINGS, seed=1), asyncio.Event(), MonotonicClock()
    flag.set()
    await pause(flag, companion, clock)
    assert not flag.is_set()
    companion.hear(NoteOn(clock.now() - 60.0, 60, 80))
    async with asyncio.timeout(20):
        await pause(flag, companion, clock)


async def test_an_engine_that_cannot_be_fed_is_closed_and_the_old_one_plays():
    """Whoever brought it is told."""

    class Deaf(Engine):
        async def feed(self, ids):
            raise EngineError("died")

    engine, other = Engine(), Deaf()
    engine.ids = [1]
    planning = planning_of(Companion(SETTINGS, seed=1), engine)
    with pytest.raises(EngineError):
        await planning.play_with(other)
    assert (["close"], [], engine) == (other.asked, engine.asked, planning.engine)
