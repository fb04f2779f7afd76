"""The player: its step by hand on a manual clock, and its thread for order and silence."""

import threading

import pytest

from livecomposer.clocks import ManualClock, MonotonicClock
from livecomposer.faults import Fault, Faults
from livecomposer.playing.player import Player
from livecomposer.playing.sinks import Output
from tests.fakes import FakeSink, counted

ON, OFF = b"\x91\x3c\x50", b"\x81\x3c\x40"
ON_2, OFF_2 = b"\x91\x40\x50", b"\x81\x40\x40"
LONG = 30.0  # a wait that only a fault uses up


@pytest.fixture
def sink():
    """Where it sounds."""
    return FakeSink()


@pytest.fixture
def clock():
    """A clock that stands still."""
    return ManualClock()


@pytest.fixture
def player(sink, clock):
    """A player without a thread."""
    return Player(Output([sink]), clock)


def test_step_sends_what_is_due(player, sink):
    """A step sends what is due and no more, and the ledger knows what sounds."""
    assert 2 == player.schedule([(1.0, ON), (2.0, OFF)])
    assert [] == player.run_due(0.5)
    assert [(1.0, ON)] == player.run_due(1.0)
    assert {(1, 60)} == player.output.sounding()
    assert 1 == len(player)
    player.run_due(2.0)
    assert [ON, OFF] == sink.sent
    assert frozenset() == player.output.sounding()


def test_meter_hears_due_and_now(sink, clock):
    """The meter is told when each message was due and when it went."""
    told = []
    player = Player(Output([sink]), clock, on_sent=lambda due, now, data: told.append((due, now, data)))
    player.schedule([(1.0, ON)])
    clock.move_to(1.25)
    assert [] == told
    player.run_due(1.05)
    assert [(1.0, 1.25, ON)] == told


def test_late_and_refused_are_counted(sink, clock):
    """Each once."""
    player = Player(Output([sink]), clock, late_limit=0.2, max_events=1, faults=(faults := Faults()))
    assert 1 == player.schedule([(1.0, ON), (1.0, ON_2)])
    player.run_due(2.0)
    player.run_due(3.0)
    assert {Fault.DROPPED: 1, Fault.CROWDED_OUT: 1} == counted(faults)
    assert [] == sink.sent


def test_cut_takes_back_the_future(player, sink):
    """A cut returns what it took back, and that is not played."""
    player.schedule([(1.0, ON), (2.0, ON_2), (3.0, OFF), (3.0, OFF_2)])
    player.run_due(1.0)
    assert [(2.0, ON_2), (3.0, OFF_2)] == player.cut(1.5, 1, end_sounding=True)
    assert [(1.5, OFF)] == player.run_due(9.0)
    assert [ON, OFF] == sink.sent


def test_panic_is_silent_and_forgets(player, sink):
    """Panic ends what sounds and empties the future; the player plays on afterwards."""
    player.schedule([(1.0, ON), (1.1, ON_2), (2.0, OFF)])
    player.run_due(1.0)
    player.panic()
    assert frozenset() == player.output.sounding()
    assert [] == player.run_due(1.1)
    assert ON_2 not in sink.sent
    player.schedule([(3.0, ON_2)])
    assert [(3.0, ON_2)] == player.run_due(3.0)


def test_close_without_thread_is_silent_and_final(player, sink):
    """A player that never ran closes in silence, twice if asked, and takes no more."""
    player.schedule([(1.0, ON), (1.5, ON_2)])
    player.run_due(1.0)
    player.close()
    player.close()
    assert [ON, OFF] == sink.sent
    assert 0 == player.schedule([(1.2, ON)])
    assert [] == player.run_due(9.0)
    assert 0 == sink.closed


def test_schedule_may_be_given_a_generator(player):
    """Items may come from anything that is iterated, even if it asks the player meanwhile."""
    assert 2 == player.schedule((float(len(player) + i), ON) for i in range(2))


