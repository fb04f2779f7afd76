"""Beats as a frozen value: where bar lines and beats fall in float seconds. Pure.

A beat is a quarter note, as MIDI clock counts it; beat 0 is the beginning of the song, and negative ones count in.
"""

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Self

__all__ = ["HIGHEST_TEMPO", "LOWEST_TEMPO", "Beats"]

LOWEST_TEMPO, HIGHEST_TEMPO = 20.0, 300.0
"""Beats a minute."""

_SAME = 1e-6
"""Beats that are nearer to each other than this are one: sums of floats are not exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beats:
    """An even pulse: beat ``beat`` falls at ``moment`` (seconds), and each other one ``60 / tempo`` seconds on.

    While it is not ``running`` time stands at ``beat``.
    """

    tempo: float
    """Beats a minute, above 0."""
    moment: float
    beat: float = 0.0
    running: bool = True
    per_bar: int = 4
    """Beats a bar, 1 or more."""

    @property
    def period(self) -> float:
        """Seconds a beat."""
        return 60.0 / self.tempo

    @property
    def bar(self) -> float:
        """Seconds a bar."""
        return self.per_bar * self.period

    def moment_of(self, beat: float) -> float:
        """When ``beat`` falls, in seconds, if nothing changes."""
        return self.moment + (beat - self.beat) * self.period

    def beat_at(self, moment: float) -> float:
        """The beat, with its fraction, at ``moment`` (seconds)."""
        return self.beat + (moment - self.moment) / self.period if self.running else self.beat

    def next_beat(self, moment: float) -> int:
        """The first whole beat at ``moment`` or after."""
        return ceil(self.beat_at(moment) - _SAME)

    def next_bar(self, moment: float) -> int:
        """The beat of the first bar line at ``moment`` or after."""
        return self.per_bar * ceil((self.beat_at(moment) - _SAME) / self.per_bar)

    def is_bar_line(self, beat: int) -> bool:
        """Whether a bar begins at ``beat``."""
        return beat % self.per_bar == 0

    def whole_bars(self, seconds: float) -> int:
        """How many bars fit into ``seconds``."""
        return floor(seconds / self.bar + _SAME)

    def at_tempo(self, tempo: float, moment: float) -> Self:
        """The same beat at ``moment`` (seconds), and ``tempo`` from there on."""
        return replace(self, tempo=tempo, beat=self.beat_at(moment), moment=moment)
