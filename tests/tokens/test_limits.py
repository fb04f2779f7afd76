from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.tokens.limits import Harmony, Limits, Lines

WIDE = Limits(max_rest=150, max_note=400, polyphony=12)


def rows(*classes) -> np.ndarray:
    """One row of pitches for each set of pitch classes."""
    return np.array([[pitch % 12 in one for pitch in range(128)] for one in classes])


def test_limits_come_from_seconds():
    """Seconds become steps of 10 ms, and never less than one."""
    expected = Limits(max_rest=150, max_note=1, polyphony=3)
    assert expected == Limits.from_seconds(max_rest=1.5, max_note=0.001, polyphony=3)


@pytest.mark.parametrize(
    ("density", "onsets", "window"),
    [(0, 0, 100), (1, 1, 100), (4, 4, 100), (2.5, 3, 120), (0.5, 1, 200), (20, 20, 100)],
)
def test_a_density_is_so_many_onsets_in_a_window(density, onsets, window):
    """A whole number is counted in one second, a fraction in a window that makes it whole."""
    limits = Limits.from_seconds(max_rest=1, max_note=1, polyphony=3, density=density)
    assert (onsets, window) == (limits.onsets, limits.onset_window)


@pytest.mark.parametrize(
    "bad", ["max_rest", "max_note", "polyphony", "lowest", "highest", "softest", "loudest", "onsets", "onset_window"]
)
def test_limits_that_leave_nothing_to_play_are_refused(bad):
    """The message names what was got."""
    with pytest.raises(ValueError, match=f"{bad} -1"):
        replace(WIDE, **{bad: -1})


def test_a_harmony_of_which_nothing_is_in_the_range_is_refused():
    """Each row must leave a pitch from lowest to highest."""
    harmony = Harmony((0.0, 100.0), rows({0}, {1}), length=200.0)
    assert replace(WIDE, harmony=harmony, lowest=60, highest=61).harmony is harmony
    with pytest.raises(ValueError, match="of each harmony one pitch"):
        replace(WIDE, harmony=harmony, lowest=60, highest=60)


def test_a_harmony_takes_its_rows_in_turn_and_begins_anew():
    """Each holds from its start on, counted from the offset, round and round."""
    harmony = Harmony((0.0, 62.5), rows({0}, {5}), length=125.0, offset=-10.0)
    found = [int(np.flatnonzero(harmony.at(step))[0]) for step in (10, 72, 73, 134, 135, 10 + 125_000)]
    assert [0, 0, 5, 5, 0, 0] == found


def test_lines_come_again_and_again_and_are_three_steps_wide():
    """Before the first too, and where the period is no whole number of steps."""
    lines = Lines(12.5, 100.0)
    assert [86, 87, 88, 89, 99, 100, 101, 111, 112, 113, 114] == np.flatnonzero(lines.on(np.arange(90 + 25)))[
        -11:
    ].tolist()
    assert [86, 88, 99, 101, 111] == [lines.next(step) for step in (80, 88, 90, 101, 102)]


@given(st.floats(5.0, 75.0), st.floats(-100.0, 1e6), st.integers(-50, 2_000_000))
def test_the_next_line_is_the_first_that_there_is(period, first, step):
    """As one finds it who looks at every step."""
    lines = Lines(period, first)
    steps = np.arange(step, step + 80)
    assert steps[np.flatnonzero(lines.on(steps))[0]] == lines.next(step)


def test_pitches_are_those_of_the_range_and_the_harmony():
    """Both must allow a pitch."""
    limits = replace(WIDE, lowest=58, highest=66, harmony=Harmony((0.0,), rows({0, 4, 7})))
    assert [60, 64] == np.flatnonzero(limits.pitches(1234)).tolist()
    assert list(range(58, 67)) == np.flatnonzero(replace(limits, harmony=None).pitches(0)).tolist()
