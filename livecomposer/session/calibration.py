"""What a round trip through the ports tells: how long MIDI takes in and out of this machine. Statistics alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from livecomposer.session.timing.meters import Meter

__all__ = ["Calibration"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of the round trips that came back: quantiles in milliseconds, ``count``; and how many were ``lost``."""

    p50: float
    p99: float
    max: float
    count: int
    lost: int

    @classmethod
    def of(cls, seconds: Iterable[float], *, lost: int) -> "Calibration":
        """From single round trips."""
        meter = Meter()
        for trip in seconds:
            meter.add(trip)
        summary = meter.summary_ms()
        return cls(summary["p50"], summary["p99"], summary["max"], meter.count, lost)

    @property
    def settings(self) -> dict[str, float]:
        """What to set: half of the median each way, for a loop cannot tell one way from the other."""
        half = round(self.p50 / 2, 2)
        return {"input_latency_ms": half, "output_latency_ms": half}

    def lines(self) -> Iterator[str]:
        """For a person: what was measured, and what to write into a configuration file."""
        lost = f", {self.lost} lost" if self.lost else ""
        yield f"round trip, {self.count} notes{lost}: median {self.p50:g} ms, p99 {self.p99:g} ms, max {self.max:g} ms"
        yield "write into a file for jam --config FILE (or let --save FILE do it):"
        yield from (f"{name} = {value:g}" for name, value in self.settings.items())
