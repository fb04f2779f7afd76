"""The learning rate's share over a run."""

import pytest

from livecomposer.training.schedule import learning_rate_share


def shares(steps=100, **how):
    """The share of every step."""
    how = {"warmup": 10, "cooldown": 20} | how
    return [learning_rate_share(step, steps=steps, **how) for step in range(steps)]


def test_it_rises_stays_and_falls():
    """Up over the warm-up, flat at the peak, down over the cool-down, never 0 and never above 1."""
    run = shares()
    assert run[:10] == sorted(run[:10])
    assert set(run[10:79]) == {1.0}
    assert run[79:] == sorted(run[79:], reverse=True)
    assert 0 < min(run) < max(run) == 1.0


def test_its_slopes_are_straight():
    """The first and the last step have the share of one step of their slope; after the end there is none."""
    run = shares()
    assert pytest.approx((1 / 11, 1 / 21)) == (run[0], run[-1])
    assert learning_rate_share(100, steps=100, warmup=10, cooldown=20) == 0
    assert learning_rate_share(105, steps=100, warmup=10, cooldown=20) == 0


@pytest.mark.parametrize(("warmup", "cooldown"), [(0, 0), (0, 5), (500, 500)])
def test_no_slope_breaks_it(warmup, cooldown):
    """Without slopes, or with slopes longer than the run, shares stay above 0 and at most 1."""
    for schedule in ("wsd", "cosine"):
        assert all(0 < share <= 1 for share in shares(warmup=warmup, cooldown=cooldown, schedule=schedule))


def test_a_cosine_rises_and_falls_without_a_plateau():
    """Up over the warm-up, then half a cosine: the peak at once, half of it half-way, next to nothing at the end."""
    run = shares(schedule="cosine")
    assert run[:10] == sorted(run[:10])
    assert run[10:] == sorted(run[10:], reverse=True)
    assert 1.0 == run[10] > run[11]
    assert pytest.approx(0.5) == run[55]
    assert 0 < run[-1] < 0.001
