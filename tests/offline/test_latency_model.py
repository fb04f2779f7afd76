"""Waits that are given, and waits that are drawn."""

import pytest

from livecomposer.offline.latency_model import Latency
from livecomposer.session.timing.engine_timing import EngineTiming
from livecomposer.session.timing.meters import Meter


def test_a_wait_that_is_given_is_always_the_same():
    """Whatever is drawn."""
    latency = Latency(0.02, 0.01)
    assert [0.02, 0.02, 0.01] == [latency.feed(0.0), latency.feed(0.99), latency.step(0.5)]


def test_between_quantiles_a_wait_is_drawn():
    """Linearly; the last is the longest."""
    latency = Latency(step_seconds=(0.0, 0.001, 0.005))
    drawn = [latency.step(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert [0.0, 0.0005, 0.001, 0.003, 0.005] == pytest.approx(drawn)


def test_a_long_feed_takes_longer():
    """By what each id beyond the eighth costs."""
    latency = Latency(0.01, 0.0, fed_id_seconds=0.001)
    assert [0.01, 0.01, 0.102] == pytest.approx([latency.feed(0.5, computed=n) for n in (1, 8, 100)])


def test_a_key_is_answered_after_the_time_that_is_named():
    """The feed, and the steps that its first note waits for; which is the horizon, too."""
    latency = Latency.of(0.02)
    assert pytest.approx(0.02) == latency.feed(0.5) + 2 * latency.step(0.5)
    assert pytest.approx(0.02) == latency.budget.horizon


def test_what_was_measured_is_drawn_again():
    """Between the shortest and the longest measurement, half of them below the median."""
    measured = EngineTiming(Meter(), Meter())
    for i in range(1, 101):
        measured.feed.add(i / 1000)
        measured.step.add(i / 10_000)
    latency = Latency.measured(measured)
    assert [0.001, 0.05, 0.1] == pytest.approx([latency.feed(share) for share in (0.0, 0.5, 1.0)], rel=0.02)
    assert 0.005 == pytest.approx(latency.step(0.5), rel=0.02)
