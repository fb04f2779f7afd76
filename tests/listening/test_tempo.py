"""Tapping a tempo."""

import pytest

from livecomposer.listening.tempo import TapTempo


def tapped(*moments):
    """What each tap tells."""
    taps = TapTempo()
    return [taps.tap(moment) for moment in moments]


def test_the_second_tap_tells_the_tempo():
    """One tap tells none."""
    assert [None, 120.0] == tapped(1.0, 1.5)


def test_one_clumsy_tap_moves_nothing():
    """The median of the gaps is told."""
    assert 120.0 == tapped(0.0, 0.5, 1.0, 1.9, 2.0, 2.5, 3.0)[-1]


def test_a_pause_begins_anew():
    """The tap after it is a first one, and what was before is forgotten."""
    assert [None, 60.0] == tapped(0.0, 0.5, 1.0, 9.0, 10.0)[-2:]


def test_the_last_taps_count():
    """Who gets faster is followed."""
    assert 150.0 == pytest.approx(tapped(*(i * 0.8 for i in range(20)), *(15.2 + i * 0.4 for i in range(1, 9)))[-1])


@pytest.mark.parametrize(("gap", "tempo"), [(0.05, 300.0), (2.9999, 20.0)])
def test_the_tempo_stays_within_what_can_be_set(gap, tempo):
    """From 20 to 300 beats a minute."""
    assert tempo == pytest.approx(tapped(0.0, gap)[-1], rel=1e-3)


def test_two_taps_at_one_moment_are_one():
    """Some pads bounce."""
    assert [None, None, 120.0] == tapped(1.0, 1.0, 1.5)
