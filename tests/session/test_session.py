"""The shell around the duet: a real loop and player, a simulated engine, and little real time."""

import asyncio
import contextlib
import json
import threading

import hypothesis
import pytest
from hypothesis import strategies as st

from livecomposer.clocks import ManualClock, MonotonicClock
from livecomposer.companion.opening import OPENING
from livecomposer.companion.requests import Step
from livecomposer.errors import EngineError, SettingError
from livecomposer.events import Control, NoteOff, NoteOn, Other, Role, notes_of_events
from livecomposer.faults import Fault
from livecomposer.messages import encode, ended_key, started_key
from livecomposer.midi.input_path import Played
from livecomposer.midi.routing import Routing
from livecomposer.playing.device import Device
from livecomposer.playing.sinks import Output
from livecomposer.session.channels import channels_of
from livecomposer.session.commands.actions import Actions
from livecomposer.session.session import Session
from livecomposer.session.shared import Notifier
from livecomposer.session.timing.meters import Meters
from livecomposer.settings import Settings, changed
from livecomposer.takes.journal import Journal
from livecomposer.takes.recording_companion import CallWriter, companion_of
from tests.fakes import FakeSink
from tests.session.players import Mind
from tests.session.shared import shared_by

COMPANION = channels_of(Settings())[Role.COMPANION]
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
        self.hello = {"model": "made up"}
        self.modes = []
        self.restartable = None

    async def set_mode(self, mode, _policy):
        self._fail()
        self.modes.append(mode)
        self.ids = []

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
        if self.restartable is not None:
            await self.restartable.wait()
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

    def __init__(self, journal=None, device=None, clock=None, **settings):
        self.clock = clock or MonotonicClock()
        self.sink = FakeSink()
        self.output = Output([self.sink])
        self.engine = FakeEngine()
        self.meters = Meters()
        self.said = []
        chosen = self.settings = changed(Settings(), {**QUICK, **settings})
        self.mind = companion_of(chosen, seed=1, writer=CallWriter(journal.calls) if journal else None)
        shared = shared_by(
            chosen,
            clock=self.clock,
            meters=self.meters,
            output=self.output,
            device=device or Device(),
            journal=journal,
            notify=Notifier([self.said.append]),
        )
        self.session = Session(shared, self.mind, Routing.of(chosen), self.engine)
        take = journal.path if journal else None
        self.actions = Actions(self.session, self.mind, take=take, notify=shared.notify)

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
            self.hear(event)

    def hear(self, event, *, feeds=True):
        """One event of the performer's."""
        channel = channels_of(self.settings)[Role.PERFORMER]
        self.session.hear(Played(event, encode(event, channel=channel), feeds))

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
        await stand.until(lambda: stand.mind.idle and not len(stand.session.player))
        assert sorted(stand.companion(started_key)) == sorted(stand.companion(ended_key))
        assert 1 == stand.meters.takeover.count
        assert stand.meters.tokens > 0


async def test_playing_again_silences_the_companion():
    """What it had sounding ends, and nothing more comes."""
    async with Stand(extension_duration=60.0) as stand:
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > 3)
        stand.hear(NoteOn(stand.clock.now(), 72, 80))
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
        await stand.until(lambda: stand.meters.faults[Fault.RESTARTS])
        stand.hear(NoteOn(stand.clock.now(), 90, 80))
        await stand.until(lambda: stand.engine.restarts)
        assert (3, 1) == (stand.meters.faults[Fault.RESTARTS], stand.engine.restarts)
        assert 4 == len(stand.said)
        await stand.until(lambda: 90 in stand.engine.fed[-1])


async def test_who_looks_on_and_fails_ends_neither_the_key_nor_the_player():
    """Each message of both players goes on, to the next who looks on too."""
    async with Stand() as stand:
        seen = []
        stand.session.listeners += [lambda *_: 1 / 0, lambda _, role, _data: seen.append(role)]
        stand.phrase()
        await stand.until(lambda: Role.COMPANION in seen)
        assert len(seen) <= stand.meters.faults[Fault.LISTENER_FAILED]
        assert stand.session.player.failed is None


async def test_a_slow_feed_puts_the_reply_off_and_drops_none_of_it():
    """The model is told first: its first note begins when it can be in time."""
    async with Stand() as stand:
        stand.engine.feed_seconds = 0.2
        stand.phrase()
        await stand.until(lambda: stand.companion(started_key))
        await stand.until(lambda: stand.mind.idle and not len(stand.session.player))
        assert 0 == stand.meters.faults[Fault.DROPPED]
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
            await stand.until(lambda: stand.mind.idle and not len(stand.session.player))
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
        assert (1, 0) == (stand.mind.turns, stand.meters.faults[Fault.RESTARTS])


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


