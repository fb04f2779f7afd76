import pytest

from livecomposer.clocks import Clock, ManualClock, MonotonicClock


def test_a_manual_clock_stands_still_until_it_is_moved():
    """Reading the time does not move it; advancing moves it by exactly that much."""
    clock = ManualClock(2.0)
    assert [2.0, 2.0] == [clock.now(), clock.now()]
    clock.advance(0.25)
    assert 2.25 == clock.now()


def test_a_manual_clock_moves_to_a_moment_but_never_back():
    """A moment already past leaves the clock where it is."""
    clock = ManualClock(1.0)
    clock.move_to(3.0)
    clock.move_to(2.0)
    assert 3.0 == clock.now()


def test_a_manual_clock_refuses_to_go_back():
    """A negative advance is an error in the caller."""
    with pytest.raises(ValueError, match="cannot go back"):
        ManualClock().advance(-0.1)


def test_the_monotonic_clock_never_goes_back():
    """A thousand readings in a row are in order."""
    clock: Clock = MonotonicClock()
    readings = [clock.now() for _ in range(1000)]
    assert sorted(readings) == readings
    assert readings[0] < readings[-1]
