"""Companions that listen to nobody, to hold a real one against; and a performer who changes key. Pure.

A measure of playing together by which one of them does as well as a musician measures something else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from livecomposer.events import Note, Role

__all__ = ["drone", "modulated", "tonic", "unison"]

# How well each degree of a key fits, from the tonic up: Krumhansl & Kessler 1982, "Tracing the dynamic changes in
# perceived tonal organization", probe-tone ratings.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_LOWEST = 36  # the drone's octave begins here
_BREATH = 2.0  # the drone is struck again after so many seconds
_VELOCITY = 64


def tonic(notes: Iterable[Note]) -> int:
    """The pitch class (0–11) of the key that correlates best with how long each pitch class sounds; 0 for no notes."""
    seconds = np.zeros(12)
    for note in notes:
        seconds[note.pitch % 12] += note.end - note.start
    if not seconds.std():
        return 0
    fits = [max(np.corrcoef(np.roll(seconds, -key), mode)[0, 1] for mode in (_MAJOR, _MINOR)) for key in range(12)]
    return int(np.argmax(fits))


def drone(notes: Iterable[Note], *, seconds: float) -> list[Note]:
    """The tonic of ``notes`` in the great octave, for ``seconds`` from 0 on, struck anew every 2 s."""
    pitch = _LOWEST + (tonic(notes) - _LOWEST) % 12
    starts = np.arange(0.0, seconds, _BREATH).tolist()
    return [Note(start, min(start + _BREATH, seconds), pitch, _VELOCITY, Role.COMPANION) for start in starts]


def unison(notes: Iterable[Note]) -> list[Note]:
    """The performer's own notes, at the very moments."""
    return [replace(note, role=Role.COMPANION) for note in notes]


def modulated(notes: Sequence[Note], *, moment: float, semitones: int = 6) -> list[Note]:
    """``notes`` that go on ``semitones`` higher (lower, where negative) from ``moment`` on.

    What sounds then ends then; the one keyboard's 0–127 is kept to by octaves.
    """
    before = [replace(note, end=min(note.end, moment)) for note in notes if note.start < moment]
    after = [replace(note, pitch=_on_the_keyboard(note.pitch + semitones)) for note in notes if note.start >= moment]
    return before + after


def _on_the_keyboard(pitch: int) -> int:
    return pitch + 12 * max(0, -(pitch // 12)) - 12 * max(0, -((127 - pitch) // 12))