async def test_the_two_play_on_the_channels_that_are_set_with_their_programs():
    """Programs come first, and again when they change; nothing of the companion's is on another channel."""
    async with Stand(companion_channel=5, companion_program=48, performer_channel=3, performer_program=0) as stand:
        stand.phrase()
        await stand.until(lambda: any(started_key(data) for data in list(stand.sink.sent)))
        stand.session.adapt(changed(Settings(), {**QUICK, "companion_channel": 5, "companion_program": 50}))
        sent = list(stand.sink.sent)
    assert [b"\xc2\x00", b"\xc4\x30"] == sent[:2]
    assert b"\xc4\x32" in sent
    assert {4} == {key[0] for data in sent if (key := started_key(data))}


async def test_settings_that_cannot_be_read_change_nothing():
    """Neither what becomes of the performer's messages nor anything else."""
    async with Stand() as stand:
        before = stand.session.routing
        with pytest.raises(SettingError, match="zones"):
            stand.session.adapt(changed(Settings(), {"zones": "all of them", "transpose": 3}))
        assert before is stand.session.routing
        stand.session.adapt(changed(Settings(), {**QUICK, "transpose": 3}))
        assert 3 == stand.session.routing.transpose


async def test_pedals_and_bends_of_the_performer_are_recorded(tmp_path):
    """On the performer's channel, each value as it was."""
    journal = Journal(tmp_path, began=MonotonicClock().now(), header={})
    async with Stand(journal, performer_channel=3) as stand:
        now = stand.clock.now()
        for event in (Control(now, 64, 41), Control(now, 11, 90), Other(now, b"\xe0\x03\x50"), Other(now, b"\xd0\x4d")):
            stand.hear(event)
    journal.close()
    lines = [json.loads(line) for line in journal.path.read_text().splitlines()]
    assert ["b24029", "b20b5a", "e20350", "d24d"] == [x["data"] for x in lines if x.get("who") == "performer"]


async def test_what_does_not_feed_is_on_the_take_and_nothing_else(tmp_path):
    """A key in a zone that only sounds: the companion never hears of it."""
    journal = Journal(tmp_path, began=0.0, header={})
    async with Stand(journal=journal) as stand:
        now = stand.clock.now()
        for event in (NoteOn(now, 40, 80), NoteOff(now + 0.1, 40)):
            stand.hear(event, feeds=False)
        assert stand.mind.idle
        assert stand.mind.next_look(now) is None
    journal.flush()
    lines = [json.loads(line) for line in journal.path.read_text().splitlines()]
    assert ["902850", "802840"] == [line["data"] for line in lines if line.get("who") == "performer"]
    assert not any(word.startswith("h") for line in lines for word in line.get("calls", "").split())
    journal.close()


async def test_a_slow_instrument_is_sent_its_notes_earlier():
    """By what its profile says; and still every note ends."""
    async with Stand(device=Device(latency=0.03, restrike_gap=0.02), horizon=0.1) as stand:
        early = []
        schedule = stand.session.player.schedule

        def noted(items, **how):
            items = list(items)
            early.extend(items)
            return schedule(items, **how)

        stand.session.player.schedule = noted
        commit, due = stand.mind.commit, []

        def committed(now):
            events = commit(now)
            due.extend(events)
            return events

        stand.mind.commit = committed
        stand.phrase()
        await stand.until(lambda: stand.session.answering and due)
        await stand.until(lambda: not stand.session.answering)
    assert due[0].time - 0.03 == pytest.approx(early[0][0])
    assert frozenset() == stand.output.sounding()


async def test_a_turn_that_is_undone_falls_silent_and_is_forgotten():
    """The next feed has the phrase alone."""
    async with Stand(extension_duration=60.0) as stand:
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > 3)
        feeds = len(stand.engine.fed)
        stand.actions.act("undo")
        await stand.until(lambda: not len(stand.session.player))
        assert sorted(stand.companion(started_key)) == sorted(stand.companion(ended_key))
        await stand.until(lambda: len(stand.engine.fed) > feeds)
        assert {60, 64} <= set(stand.engine.fed[-1])
        assert not set(stand.engine.fed[-1]) & set(range(388, 644))
        stand.actions.act("undo")
        assert "undo: there is no turn to take back" == stand.said[-1]


async def test_another_turn_is_played_from_the_same_place():
    """The engine is fed what it was fed for the first."""
    async with Stand(extension_duration=60.0) as stand:
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > 3)
        context = stand.mind.plan.context
        stand.actions.act("reroll")
        assert 2 == stand.mind.turns
        struck = len(stand.companion(started_key))
        await stand.until(lambda: len(stand.companion(started_key)) > struck)
        assert context in stand.engine.fed


