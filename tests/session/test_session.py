"""The shell around the duet: a real loop and player, a simulated engine, and little real time."""

import asyncio
import json
import threading

import pytest

from livecomposer.clocks import MonotonicClock
from livecomposer.errors import EngineError
from livecomposer.events import NoteOff, NoteOn, Role
from livecomposer.playing.sinks import Output, ended_key, started_key
from livecomposer.session.duet import Duet
from livecomposer.session.journal import Journal
from livecomposer.session.meters import Meters
from livecomposer.session.session import CHANNELS, Session
from livecomposer.settings import Settings, changed
from tests.fakes import FakeSink
from tests.session.players import Mind

COMPANION = CHANNELS[Role.COMPANION]
QUICK = {"phrase_wait": 0.2, "phrase_wait_max": 0.4, "extension_duration": 0.8, "horizon": 0.05, "max_rest": 0.1}


class FakeEngine:
    """Answers as a mind without taste does, at once, until it is told to fail; restarting mends it."""

    def __init__(self):
        self.mind = Mind()
        self.failures = 0
        self.restarts = 0
        self.feed_seconds = 0.0
        self.fed = []
        self.ids = []
        self.closed = False

    def _fail(self):
        if self.failures:
            self.failures -= 1
            raise EngineError("the engine's process died")

    async def feed(self, ids):
        await asyncio.sleep(self.feed_seconds)
        self._fail()
        self.fed.append(list(ids))
        self.ids = list(ids)

    async def step(self, mask, _sampling, chance):
        await asyncio.sleep(0)
        self._fail()
        id_ = self.mind.draw(mask, chance)
        self.ids.append(id_)
        return id_

    async def restart(self):
        self._fail()
        self.restarts += 1
        self.ids = []

    async def close(self):
        self.closed = True


class SlowDisk(Journal):
    """A disk that takes its time: until ``ready`` is set."""

    def __init__(self, folder):
        self.ready, self.asked = threading.Event(), threading.Event()
        self.ready.set()
        super().__init__(folder, began=MonotonicClock().now(), header={})
        self.ready.clear()

    def flush(self):
        self.asked.set()
        self.ready.wait(20)
        super().flush()


class Stand:
    """A session with everything around it."""

    def __init__(self, journal=None, **settings):
        self.clock = MonotonicClock()
        self.sink = FakeSink()
        self.output = Output([self.sink])
        self.engine = FakeEngine()
        self.meters = Meters()
        self.said = []
        chosen = changed(Settings(), {**QUICK, **settings})
        self.duet = Duet(chosen, seed=1)
        self.session = Session(
            self.duet,
            self.engine,
            self.output,
            chosen,
            clock=self.clock,
            meters=self.meters,
            journal=journal,
            tell=self.said.append,
        )

    async def __aenter__(self):
        self.session.player.start()
        self.task = asyncio.create_task(self.session.run())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.session.player.close()

    def phrase(self):
        """Two keys, down and up, now."""
        now = self.clock.now()
        for event in (NoteOn(now, 60, 80), NoteOff(now, 60), NoteOn(now, 64, 80), NoteOff(now, 64)):
            self.session.hear(event)

    def companion(self, kind):
        """Keys of the companion's that were struck or released, in order."""
        keys = [key for data in list(self.sink.sent) if (key := kind(data)) is not None]
        return [key for key in keys if key[0] == COMPANION]

    async def until(self, condition):
        """Wait for a fact; a test that waits in vain fails."""
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - facts of other threads have no event
                await asyncio.sleep(0.01)


async def test_a_phrase_is_answered_and_the_answer_ends_in_silence():
    """Every note of the companion's that began has ended, and the session listens again."""
    async with Stand() as stand:
        stand.phrase()
        await stand.until(lambda: stand.companion(started_key))
        await stand.until(lambda: stand.duet.idle and not len(stand.session.player))
        assert sorted(stand.companion(started_key)) == sorted(stand.companion(ended_key))
        assert 1 == stand.meters.takeover.count
        assert stand.meters.tokens > 0


async def test_playing_again_silences_the_companion():
    """What it had sounding ends, and nothing more comes."""
    async with Stand(extension_duration=60.0) as stand:
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > 3)
        stand.session.hear(NoteOn(stand.clock.now(), 72, 80))
        await stand.until(lambda: not len(stand.session.player))
        struck = stand.companion(started_key)
        assert sorted(struck) == sorted(stand.companion(ended_key))
        await asyncio.sleep(0.1)
        assert struck == stand.companion(started_key)


