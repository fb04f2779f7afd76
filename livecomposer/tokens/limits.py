"""What the one who is masked must keep to: rests, lengths, voices, range, dynamics, density and harmony. Pure values.

Steps are 10 ms, counted from step 0 of the stream.
"""

from bisect import bisect_right
from dataclasses import dataclass, fields
from functools import lru_cache
from math import ceil

import numpy as np
import numpy.typing as npt

from livecomposer.tokens.vocabulary import VELOCITY_BINS
from livecomposer.units import seconds_to_steps

__all__ = ["CHORD_STEPS", "Harmony", "Limits", "Lines", "Pitches"]

Pitches = npt.NDArray[np.bool_]
"""Shape (128,); True where a pitch may begin."""

CHORD_STEPS = 3
"""Notes that begin within so many steps, counted from the first, are one onset: a chord is never struck exactly."""

_REACH = 1.5  # steps around a line that still are on it: a chord is never struck exactly
_EVEN = 1e-6  # a boundary that falls on a step belongs to it, whatever the last digits say


@dataclass(frozen=True, slots=True, eq=False)
class Harmony:
    """Which pitches may begin at which step: the rows of ``pitches`` (N, 128) in turn.

    ``starts`` (N numbers, ascending from 0): the steps at which the rows take over. After ``length`` steps (more than
    the last start) all begins anew. ``offset``: the place in the harmony of the stream's step 0.
    """

    starts: tuple[float, ...]
    pitches: npt.NDArray[np.bool_]
    length: float = 1.0
    offset: float = 0.0

    def at(self, step: int) -> Pitches:
        """The row in force; not to be written to."""
        place = (step + self.offset + _EVEN) % self.length
        row: Pitches = self.pitches[bisect_right(self.starts, place) - 1]
        return row


@dataclass(frozen=True, slots=True)
class Lines:
    """A pulse that is kept to: every ``period`` steps (more than 3) there is a line, one of them at ``first``."""

    period: float
    first: float = 0.0

    def on(self, steps: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of ``steps`` (any shape) are on a line."""
        away = (steps - self.first + self.period / 2) % self.period - self.period / 2
        result: npt.NDArray[np.bool_] = np.abs(away) <= _REACH + _EVEN
        return result

    def next(self, step: int) -> int:
        """The first step from ``step`` on that is on a line."""
        line = self.first + self.period * ceil((step - self.first - _REACH) / self.period - _EVEN)
        return max(step, ceil(line - _REACH - _EVEN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one role; where they contradict the longest silence, it yields.

    Beside them :mod:`livecomposer.tokens.voice` bounds how soon a key is struck again, and how many are in a second.
    """

    max_rest: int  # longest silence, in steps, at least 1
    max_note: int  # longest note, in steps, at least 1
    polyphony: int  # most notes at once, at least 1
    lowest: int = 0  # pitches, 0–127
    highest: int = 127
    softest: int = 0  # bins of velocity, 0–31
    loudest: int = VELOCITY_BINS - 1
    onsets: int = 0  # most onsets (a chord is one) within any ``onset_window`` steps; 0 for any number
    onset_window: int = 100
    harmony: Harmony | None = None  # at each step with at least one pitch from lowest to highest
    lines: Lines | None = None  # where notes begin, and time is told to go on to, as far as the others let it

    def __post_init__(self) -> None:
        if (
            min(self.max_rest, self.max_note, self.polyphony, self.onset_window, self.onsets + 1) < 1
            or not 0 <= self.lowest <= self.highest <= 127
            or not 0 <= self.softest <= self.loudest < VELOCITY_BINS
            or not (self.harmony is None or self._harmony_plays(self.harmony))
        ):
            got = ", ".join(
                f"{f.name} {getattr(self, f.name)}" for f in fields(self) if f.name not in ("harmony", "lines")
            )
            raise ValueError(
                f"{got}: wanted the first three and the window at least 1, 0 <= lowest <= highest <= 127, "
                "0 <= softest <= loudest <= 31, onsets not below 0, and of each harmony one pitch in the range"
            )

    @classmethod
    def from_seconds(
        cls,
        *,
        max_rest: float,
        max_note: float,
        polyphony: int,
        lowest: int = 0,
        highest: int = 127,
        softest: int = 0,
        loudest: int = VELOCITY_BINS - 1,
        density: float = 0.0,
        harmony: Harmony | None = None,
        lines: Lines | None = None,
    ) -> "Limits":
        """The same with ``max_rest`` and ``max_note`` in seconds, never less than one step.

        ``density``: most onsets a second, above 0; 0 for any number. Where it is no whole number, the window is longer
        than a second: 2.5 are three onsets in 1.2 s, 0.5 is one in 2 s.
        """
        rest, note = (max(1, seconds_to_steps(seconds)) for seconds in (max_rest, max_note))
        onsets = ceil(density)
        return cls(
            max_rest=rest,
            max_note=note,
            polyphony=polyphony,
            lowest=lowest,
            highest=highest,
            softest=softest,
            loudest=loudest,
            onsets=onsets,
            onset_window=max(1, ceil(seconds_to_steps(1.0) * onsets / density - _EVEN)) if onsets else 100,
            harmony=harmony,
            lines=lines,
        )

    def pitches(self, step: int) -> Pitches:
        """The pitches that may begin at ``step``; not to be written to."""
        span = _span(self.lowest, self.highest)
        return span if self.harmony is None else span & self.harmony.at(step)

    def on_line(self, step: int) -> int:
        """The first step from ``step`` on at which a note may begin."""
        return step if self.lines is None else self.lines.next(step)

    def _harmony_plays(self, harmony: Harmony) -> bool:
        return bool(harmony.pitches[:, self.lowest : self.highest + 1].any(axis=1).all())


@lru_cache(maxsize=512)
def _span(lowest: int, highest: int) -> Pitches:
    span = np.zeros(128, dtype=np.bool_)
    span[lowest : highest + 1] = True
    span.flags.writeable = False
    return span
