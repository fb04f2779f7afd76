"""What the session measures of itself."""

from livecomposer.session.meters import Meter, Meters


def test_quantiles_are_in_milliseconds():
    """Of a hundred measurements the median is the fiftieth."""
    meter = Meter()
    for i in range(100):
        meter.add(i / 1000)
    assert {"p50": 50.0, "p99": 99.0, "p999": 99.0, "max": 99.0, "count": 100} == meter.summary_ms()


def test_an_empty_meter_reads_nothing():
    """Zeros, and a count that says why."""
    assert {"p50": 0.0, "p99": 0.0, "p999": 0.0, "max": 0.0, "count": 0} == Meter().summary_ms()


def test_a_meter_forgets_the_oldest_but_counts_all():
    """Memory is constant."""
    meter = Meter()
    for i in range(30_000):
        meter.add(float(i < 5_000))
    assert 30_000 == meter.summary_ms()["count"]
    assert 0.0 == meter.summary_ms()["max"]


def test_the_summary_names_every_meter():
    """Ready for JSON."""
    keys = {"thru_ms", "takeover_ms", "late_ms", "feed_ms", "step_ms", "tokens", "restarts"}
    assert keys == set(Meters().summary())
