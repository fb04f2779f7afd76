"""The commit horizon as a sum."""

import pytest

from livecomposer.session.timing.commit_horizon import LatencyBudget

NINE = LatencyBudget(input=0.001, feed=0.003, step=0.0012, output=0.0016, jitter=0.001)


def test_the_horizon_is_the_sum_of_its_parts():
    """Two steps count, for the first of a note's three ids comes with the feed."""
    assert 0.009 == pytest.approx(NINE.horizon)


def test_one_line_tells_each_part():
    """In milliseconds, with as many digits as are worth reading."""
    assert "horizon 9 ms = input 1 + feed 3 + 2 steps 2.4 + output 1.6 + jitter 1" == NINE.describe()


@pytest.mark.parametrize(("feed", "horizon", "word"), [(0.0, 0.002, "least"), (3.0, 0.1, "most")])
def test_the_horizon_is_held_between_two_and_a_hundred_milliseconds(feed, horizon, word):
    """And the line says that it was, and what would have been needed."""
    budget = LatencyBudget(feed=feed)
    assert horizon == budget.horizon
    assert f"the {word} there is; needed {1000 * feed:.0f} ms" in budget.describe()


def test_a_number_that_was_set_is_kept():
    """Whatever the parts."""
    budget = LatencyBudget(feed=0.5, fixed=0.5)
    assert 0.5 == budget.horizon
    assert "horizon 500 ms, as set" == budget.describe()


def test_the_parts_are_ready_for_json():
    """In milliseconds, the steps together."""
    assert {"input": 1.0, "feed": 3.0, "steps": 2.4, "output": 1.6, "jitter": 1.0} == NINE.parts_ms()
