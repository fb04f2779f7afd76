"""Asking the engine, one thing after the other."""

import asyncio

import pytest

from livecomposer.clocks import MonotonicClock
from livecomposer.companion.companion import Companion
from livecomposer.errors import EngineError
from livecomposer.events import NoteOn
from livecomposer.session.generation import Generation, pause
from livecomposer.session.timing.meters import Meters
from livecomposer.session.timing.overload_ladder import Load
from livecomposer.settings import Settings, changed
from tests.session.players import Mind

SETTINGS = changed(Settings(), {"horizon": 0.03, "mode": "accompany", "follow_harmony": 0.0})


class Engine:
    """Answers at once; remembers the order of what it was asked."""

    def __init__(self):
        self.asked = []
        self.ids = []
        self.hello = {"model": "other"}
        self.mind = Mind()

    async def feed(self, ids):
        self.asked.append("feed")
        self.ids = list(ids)

    async def step(self, mask, _sampling, chance):
        await asyncio.sleep(0)
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