async def test_what_is_muted_is_played_on_unheard():
    """What sounds ends, the plan grows, and the notes are back when it is."""
    async with Stand(extension_duration=60.0, plan_ahead=0.3) as stand:
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > 3)
        stand.actions.switch("mute", on=True)
        await stand.until(lambda: not len(stand.session.player))
        assert not stand.output.sounding()
        struck, tokens = stand.companion(started_key), stand.meters.tokens
        await stand.until(lambda: stand.meters.tokens > tokens + 50)
        assert struck == stand.companion(started_key)
        stand.actions.switch("mute", on=False)
        await stand.until(lambda: len(stand.companion(started_key)) > len(struck))
        assert 1 == stand.mind.turns


async def test_an_exchange_goes_round_and_is_kept(tmp_path):
    """On a channel of its own; the file lies beside the take, and is told."""
    with Journal(tmp_path, began=MonotonicClock().now(), header={}) as journal:
        async with Stand(journal) as stand:
            with pytest.raises(SettingError, match="nothing was played together yet"):
                stand.actions.switch("loop", on=True)
            stand.phrase()
            await stand.until(lambda: stand.companion(started_key))
            await stand.until(lambda: stand.mind.idle and not len(stand.session.player))
            stand.actions.act("keep")
            stand.actions.switch("loop", on=True)
            await stand.until(lambda: any(data[0] == 0x92 for data in list(stand.sink.sent)))
            stand.actions.switch("loop", on=False)
            await stand.until(lambda: not len(stand.session.player))
            assert not stand.output.sounding()
    assert f"keep: {next(tmp_path.glob('*_kept_1.mid'))}" == stand.said[-1]


async def test_the_engine_is_told_when_the_mode_changes():
    """Before it is fed again; nothing of the companion's goes on sounding."""
    async with Stand(extension_duration=60.0, foresee="off", follow_harmony=0.0) as stand:
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > 3)
        stand.session.adapt(changed(stand.mind.settings, {"mode": "accompany"}))
        await stand.until(lambda: not stand.output.sounding())
        await stand.until(lambda: stand.engine.modes)
        stand.session.adapt(changed(stand.mind.settings, {"mode": "continue"}))
        stand.phrase()
        await stand.until(lambda: [1, 0] == stand.engine.modes)


async def test_while_the_engine_is_away_one_stands_in_who_plays_along():
    """And gives way when it is back."""
    async with Stand(mode="accompany") as stand:
        stand.engine.restartable = asyncio.Event()
        stand.engine.failures = 1
        for _ in range(4):
            stand.phrase()
            await asyncio.sleep(0.05)
        await stand.until(lambda: stand.said)
        stand.phrase()
        await stand.until(lambda: stand.companion(started_key))
        assert stand.mind.plan is None
        stand.engine.restartable.set()
        await stand.until(lambda: "the engine is back" in stand.said)
        await stand.until(lambda: not stand.output.sounding())
        stand.phrase()
        await stand.until(lambda: stand.mind.plan is not None)


@pytest.mark.parametrize("mode", ["continue", "respond", "accompany"])
@pytest.mark.parametrize("order", ["begin", "trigger"])
def test_a_piece_begins_from_nothing_and_ends_in_silence(mode, order):
    """Though nobody has played: at once, in the scale and on the sixteenths that are set, for as long as asked."""
    stand = Handmade(mode=mode, scale="D dorian", tempo=90.0, extension_duration=6.0, alone=1.0)
    stand.order(order)
    stand.go_on(14.0)
    played = notes_of_events(stand.committed)
    first, last, sixteenth = played[0].start, played[-1].start, 60 / 90 / 4
    assert 10.05 - 0.015 <= first <= 10.05 + sixteenth + 0.016
    assert {note.pitch % 12 for note in played} <= {0, 2, 4, 5, 7, 9, 11}
    lines = [(note.start - 10.05) / sixteenth for note in played]
    assert all(abs(line - round(line)) * sixteenth <= 0.0151 for line in lines)
    assert 4.5 <= last - first <= 6.02
    assert (frozenset(), True, 1) == (stand.output.sounding(), stand.mind.idle, stand.mind.turns)


def test_a_piece_that_begins_forgets_what_was_played_until_it_is_taken_back():
    """The model hears nothing but the piece; played anew it is another, undone the old tape is there again."""
    stand = Handmade(extension_duration=3.0)
    stand.phrase()
    stand.go_on(6.0)
    stand.order("begin")
    stand.go_on(0.5)
    assert list(OPENING) == stand.mind.plan.context
    first = list(stand.mind.plan.events)
    stand.order("reroll")
    stand.go_on(0.5)
    assert list(OPENING) == stand.mind.plan.context
    assert first != list(stand.mind.plan.events)
    stand.order("undo")
    stand.order("trigger")
    assert {60, 64} <= set(stand.mind.plan.context)


