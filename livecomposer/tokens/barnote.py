"""A second vocabulary, for research: 153 ids of bars and notes on a grid of sixteenths.

One id for a bar's beginning, 32 for where in the bar a note begins, 88 for the piano's pitches, 32 for how long it
lasts. A bar is told by its own id, then each of its notes by three: offset, pitch, duration; notes in order of offset,
then of pitch. What the grid cannot hold is lost: loudness, pedals, and any time between sixteenths.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from livecomposer.events import Note, untangle

__all__ = ["BAR", "FINGERPRINT", "PITCHES", "SIZE", "STEPS_PER_BEAT", "Grid", "decode", "encode"]

STEPS_PER_BEAT = 4
LOWEST, HIGHEST = 21, 108  # the piano's pitches
_STEPS = 32  # the longest bar, and the longest note

BAR = 0
_OFFSET = 1
_PITCH = _OFFSET + _STEPS
_DURATION = _PITCH + HIGHEST - LOWEST + 1
SIZE = _DURATION + _STEPS
PITCHES = slice(_PITCH, _DURATION)
"""Ids of which each note has one."""
FINGERPRINT = sha256(f"barnote,{STEPS_PER_BEAT},{LOWEST},{HIGHEST},{_STEPS}".encode()).hexdigest()[:12]
"""Saved beside weights, as the other vocabulary's is."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where beats fall: ``beats``, at least two rising times in seconds, go on at the last one's pace; bars are alike.

    Raises :class:`ValueError` for fewer beats, beats that do not rise, or a bar of more than 8 beats, or none.
    """

    beats: Sequence[float]
    beats_per_bar: int = 4

    def __post_init__(self) -> None:
        if len(self.beats) < 2 or any(a >= b for a, b in zip(self.beats, self.beats[1:], strict=False)):
            raise ValueError(f"{len(self.beats)} beats; wanted at least 2, each later than the one before")
        if not 1 <= self.beats_per_bar <= _STEPS // STEPS_PER_BEAT:
            raise ValueError(f"{self.beats_per_bar} beats a bar; wanted 1 to {_STEPS // STEPS_PER_BEAT}")

    @classmethod
    def steady(cls, bpm: float, *, origin: float = 0.0, beats_per_bar: int = 4) -> "Grid":
        """One tempo from ``origin`` (seconds) on."""
        return cls((origin, origin + 60 / bpm), beats_per_bar)

    @property
    def steps_per_bar(self) -> int:
        """Sixteenths."""
        return self.beats_per_bar * STEPS_PER_BEAT

    def step_at(self, time: float) -> int:
        """The sixteenth nearest to ``time`` (seconds); the first is 0, and none is before it."""
        beat = min(max(0, bisect_right(self.beats, time) - 1), len(self.beats) - 2)
        share = (time - self.beats[beat]) / (self.beats[beat + 1] - self.beats[beat])
        return max(0, round((beat + share) * STEPS_PER_BEAT))

    def time_of(self, step: int) -> float:
        """When a sixteenth begins, in seconds."""
        beat = min(step // STEPS_PER_BEAT, len(self.beats) - 2)
        share = step / STEPS_PER_BEAT - beat
        return self.beats[beat] + share * (self.beats[beat + 1] - self.beats[beat])


def encode(notes: Iterable[Note], grid: Grid) -> list[int]:
    """The ids of ``notes``, from the first bar of ``grid`` to the last one in which a note begins.

    A note lasts a sixteenth at least and two whole notes at most. Of notes that begin together on one key the longest
    is told; notes that no piano has are left out.
    """
    longest: dict[tuple[int, int], int] = {}
    for note in notes:
        if LOWEST <= note.pitch <= HIGHEST:
            step = grid.step_at(note.start)
            length = min(max(1, grid.step_at(note.end) - step), _STEPS)
            longest[step, note.pitch] = max(length, longest.get((step, note.pitch), 0))
    ids: list[int] = []
    bars = 0
    for (step, pitch), length in sorted(longest.items()):
        bar, offset = divmod(step, grid.steps_per_bar)
        ids += [BAR] * (bar + 1 - bars)
        bars = bar + 1
        ids += [_OFFSET + offset, _PITCH + pitch - LOWEST, _DURATION + length - 1]
    return ids


def decode(ids: Iterable[int], grid: Grid, *, velocity: int = 80) -> list[Note]:
    """The notes that ``ids`` tell, all as loud; a note that is not told whole, or before any bar, is none.

    A key that is struck while it sounds ends its earlier note. Raises :class:`ValueError` for an id that is none.
    """
    bar, said, notes = -1, list[int](), list[Note]()
    for id_ in ids:
        if not 0 <= id_ < SIZE:
            raise ValueError(f"id {id_}; wanted 0 to {SIZE - 1}")
        bar += id_ == BAR
        kind = (id_ >= _OFFSET) + (id_ >= _PITCH) + (id_ >= _DURATION)
        said = [*said, id_] if kind == len(said) + 1 else [id_] if kind == 1 else []
        if len(said) == 3 and bar >= 0:
            begin = bar * grid.steps_per_bar + said[0] - _OFFSET
            end = begin + said[2] - _DURATION + 1
            notes.append(Note(grid.time_of(begin), grid.time_of(end), said[1] - _PITCH + LOWEST, velocity))
            said = []
    return untangle(notes)
