"""What a round trip tells."""

import pytest

from livecomposer.session.calibration import Calibration


def test_each_way_gets_half_of_the_median():
    """A loop cannot tell the two apart."""
    measured = Calibration.of([0.002, 0.003, 0.010], lost=0)
    assert {"input_latency_ms": 1.5, "output_latency_ms": 1.5} == pytest.approx(measured.settings, abs=0.01)
    assert (3, 10.0) == (measured.count, measured.max)


def test_the_lines_say_what_was_measured_and_what_to_write():
    """The last two are TOML."""
    lines = list(Calibration.of([0.004] * 9, lost=1).lines())
    assert "9 notes, 1 lost: median 4 ms, p99 4 ms, max 4 ms" in lines[0]
    assert ["input_latency_ms = 2", "output_latency_ms = 2"] == lines[-2:]