async def test_an_engine_that_dies_is_started_again_and_fed_the_tape():
    """The companion falls silent, the performer is told, and the next phrase is answered."""
    async with Stand(extension_duration=60.0) as stand:
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > 3)
        stand.engine.failures = 1
        await stand.until(lambda: stand.engine.restarts)
        await stand.until(lambda: not len(stand.session.player))
        assert sorted(stand.companion(started_key)) == sorted(stand.companion(ended_key))
        assert ["the engine's process died", "the engine is back"] == stand.said
        before = len(stand.companion(started_key))
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > before)
        assert {60, 64} <= set(stand.engine.fed[-1])


async def test_what_is_played_while_the_engine_is_away_is_not_forgotten():
    """It took three attempts, and the reply knows the keys."""
    async with Stand(extension_duration=60.0) as stand:
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > 3)
        stand.engine.failures = 3
        await stand.until(lambda: stand.meters.restarts)
        stand.session.hear(NoteOn(stand.clock.now(), 90, 80))
        await stand.until(lambda: stand.engine.restarts)
        assert (3, 1) == (stand.meters.restarts, stand.engine.restarts)
        assert 4 == len(stand.said)
        await stand.until(lambda: 90 in stand.engine.fed[-1])


async def test_a_slow_feed_puts_the_reply_off_and_drops_none_of_it():
    """The model is told first: its first note begins when it can be in time."""
    async with Stand() as stand:
        stand.engine.feed_seconds = 0.2
        stand.phrase()
        await stand.until(lambda: stand.companion(started_key))
        await stand.until(lambda: stand.duet.idle and not len(stand.session.player))
        assert 0 == stand.session.player.late_dropped
        assert 200 <= stand.meters.takeover.summary_ms()["max"]
        assert sorted(stand.companion(started_key)) == sorted(stand.companion(ended_key))


async def test_a_slow_disk_does_not_hold_up_the_music(tmp_path):
    """A phrase is answered while the journal waits for its disk."""
    with SlowDisk(tmp_path) as journal:
        async with Stand(journal) as stand:
            await stand.until(journal.asked.is_set)
            stand.phrase()
            await stand.until(lambda: stand.companion(started_key))
            assert not journal.ready.is_set()
            journal.ready.set()


async def test_an_engine_that_never_comes_back_ends_the_session():
    """After five attempts the error is raised, not swallowed."""
    async with Stand() as stand:
        stand.engine.failures = 100
        stand.phrase()
        await stand.until(stand.task.done)
        with pytest.raises(ExceptionGroup) as caught:
            stand.task.result()
        assert caught.group_contains(EngineError)


async def test_the_journal_tells_what_was_played_and_decided(tmp_path):
    """The performer's keys, the turn, and the companion's notes as they were sent."""
    with Journal(tmp_path, began=MonotonicClock().now(), header={}) as journal:
        async with Stand(journal) as stand:
            stand.phrase()
            await stand.until(lambda: stand.companion(started_key))
            await stand.until(lambda: stand.duet.idle and not len(stand.session.player))
    lines = [json.loads(line) for line in journal.path.read_text().splitlines()]
    assert {"performer", "companion"} == {line["who"] for line in lines if "who" in line}
    assert ["turn", "turn over"] == [line["what"] for line in lines if "what" in line]


async def test_another_engine_takes_over_in_the_middle_of_a_turn():
    """It is fed all that the other had taken in, goes on from there, and the other is closed."""
    async with Stand(extension_duration=60.0, plan_ahead=0.3) as stand:
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > 3)
        other = FakeEngine()
        await stand.session.play_with(other)
        assert stand.engine.closed
        held = stand.engine.ids
        assert held == other.ids[: len(held)]
        before = len(stand.companion(started_key))
        await stand.until(lambda: len(other.ids) > len(held))
        await stand.until(lambda: len(stand.companion(started_key)) > before)
        assert held == stand.engine.ids
        assert (1, 0) == (stand.duet.turns, stand.meters.restarts)


async def test_another_engine_in_the_place_of_one_that_knew_nothing():
    """It is fed by the next key, not before."""
    async with Stand() as stand:
        other = FakeEngine()
        await stand.session.play_with(other)
        assert [] == other.fed
        stand.phrase()
        await stand.until(lambda: stand.companion(started_key))
        assert stand.meters.music > 0


async def test_what_is_announced_is_told_and_written_down(tmp_path):
    """To the performer and into the journal."""
    with Journal(tmp_path, began=MonotonicClock().now(), header={}) as journal:
        stand = Stand(journal)
        stand.session.announce("the engine is behind")
    assert ["the engine is behind"] == stand.said
    assert ("adapts", "the engine is behind") == tuple(
        json.loads(journal.path.read_text().splitlines()[-1])[key] for key in ("what", "line")
    )
