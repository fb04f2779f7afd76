"""Several keyboards as one."""

import pytest

from livecomposer.midi.merge import Merge

ON, OFF, ALSO_OFF = bytes([0x90, 60, 64]), bytes([0x80, 60, 10]), bytes([0x90, 60, 0])
PEDAL, LIFTED = bytes([0xB0, 64, 127]), bytes([0xB0, 64, 0])


@pytest.mark.parametrize(("hold", "release"), [(ON, OFF), (ON, ALSO_OFF), (PEDAL, LIFTED)])
def test_what_two_hold_ends_when_both_let_go(hold, release):
    """The first release is kept back, the second goes on."""
    merge = Merge()
    assert merge.take(0, hold)
    assert merge.take(1, hold)
    assert not merge.take(0, release)
    assert merge.take(1, release)


def test_one_keyboard_alone_passes_unchanged():
    """Even a release of what was never held."""
    merge = Merge()
    assert [True] * 5 == [merge.take(0, data) for data in (OFF, ON, ON, OFF, bytes([0xC0, 5]))]


def test_who_leaves_lets_go_of_what_it_alone_holds():
    """Keys, pedals, wheels and pressure; what another holds sounds on, and ends with the other."""
    merge = Merge()
    for data in (ON, bytes([0x90, 67, 1]), PEDAL, bytes([0xE0, 0, 80]), bytes([0xD0, 9]), bytes([0xB0, 7, 100])):
        merge.take(0, data)
    merge.take(1, ON)
    released = [bytes([0x80, 67, 64]), LIFTED, bytes([0xD0, 0]), bytes([0xE0, 0, 64])]
    assert released == merge.leave(0)
    assert merge.take(1, OFF)
    assert [] == merge.leave(0)


def test_who_holds_nothing_leaves_without_a_word():
    """What was let go of is not let go of again."""
    merge = Merge()
    for data in (ON, OFF, PEDAL, LIFTED, bytes([0xE0, 0, 80]), bytes([0xE0, 0, 64])):
        merge.take(0, data)
    assert [] == merge.leave(0)