def test_broken_sink_does_not_stop_the_player(clock):
    """What a sink raises stays in the output."""
    good = FakeSink()
    player = Player(Output([FakeSink(broken=True), good]), clock)
    player.schedule([(1.0, ON)])
    player.run_due(1.0)
    assert [ON] == good.sent
    assert player.failed is None


def test_thread_plays_in_order_and_ends_in_silence(sink):
    """The thread sends in due order what was planned in any order, and leaving the context ends what sounds."""
    clock, done = MonotonicClock(), threading.Event()
    output = Output([sink])
    with Player(
        output, clock, late_limit=LONG, on_sent=lambda *told: done.set() if told[2] == ON_2 else None
    ) as player:
        start = clock.now()
        player.schedule([(start + 0.03, ON_2), (start + 3600.0, OFF_2)])
        player.schedule([(start + 0.02, OFF), (start + 0.01, ON)])
        assert done.wait(LONG)
        assert {(1, 64)} == player.output.sounding()
    assert [ON, OFF, ON_2, OFF_2] == sink.sent
    assert frozenset() == output.sounding()
    assert not player._thread.is_alive()


def test_thread_wakes_for_what_comes_earlier(sink):
    """A message planned while the thread sleeps towards a later one is played first."""
    clock, done = MonotonicClock(), threading.Event()
    with Player(Output([sink]), clock, late_limit=LONG, on_sent=lambda *_: done.set()) as player:
        player.schedule([(clock.now() + 3600.0, ON_2)])
        player.schedule([(clock.now(), ON)])
        assert done.wait(LONG)
        assert [ON] == sink.sent


def test_thread_that_fails_releases_and_says_so(sink):
    """An exception in the thread ends what sounds, thru included, marks the failure and stops the playing."""
    clock, output = MonotonicClock(), Output([sink])

    def fail(*_):
        raise RuntimeError("meter")

    player = Player(output, clock, late_limit=LONG, on_sent=fail)
    output.send(b"\x90\x30\x50")
    player.start()
    player.schedule([(clock.now(), ON)])
    player._thread.join(LONG)
    assert isinstance(player.failed, RuntimeError)
    assert frozenset() == output.sounding()
    assert 0 == player.schedule([(clock.now(), ON)])
    player.close()
    assert [b"\x90\x30\x50", ON, b"\x80\x30\x40", OFF] == sink.sent


def test_close_from_the_meter_does_not_lock(sink):
    """The player may be closed from within its own thread."""
    clock, players = MonotonicClock(), []
    player = Player(Output([sink]), clock, late_limit=LONG, on_sent=lambda *_: players[0].close())
    players.append(player)
    player.start()
    player.schedule([(clock.now(), ON)])
    player._thread.join(LONG)
    assert player.failed is None
    assert [ON, OFF] == sink.sent


def test_a_clock_is_played_at_its_moments_beside_the_notes(clock):
    """By the output's own door for it; what a channel takes back leaves it alone."""
    ticks, output = [], Output([])
    output.realtime = ticks.append
    player = Player(output, clock)
    player.schedule([(1.0, b"\xf8"), (1.0, b"\xf2\x01\x00"), (1.0, b"\xf8")])
    for channel in range(16):
        player.cut(0.0, channel, end_sounding=True)
    player.run_due(1.0)
    assert [b"\xf2\x01\x00", b"\xf8", b"\xf8"] == sorted(ticks)


def test_what_was_decided_before_a_panic_is_refused_after_it(player):
    """What is decided after it is accepted, and so is what does not say when it was."""
    before = player.panics
    player.panic()
    assert 0 == player.schedule([(1.0, ON)], since=before)
    assert 1 == player.schedule([(1.0, ON)], since=player.panics)
    assert 1 == player.schedule([(1.0, OFF)])


def test_a_panic_leaves_a_clock_its_ticks(player):
    """Whoever follows it does not lose the beat; all else is forgotten."""
    player.schedule([(1.0, b"\xf8"), (1.0, ON), (0.5, b"\xf8")])
    player.panic()
    assert 2 == len(player)
    assert [(0.5, b"\xf8"), (1.0, b"\xf8")] == player.run_due(1.0)
