"""Echoes of our own messages, told from the performer's."""

import pytest

from livecomposer.midi.echo_guard import WINDOW_SECONDS, EchoGuard

ON, OFF = bytes([0x90, 60, 64]), bytes([0x80, 60, 64])
PEDAL, LIFTED = bytes([0xB0, 64, 127]), bytes([0xB0, 64, 0])
COMPANION = bytes([0x91, 72, 50])


def played(guard, *messages, delay=None):
    """Those of the performer's ``(moment, data)`` that were heard, each sent on; with ``delay`` each comes back."""
    waiting = [(moment, data, False) for moment, data in messages]
    heard, echoes = [], 0
    while waiting:
        waiting.sort()
        now, data, came_back = waiting.pop(0)
        if guard.is_echo(data, now):
            continue
        heard.append((now, data))
        guard.sent(data, now)
        echoes += came_back
        if delay is not None:
            waiting.append((now + delay, data, True))
        assert echoes < 20, "a loop builds up"
    return heard


FAST = [(0.07 * i, data) for i in range(12) for data in (ON, OFF)]
REPEATED = [(moment + (0.03 if data == OFF else 0.0), data) for moment, data in FAST]


def test_a_key_repeated_fast_is_never_swallowed():
    """Fourteen equal strokes a second, thru, without any loop: each is heard."""
    assert REPEATED == played(EchoGuard(), *REPEATED)


def test_the_echo_of_thru_is_swallowed_and_each_stroke_is_heard():
    """With a loop of 10 ms the same strokes are heard once each."""
    guard = EchoGuard()
    assert REPEATED == played(guard, *REPEATED, delay=0.01)
    assert guard.looped


def test_a_chord_of_equal_velocities_is_heard_whole_again_and_again():
    """Five keys struck together ten times a second are five keys."""
    chord = [
        (0.1 * i + late, bytes([status, 60 + 3 * key, 64]))
        for i in range(8)
        for late, status in ((0.0, 0x90), (0.05, 0x80))
        for key in range(5)
    ]
    assert chord == played(EchoGuard(), *chord)


def test_a_pedal_does_not_go_round():
    """Its echo says nothing new, and is not sent again."""
    pedalled = [(0.0, PEDAL), (0.5, LIFTED), (1.0, PEDAL)]
    assert pedalled == played(EchoGuard(), *pedalled, delay=0.02)


def test_a_wheel_that_moves_faster_than_the_loop_does_not_build_up():
    """A value every 4 ms through a loop of 15 ms: the last value heard is the last one turned to."""
    turned = [(0.004 * i, bytes([0xB0, 1, i])) for i in range(60)]
    heard = played(EchoGuard(), *turned, delay=0.015)
    assert turned[-1] == heard[-1]
    assert {data for _, data in heard} == {data for _, data in turned}


def test_a_wheel_that_trembles_is_heard():
    """Two values in turn are a poor pot, and no loop."""
    guard = EchoGuard()
    trembling = [(0.01 * i, bytes([0xB0, 1, 63 + i % 2])) for i in range(20)]
    assert trembling == played(guard, *trembling)
    assert not guard.looped


def test_what_comes_on_a_channel_where_nobody_plays_is_the_companion():
    """It cannot be the performer's; the same key of the performer's on the own channel is."""
    guard = EchoGuard()
    guard.sent(COMPANION, 0.0)
    assert guard.is_echo(COMPANION, 0.02)
    assert not guard.is_echo(bytes([0x90, 72, 50]), 0.03)


def test_each_send_answers_for_one_echo():
    """The second of two equal messages after one send is the performer's."""
    guard = EchoGuard()
    guard.sent(COMPANION, 0.0)
    assert [True, False] == [guard.is_echo(COMPANION, 0.01), guard.is_echo(COMPANION, 0.02)]


@pytest.mark.parametrize(("late", "echo"), [(WINDOW_SECONDS * 0.9, True), (WINDOW_SECONDS * 1.1, False)])
def test_what_comes_too_late_is_no_echo(late, echo):
    """Nobody waits for ever."""
    guard = EchoGuard()
    guard.sent(COMPANION, 1.0)
    assert echo == guard.is_echo(COMPANION, 1.0 + late)


def test_a_loop_that_was_undone_is_forgotten():
    """When nothing comes back any more, equal strokes are heard again."""
    guard = EchoGuard()
    guard.sent(COMPANION, 0.0)
    guard.is_echo(COMPANION, 0.01)
    assert guard.looped
    for i in range(10):
        guard.sent(COMPANION, 1.0 + i)
    assert not guard.looped
    assert [(20 + moment, data) for moment, data in REPEATED] == played(
        guard, *((20 + moment, data) for moment, data in REPEATED)
    )


def test_another_player_begins_anew():
    """What is forgotten is not expected back."""
    guard = EchoGuard()
    guard.sent(COMPANION, 0.0)
    guard.forget()
    assert not guard.is_echo(COMPANION, 0.01)
