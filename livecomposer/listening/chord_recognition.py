"""Which chord sounds: triads and sevenths held against the weights of twelve pitch classes. Pure.

Template matching as in Fujishima 1999 ("Realtime Chord Recognition of Musical Sound", ICMC), on keys instead of a
chromagram: the cosine between weights and template, and a bonus for the chord whose root is in the bass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

__all__ = ["CHORDS", "Chord", "chord_of"]

CHORDS = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "dim": (0, 3, 6),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
}
"""Semitones above the root, by what is written behind its name; of equals the first is found."""
_IN_THE_BASS = 0.1


@dataclass(frozen=True, slots=True)
class Chord:
    """``root`` 0–11 (C is 0), ``kind`` one of :data:`CHORDS`."""

    root: int
    kind: str = ""

    @property
    def classes(self) -> tuple[int, ...]:
        """Its pitch classes, the root first."""
        return tuple((self.root + tone) % 12 for tone in CHORDS[self.kind])


def chord_of(weights: Sequence[float], *, bass: int | None = None) -> Chord | None:
    """The chord that ``weights`` (twelve, 0 or more) are most like, or ``None`` for silence.

    ``bass``: the lowest pitch.
    """
    norm = sqrt(sum(weight * weight for weight in weights))
    if not norm:
        return None

    def likeness(chord: Chord) -> float:
        cosine = sum(weights[tone] for tone in chord.classes) / norm / sqrt(len(chord.classes))
        return cosine + (_IN_THE_BASS if bass is not None and bass % 12 == chord.root else 0.0)

    return max((Chord(root, kind) for kind in CHORDS for root in range(12)), key=likeness)
