"""Where "now" comes from: always an argument, so that minutes of music can be tested in milliseconds."""

import time
from typing import Protocol

__all__ = ["Clock", "ManualClock", "MonotonicClock"]


class Clock(Protocol):
    """Anything that tells the time in seconds and never goes backwards."""

    def now(self) -> float:
        """Seconds since an arbitrary, fixed moment."""
        ...


class MonotonicClock:
    """The machine's own clock; the same in every process of the machine."""

    def now(self) -> float:
        """Seconds of ``time.perf_counter``, which has the finest resolution on every platform."""
        return time.perf_counter()


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def now(self) -> float:
        """Seconds, as last set."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward by ``seconds`` (0 or more)."""
        if seconds < 0:
            raise ValueError(f"a clock cannot go back: advance({seconds})")
        self._now += seconds

    def move_to(self, moment: float) -> None:
        """Move forward to ``moment``; a moment already past leaves the clock where it is."""
        self._now = max(self._now, moment)
