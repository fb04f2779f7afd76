"""Which pitch classes fit what was just played: the keys it may be in, weighed, and what is usual in each. Pure.

Bayes' rule over the 24 keys on weighted counts of pitch classes, after Temperley 2007 ("Music and Probability",
chapter 6), with that book's profiles of the Kostka-Payne corpus.
"""

from collections.abc import Sequence
from math import exp, log

from livecomposer.events import Event, NoteOn, Role

__all__ = ["Tonality"]

# How often a segment in that key has each degree, from the tonic up.
_MAJOR = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
_MINOR = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)
_HALF_LIFE = 4.0
"""Seconds after which a key that was struck counts half: a change of key is noticed in a few seconds."""
_NOW_HALF_LIFE = 1.0
_NOW_COUNTS = 0.5  # what sounds now fits, whatever the key


def _keys() -> list[tuple[float, ...]]:
    profiles = [tuple(share / sum(mode) for share in mode) for mode in (_MAJOR, _MINOR)]
    return [tuple(profile[(pitch - key) % 12] for pitch in range(12)) for profile in profiles for key in range(12)]


_KEYS = _keys()
_LOGARITHMS = [[log(share) for share in key] for key in _KEYS]


class Tonality:
    """Hears the performer; the older, the less it counts."""

    def __init__(self) -> None:
        self._counts = [0.0] * 12
        self._now = [0.0] * 12
        self._at = 0.0

    def hear(self, event: Event) -> None:
        """Take in what was played; anything but the performer's keys tells nothing."""
        if not isinstance(event, NoteOn) or event.role is not Role.PERFORMER:
            return
        passed, self._at = max(0.0, event.time - self._at), max(self._at, event.time)
        self._counts = _faded(self._counts, passed / _HALF_LIFE)
        self._now = _faded(self._now, passed / _NOW_HALF_LIFE)
        self._counts[event.pitch % 12] += 1.0
        self._now[event.pitch % 12] += 1.0

    def fit(self) -> list[float]:
        """How well each pitch class (12) fits; of nothing heard, all the same."""
        if not any(self._counts):
            return [1.0] * 12
        likely = _likely(self._counts)
        expected = [sum(p * key[pitch] for p, key in zip(likely, _KEYS, strict=True)) for pitch in range(12)]
        total = sum(self._now)
        return [one + _NOW_COUNTS * now / total for one, now in zip(expected, self._now, strict=True)]

    def best(self, count: int) -> frozenset[int]:
        """The ``count`` pitch classes that fit best; all twelve as long as nothing was heard."""
        fit = self.fit()
        if not any(self._counts):
            return frozenset(range(12))
        return frozenset(sorted(range(12), key=lambda pitch: -fit[pitch])[:count])


def _likely(counts: Sequence[float]) -> list[float]:
    """How likely each of the 24 keys is."""
    likelihoods = [sum(n * logarithm for n, logarithm in zip(counts, key, strict=True)) for key in _LOGARITHMS]
    most = max(likelihoods)
    weights = [exp(one - most) for one in likelihoods]
    return [weight / sum(weights) for weight in weights]


def _faded(counts: Sequence[float], half_lives: float) -> list[float]:
    return [n * 0.5**half_lives for n in counts]
