"""A player with nothing to do, and the process it runs in."""

import pytest

from livecomposer.clocks import MonotonicClock
from livecomposer.session.timing.idle_lateness import IdleLateness, next_tick, ticking
from livecomposer.session.timing.meters import Meter


@pytest.mark.parametrize(
    ("now", "due"), [(5.0, 5.5), (5.2, 5.5), (4.9, 5.5), (5.6, 6.0), (7.1, 7.5)], ids=lambda value: f"{value:g}"
)
def test_the_beat_goes_on_whatever_was_missed(now, due):
    """Ticks lie half a second apart from 5.0 on; those that were slept through are left out."""
    assert due == pytest.approx(next_tick(5.0, now, 0.5))


def test_a_tick_is_measured_in_the_players_own_thread():
    """It ticks until it is left, and no longer."""
    late = Meter()
    with ticking(MonotonicClock(), late, period=0.001):
        while late.count < 3:
            pass
    counted = late.count
    assert counted >= 3
    assert late.longest >= 0.0
    assert counted == late.count


def test_the_process_reports_when_it_is_ended():
    """Quantiles, or an empty meter if it did not come to tick."""
    with IdleLateness() as metronome:
        assert 0 == metronome.late_ms["count"]
    assert {"p50", "p99", "p999", "max", "count"} == set(metronome.late_ms)


def test_a_process_that_died_leaves_an_empty_meter():
    """The bench goes on without it."""
    with IdleLateness() as metronome:
        metronome._process.kill()
    assert Meter().summary_ms() == metronome.late_ms