def test_a_piece_is_not_begun_by_one_who_stands_in():
    """The performer is told what to do."""
    stand = Handmade(mode="accompany")
    stand.order("lost")
    stand.order("begin")
    assert ["begin: a partner by rule plays until the engine is back; try again then"] == stand.said
    assert stand.mind.plan is None


def test_the_performer_ends_a_piece_that_began_from_nothing_by_playing():
    """As any turn; what follows keeps no tempo but the performer's."""
    stand = Handmade(extension_duration=60.0, tempo=40.0)
    stand.order("begin")
    stand.go_on(1.0)
    assert stand.mind.plan.mask(0.0) is not None
    stand.phrase()
    assert stand.mind.plan is None
    stand.go_on(2.0)
    assert stand.mind.plan is not None
    assert stand.mind.plan._grammar.limits.lines is None


async def test_a_panic_from_another_thread_is_the_end_of_the_turn():
    """Nothing begins after it, and the session listens again."""
    async with Stand(extension_duration=60.0) as stand:
        stand.phrase()
        await stand.until(lambda: len(stand.companion(started_key)) > 3)
        await asyncio.to_thread(stand.session.panic)
        struck = stand.companion(started_key)
        assert not stand.output.sounding()
        await stand.until(lambda: stand.mind.plan is None)
        await asyncio.sleep(0.1)
        assert struck == stand.companion(started_key)
        assert stand.mind.idle


class Handmade(Stand):
    """A session on a clock that is moved by hand: no loop and no thread; the mind answers at once."""

    def __init__(self, **settings):
        super().__init__(clock=ManualClock(10.0), **settings)
        self.committed = []
        commit = self.mind.commit

        def remembered(now):
            due = commit(now)
            self.committed += due
            return due

        self.mind.commit = remembered

    def go_on(self, seconds, tick=0.02):
        """Let so much time pass."""
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            self.clock.advance(tick)
            self.session.play_due()
            for _ in range(100):
                wanted = self.mind.want(self.clock.now())
                if wanted is None:
                    break
                if isinstance(wanted, Step):
                    id_ = self.engine.mind.draw(wanted.mask, wanted.chance)
                    self.mind.accept(wanted, id_, self.clock.now())
            self.session.loop_playback.play()
            self.session.player.run_due(self.clock.now())

    def order(self, name):
        """An order, or a key by its number."""
        now = self.clock.now()
        if isinstance(name, int):
            self.hear(NoteOn(now, abs(name), 80) if name > 0 else NoteOff(now, abs(name)))
        elif name in ("continue", "respond", "accompany"):
            self.session.adapt(changed(self.mind.settings, {"mode": name}))
        elif name == "panic":
            self.session.panic()
        elif name in ("lost", "found"):
            {"lost": self._lose, "found": self._find}[name](now)
        elif ":" in name:
            switch, _, on = name.partition(":")
            with contextlib.suppress(SettingError):
                self.actions.switch(switch, on=on == "on")
        else:
            self.actions.act(name)

    def _lose(self, now):
        if self.mind.lost(now):
            self.session.player.cut(now, COMPANION, end_sounding=True)

    def _find(self, now):
        if self.mind.found(now):
            self.session.player.cut(now, COMPANION, end_sounding=True)


KEYS = [*range(60, 64), *range(-63, -59)]
ORDERS = [
    *("trigger", "begin", "yield", "undo", "reroll", "keep", "panic", "lost", "found"),
    *("continue", "respond", "accompany"),
    *(f"{switch}:{on}" for switch in ("mute", "loop", "freeze") for on in ("on", "off")),
]


MOVES = st.tuples(st.sampled_from([*KEYS, *KEYS, *ORDERS]), st.sampled_from([0.0, 0.02, 0.1, 0.5, 1.0]))


@hypothesis.settings(max_examples=40)
@hypothesis.given(st.lists(MOVES, max_size=25))
def test_whatever_is_played_and_ordered_nothing_is_left_sounding(score):
    """Once the loop is off and all have come to rest: no key at the output, none waiting, none on the tape."""
    stand = Handmade()
    for order, then in score:
        stand.order(order)
        stand.go_on(then)
    for order in ("loop:off", "found", "yield"):
        stand.order(order)
    for key in KEYS:
        stand.order(-abs(key))
    stand.go_on(8.0)
    assert frozenset() == stand.output.sounding()
    assert 0 == len(stand.session.player)
    assert stand.mind.idle
