"""What the session measures of itself. An overrun is a value, not a log line."""

from collections import deque
from dataclasses import dataclass, field

__all__ = ["Meter", "Meters"]

_MEMORY = 20_000
"""Measurements a meter keeps; the oldest go first."""


class Meter:
    """A series of seconds and its quantiles. Adding is safe from any one thread at a time."""

    def __init__(self) -> None:
        self.count = 0
        self._values: deque[float] = deque(maxlen=_MEMORY)

    def add(self, seconds: float) -> None:
        """Remember one measurement."""
        self.count += 1
        self._values.append(seconds)

    def summary_ms(self) -> dict[str, float | int]:
        """Quantiles in milliseconds: ``p50``, ``p99``, ``p999``, ``max``; and the ``count``."""
        ordered = sorted(self._values)
        quantiles = {"p50": 0.5, "p99": 0.99, "p999": 0.999, "max": 1.0}
        return {name: _at(ordered, share) for name, share in quantiles.items()} | {"count": self.count}


def _at(ordered: list[float], share: float) -> float:
    if not ordered:
        return 0.0
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


@dataclass(slots=True)
class Meters:
    """All meters of a session."""

    thru: Meter = field(default_factory=Meter)  # stamp of a key to its thru sent
    takeover: Meter = field(default_factory=Meter)  # phrase end decided to first note-on sent
    late: Meter = field(default_factory=Meter)  # due to sent
    feed: Meter = field(default_factory=Meter)
    step: Meter = field(default_factory=Meter)
    tokens: int = 0
    restarts: int = 0

    def summary(self) -> dict[str, object]:
        """Everything, ready for JSON; times in milliseconds."""
        timed = {
            f"{name}_ms": getattr(self, name).summary_ms() for name in ("thru", "takeover", "late", "feed", "step")
        }
        return {**timed, "tokens": self.tokens, "restarts": self.restarts}
