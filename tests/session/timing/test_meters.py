"""What the session measures of itself."""

import random

import pytest

from livecomposer.faults import Fault
from livecomposer.session.timing.meters import TIMED, Meter, Meters


def test_quantiles_are_in_milliseconds():
    """Of a thousand measurements the median is the five-hundredth."""
    meter = Meter()
    for i in range(1, 1001):
        meter.add(i / 1e5)
    assert {"p50": 5.0, "p99": 9.9, "p999": 9.99, "max": 10.0, "count": 1000} == pytest.approx(
        meter.summary_ms(), rel=1e-3
    )


def test_an_empty_meter_reads_nothing():
    """Zeros, and a count that says why."""
    assert {"p50": 0.0, "p99": 0.0, "p999": 0.0, "max": 0.0, "count": 0} == Meter().summary_ms()


@pytest.mark.parametrize("share", [0.5, 0.99, 0.999])
def test_three_digits_hold_from_microseconds_to_a_minute(share):
    """Whatever the size, a quantile is within a thousandth, or a microsecond, of the measurement it stands for."""
    draw = random.Random(1)
    values = sorted(10 ** draw.uniform(-6, 1.7) for _ in range(5000))
    meter = Meter()
    for value in values:
        meter.add(value)
    assert values[round(share * len(values)) - 1] == pytest.approx(meter.quantile(share), rel=2e-3, abs=1e-6)


def test_a_meter_forgets_nothing_in_constant_memory():
    """The one slow moment of a long set is still its maximum, and its memory has not grown."""
    meter = Meter()
    size = len(meter._histogram.counts)
    meter.add(1.5)
    for _ in range(30_000):
        meter.add(0.001)
    assert (30_001, 1500.0) == (meter.summary_ms()["count"], meter.summary_ms()["max"])
    assert size == len(meter._histogram.counts)


@pytest.mark.parametrize(("given", "read"), [(-0.001, 0.0), (0.0, 0.0), (3600.0, 60.0)])
def test_what_is_out_of_range_is_counted_at_its_end(given, read):
    """A clock's hiccup or an hour's hang neither raises nor is lost."""
    meter = Meter()
    meter.add(given)
    assert 1 == meter.count
    assert read == pytest.approx(meter.quantile(0.5), rel=1e-3)


def test_the_summary_names_every_meter():
    """Ready for JSON."""
    keys = {f"{name}_ms" for name in TIMED} | {"tokens", "plans", "foreseen", "headroom"}
    assert keys | {fault.key for fault in Fault} == set(Meters().summary())
    assert {"thru_ms", "takeover_ms", "replan_ms", "late_ms", "step_ms", "feed_ms"} <= keys


def test_headroom_is_how_much_faster_music_is_made_than_it_sounds():
    """A step of 5 ms makes 200 tokens a second; at 50 tokens a second of music that is four times enough."""
    meters = Meters(tokens=100, music=2.0)
    for _ in range(100):
        meters.step.add(0.005)
    assert 4.0 == pytest.approx(meters.headroom)
    assert 0.0 == Meters().headroom


def test_the_performer_is_told_in_two_lines():
    """What was measured, and what was counted; a meter that never was used is left out."""
    meters = Meters(tokens=3)
    meters.faults.count(Fault.DROPPED, times=2)
    meters.late.add(0.001)
    timed, counted = meters.lines()
    assert "late 1/1/1/1" in timed
    assert "replan" not in timed
    assert "3 tokens; 2 late notes dropped; 0 restarts" == counted
    assert ["0 tokens; 0 late notes dropped; 0 restarts"] == list(Meters().lines())


@pytest.mark.parametrize("fault", Fault)
def test_what_went_wrong_is_among_the_meters(fault):
    """By its name, how often."""
    meters = Meters()
    meters.faults.count(fault, times=3)
    assert 3 == meters.summary()[fault.key]


@pytest.mark.parametrize("fault", set(Fault) - {Fault.DROPPED, Fault.RESTARTS})
def test_what_went_wrong_has_a_line_of_its_own_at_the_end(fault):
    """With what to do about it, but for late notes and restarts, which are in the line before."""
    meters = Meters()
    meters.faults.count(fault, times=3)
    assert f"3 times: {fault.what}; {fault.remedy}" == list(meters.lines())[-1]


def test_who_played_along_is_told_how_much_was_foreseen():
    """Plans drawn, and keys for which none had to be drawn."""
    assert "12 plans; 3 keys were foreseen, and their plan stood" == next(Meters(plans=12, foreseen=3).lines())


def test_several_quantiles_in_one_pass_are_the_same_as_one_by_one():
    """And 0 where nothing was measured."""
    meter = Meter()
    assert [0.0, 0.0] == meter.quantiles((0.5, 0.99))
    for i in range(1, 1001):
        meter.add(i / 1000)
    assert [meter.quantile(0.5), meter.quantile(0.99)] == meter.quantiles((0.5, 0.99))
