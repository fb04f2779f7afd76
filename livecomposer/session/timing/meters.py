"""What the session measures of itself, in every session alike. An overrun is a value, not a log line.

Histograms of high dynamic range (Gil Tene's HdrHistogram): three digits from 1 µs to 60 s, so that a p99.9 is as true
after hours as after minutes, in constant memory (136 KiB a meter) and about 3 µs a measurement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hdrh.histogram import HdrHistogram

from livecomposer.faults import Fault, Faults

__all__ = ["TIMED", "Meter", "Meters"]

_LONGEST_US = 60_000_000
_DIGITS = 3
_QUANTILES = {"p50": 0.5, "p99": 0.99, "p999": 0.999}


class Meter:
    """A series of seconds and its quantiles. One thread adds; any may read meanwhile.

    Below 0 counts as 0, above 60 s as 60 s.
    """

    def __init__(self) -> None:
        self.count = 0
        self.longest = 0.0
        """The largest measurement, exactly (seconds)."""
        self.seconds = 0.0
        """The sum of all measurements."""
        self._histogram = HdrHistogram(1, _LONGEST_US, _DIGITS)

    def add(self, seconds: float) -> None:
        """Remember one measurement."""
        self._histogram.record_value(min(_LONGEST_US, max(0, round(seconds * 1e6))))
        self.count += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)

    def quantile(self, share: float) -> float:
        """The measurement (seconds) below or at which ``share`` of all lie, 0–1; 0 where there are none."""
        if not self.count:
            return 0.0
        at = self._histogram.get_value_at_percentile(100 * share) / 1e6
        return float(min(at, self.longest))

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """The same for several shares, in one pass over the histogram (some milliseconds)."""
        if not self.count:
            return [0.0 for _ in shares]
        found = self._histogram.get_percentile_to_value_dict([100 * share for share in shares])
        return [float(min(found[100 * share] / 1e6, self.longest)) for share in shares]

    def summary_ms(self) -> dict[str, float | int]:
        """Quantiles in milliseconds: ``p50``, ``p99``, ``p999``, ``max``; and the ``count``."""
        quantiles = {name: round(1000 * self.quantile(share), 3) for name, share in _QUANTILES.items()}
        return {**quantiles, "max": round(1000 * self.longest, 3), "count": self.count}


@dataclass(slots=True)
class Meters:
    """All meters of a session."""

    thru: Meter = field(default_factory=Meter)  # stamp of a key to its thru sent
    takeover: Meter = field(default_factory=Meter)  # phrase end decided to first note-on sent
    replan: Meter = field(default_factory=Meter)  # key to the first event planned anew that the player may have
    late: Meter = field(default_factory=Meter)  # due to sent
    step: Meter = field(default_factory=Meter)
    feed: Meter = field(default_factory=Meter)
    tokens: int = 0
    music: float = 0.0
    """Seconds of music that the tokens are."""
    plans: int = 0
    foreseen: int = 0
    """Plans drawn while playing along, and keys that came as foreseen, so that the plan stood."""
    faults: Faults = field(default_factory=Faults)
    """What went wrong, by whoever met it."""

    @property
    def headroom(self) -> float:
        """Tokens a second that the engine makes over tokens a second of music; below 1 it is too slow. 0: unknown."""
        if not (self.tokens and self.step.seconds):
            return 0.0
        return (self.step.count / self.step.seconds) * (self.music / self.tokens)

    def summary(self) -> dict[str, object]:
        """Everything, ready for JSON; times in milliseconds."""
        timed = {f"{name}_ms": getattr(self, name).summary_ms() for name in TIMED}
        counted = {name: getattr(self, name) for name in ("tokens", "plans", "foreseen")}
        wrong = {fault.key: times for fault, times in self.faults.counts().items()}
        return {**timed, **counted, **wrong, "headroom": round(self.headroom, 2)}

    def lines(self) -> Iterator[str]:
        """A few lines for the performer; what was never measured is left out."""
        measured = [(name, getattr(self, name).summary_ms()) for name in TIMED]
        measured = [(name, summary) for name, summary in measured if summary["count"]]
        if measured:
            yield "ms, median/p99/p99.9/max: " + "; ".join(
                f"{name} " + "/".join(f"{summary[q]:.3g}" for q in (*_QUANTILES, "max")) for name, summary in measured
            )
        pace = f", headroom {self.headroom:.1f} x" if self.headroom else ""
        if self.plans:
            yield f"{self.plans} plans; {self.foreseen} keys were foreseen, and their plan stood"
        dropped, restarts = self.faults[Fault.DROPPED], self.faults[Fault.RESTARTS]
        yield f"{self.tokens} tokens{pace}; {dropped} late notes dropped; {restarts} restarts"
        for fault, times in self.faults.counts().items():
            if times and fault not in (Fault.DROPPED, Fault.RESTARTS):
                yield f"{times} times: {fault.what}; {fault.remedy}"


TIMED = ("thru", "takeover", "replan", "late", "step", "feed")
"""Names of the meters of seconds."""
