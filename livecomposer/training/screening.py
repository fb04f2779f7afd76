"""What is no piece of piano music: too little, too long, out of the keys' range, or no music at all. Pure."""

from collections.abc import Sequence

import numpy as np

from livecomposer.events import Note

__all__ = ["MIN_NOTES", "fault_of"]

MIN_NOTES = 16
MAX_PIECE_SECONDS = 3600.0
MAX_REST_SECONDS = 60.0
MIN_PITCHES = 3
DENSITIES = (0.1, 50.0)
"""Fewest and most notes a second, over a whole piece."""
PIANO = range(21, 109)
"""Its keys; of a piece at most one note in a hundred may lie beyond."""


def fault_of(notes: Sequence[Note]) -> str:
    """What keeps ``notes``, in order of start, from being a piece of piano music, if anything."""
    if len(notes) < MIN_NOTES:
        return "too short"
    ends = np.maximum.accumulate([note.end for note in notes])
    seconds = float(ends[-1]) - notes[0].start
    if seconds > MAX_PIECE_SECONDS:
        return "too long"
    if max(note.start - end for note, end in zip(notes[1:], ends.tolist(), strict=False)) > MAX_REST_SECONDS:
        return "a rest of over a minute"
    pitches = [note.pitch for note in notes]
    if sum(pitch not in PIANO for pitch in pitches) * 100 > len(notes) or len(set(pitches)) < MIN_PITCHES:
        return "an absurd range"
    low, high = DENSITIES
    return "" if low * seconds <= len(notes) <= high * seconds else "an absurd density"
