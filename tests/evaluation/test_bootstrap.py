"""Intervals over pieces."""

import numpy as np
import pytest

from livecomposer.evaluation.bootstrap import interval_of_mean, interval_of_ratio


def test_of_one_piece_the_interval_is_a_point():
    """Whatever is drawn, it is that piece."""
    assert (3.0, 3.0) == interval_of_ratio(np.array([6.0]), np.array([2.0]), seed=1)


def test_a_constant_ratio_is_sure():
    """However long the pieces are."""
    notes = np.array([1.0, 10.0, 200.0])
    assert pytest.approx((2.5, 2.5)) == interval_of_ratio(2.5 * notes, notes, seed=1)


def test_the_interval_of_a_mean_is_that_of_the_normal_law_where_pieces_are_many():
    """Within a tenth of its width."""
    values = np.random.default_rng(0).normal(5.0, 2.0, 400)
    low, high = interval_of_mean(values, seed=3)
    error = 1.96 * values.std() / 20
    assert pytest.approx((values.mean() - error, values.mean() + error), abs=0.2 * error) == (low, high)


def test_a_piece_without_a_note_is_no_reason_to_fail():
    """Where nothing else is drawn the ratio is passed over."""
    assert (4.0, 4.0) == interval_of_ratio(np.array([4.0, 0.0]), np.array([1.0, 0.0]), seed=1)


def test_one_seed_draws_one_set_of_pieces():
    """Which is what makes differences paired."""
    ours, theirs, notes = np.random.default_rng(0).uniform(1, 2, (3, 30))
    assert interval_of_ratio(ours - theirs, notes, seed=5) == interval_of_ratio(ours - theirs, notes, seed=5)
    assert interval_of_ratio(ours - theirs, notes, seed=5) != interval_of_ratio(ours - theirs, notes, seed=6)
