"""Conversions at the borders. Inside, everything is float seconds; other units live only here and in names."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["DEFAULT_TEMPO_US", "TempoMap", "seconds_to_steps", "steps_to_seconds"]

DEFAULT_TEMPO_US = 500_000
"""Microseconds a beat before any tempo event (Standard MIDI Files 1.0): 120 beats a minute."""

STEPS_PER_SECOND = 100
"""Resolution of the token stream: one step is 10 ms (Oore et al. 2018)."""


def seconds_to_steps(seconds: float) -> int:
    """The nearest whole number of 10 ms steps."""
    return round(seconds * STEPS_PER_SECOND)


def steps_to_seconds(steps: int) -> float:
    """Seconds of ``steps`` steps of 10 ms."""
    return steps / STEPS_PER_SECOND


@dataclass(frozen=True, slots=True)
class TempoMap:
    """Ticks to seconds. Three parallel sequences, one entry a tempo change, the first at tick 0.

    ``ticks`` are absolute, ``seconds`` the moments of the same changes, ``seconds_per_tick`` what holds from there on.
    """

    ticks: Sequence[int]
    seconds: Sequence[float]
    seconds_per_tick: Sequence[float]

    @classmethod
    def from_changes(cls, changes: Sequence[tuple[int, int]], ticks_per_beat: int) -> "TempoMap":
        """Build from ``(absolute tick, microseconds a beat)`` pairs in any order; the last at a tick wins."""
        tempo_at = {0: DEFAULT_TEMPO_US} | dict(sorted(changes, key=lambda change: change[0]))
        ticks, seconds, rates = [0], [0.0], [tempo_at[0] / 1e6 / ticks_per_beat]
        for tick, tempo in list(tempo_at.items())[1:]:
            seconds.append(seconds[-1] + (tick - ticks[-1]) * rates[-1])
            ticks.append(tick)
            rates.append(tempo / 1e6 / ticks_per_beat)
        return cls(ticks, seconds, rates)

    def to_ticks(self, seconds: float) -> float:
        """The absolute tick, with its fraction, that falls ``seconds`` from the start of the file."""
        i = max(0, bisect_right(self.seconds, seconds) - 1)
        return self.ticks[i] + (seconds - self.seconds[i]) / self.seconds_per_tick[i]

    def to_seconds(self, tick: int) -> float:
        """Seconds from the start of the file to the absolute ``tick``."""
        i = bisect_right(self.ticks, tick) - 1
        return self.seconds[i] + (tick - self.ticks[i]) * self.seconds_per_tick[i]
