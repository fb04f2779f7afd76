"""How long an engine lets wait, for a performance on a clock that is moved by hand. Pure."""

from dataclasses import dataclass
from typing import Self

from livecomposer.session.timing.commit_horizon import STEPS, LatencyBudget
from livecomposer.session.timing.engine_timing import EngineTiming

__all__ = ["Latency"]

_QUANTILES = 100
_SOON = 8
_RARELY_MORE = 0.99


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from a request to its answer: always the same, or drawn between evenly spaced quantiles.

    Quantiles are a tuple of two or more, ascending, the first the shortest and the last the longest wait.
    ``fed_id_seconds``: what each id beyond the eighth adds to a feed, for a tape that is read anew.
    """

    feed_seconds: float | tuple[float, ...] = 0.0
    step_seconds: float | tuple[float, ...] = 0.0
    fed_id_seconds: float = 0.0

    @classmethod
    def measured(cls, measured: EngineTiming, *, fed_id_seconds: float = 0.0) -> Self:
        """As it was measured."""
        shares = [i / _QUANTILES for i in range(_QUANTILES + 1)]
        feed, step = (tuple(meter.quantile(share) for share in shares) for meter in (measured.feed, measured.step))
        return cls(feed, step, fed_id_seconds)

    @classmethod
    def of(cls, seconds: float) -> Self:
        """So that a key is answered after ``seconds``: half of them for the feed, half for the steps behind it."""
        return cls(seconds / 2, seconds / 2 / STEPS)

    def feed(self, share: float, *, computed: int = 1) -> float:
        """Seconds of a feed of ``computed`` new ids; ``share`` in [0, 1] draws it."""
        return _drawn(self.feed_seconds, share) + max(0, computed - _SOON) * self.fed_id_seconds

    def step(self, share: float) -> float:
        """Seconds of a step; ``share`` in [0, 1] draws it."""
        return _drawn(self.step_seconds, share)

    @property
    def budget(self) -> LatencyBudget:
        """The commit horizon that a live session would choose."""
        return LatencyBudget(feed=self.feed(_RARELY_MORE), step=self.step(_RARELY_MORE))


def _drawn(seconds: float | tuple[float, ...], share: float) -> float:
    if isinstance(seconds, float | int):
        return seconds
    at = share * (len(seconds) - 1)
    below = min(int(at), len(seconds) - 2)
    return seconds[below] + (at - below) * (seconds[below + 1] - seconds[below])
