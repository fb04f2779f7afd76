"""Beats as a value."""

import pytest

from livecomposer.beats import Beats

WALTZ = Beats(tempo=120.0, moment=10.0, beat=6.0, per_bar=3)


def test_beats_and_moments_are_each_others_reverse():
    """Two beats a second at 120."""
    assert (0.5, 1.5) == (WALTZ.period, WALTZ.bar)
    assert 8.0 == WALTZ.beat_at(11.0)
    assert 11.0 == WALTZ.moment_of(8.0)


@pytest.mark.parametrize(("moment", "beat"), [(10.0, 6), (10.0 + 1e-9, 6), (10.001, 9), (11.49, 9), (8.4, 3)])
def test_the_next_bar_line_is_the_one_now_or_the_one_to_come(moment, beat):
    """What is nearer than any clock can tell is now."""
    assert beat == WALTZ.next_bar(moment)
    assert WALTZ.is_bar_line(beat)


def test_the_next_beat_need_not_begin_a_bar():
    """The second of three."""
    assert 7 == WALTZ.next_beat(10.2)
    assert not WALTZ.is_bar_line(7)


def test_another_tempo_keeps_the_beat():
    """From the moment of the change on beats are longer, and none is lost."""
    slower = WALTZ.at_tempo(60.0, 11.0)
    assert 8.0 == slower.beat_at(11.0)
    assert 12.0 == slower.moment_of(9.0)


def test_a_pulse_that_stands_stays_at_its_beat():
    """Until it runs again."""
    assert 6.0 == Beats(tempo=120.0, moment=10.0, beat=6.0, running=False).beat_at(99.0)


@pytest.mark.parametrize(("seconds", "bars"), [(0.0, 0), (1.49, 0), (1.5, 1), (4.4, 2), (4.5, 3)])
def test_bars_are_counted_whole(seconds, bars):
    """A bar of three beats at 120 lasts 1.5 s."""
    assert bars == WALTZ.whole_bars(seconds)
