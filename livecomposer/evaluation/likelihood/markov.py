"""A variable-order Markov model: the baseline that a network has to beat, made as strong as counting allows.

Two layers, both proper distributions over the whole vocabulary at every step:

- what the training pieces say: n-grams of every order up to ``order`` ids of context, interpolated with modified
  Kneser-Ney smoothing (Chen & Goodman 1999, "An empirical study of smoothing techniques for language modeling",
  section 3; Kneser & Ney 1995), down to the uniform distribution;
- what the piece itself has said so far: contexts of this very piece, each backing off to a shorter one and the
  shortest to the layer above, with the discount and strength of a Pitman-Yor process (Teh 2006, "A hierarchical
  Bayesian language model based on Pitman-Yor processes", section 3). Conklin & Witten 1995 call the two the long-term
  and the short-term model of music.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.corpus import Shard

__all__ = ["MarkovModel", "Recall"]

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_BOS = VOCABULARY.id(Kind.BOS)
_SIZE = VOCABULARY.size
_ABSENT = -1
_LEAST_DISCOUNT = 0.05  # above 0, so that no id is ever impossible


@dataclass(frozen=True, slots=True)
class Recall:
    """How the piece's own past is heard, see :func:`_recalled`."""

    shortest: tuple[int, ...] = (1, 3)  # ids of the shortest context, at least 1
    longest: int = 16  # ids of the longest context
    discount: float = 0.6  # 0–1, taken from every count
    strength: float = 1.0  # at least 0: how many observations the shorter context's word is worth


@dataclass(frozen=True, slots=True)
class _Level:
    """All n-grams of one length, in the order of their keys; an n-gram's index is its number.

    As continuations: ``keys`` (n,) int64, the number of the n-gram without its last id times the vocabulary's size plus
    that id; ``counts`` (n,) int32; ``discounts`` (4,), what is taken from a count of 0, 1, 2, and 3 or more.
    As contexts of the next level: ``totals`` (n,) int32, the counts of all continuations, and ``backoffs`` (n,)
    float32, the share of probability left to shorter contexts.
    """

    keys: Ids
    counts: npt.NDArray[np.int32]
    discounts: Floats
    totals: npt.NDArray[np.int32]
    backoffs: npt.NDArray[np.float32]

    def find(self, keys: Ids) -> Ids:
        """Numbers (N,) of ``keys`` (N,); -1 where there is none."""
        at = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, _ABSENT)


class MarkovModel:
    """N-gram counts of a shard, ready to score; build with :meth:`train`."""

    def __init__(self, levels: Sequence[_Level], recall: Recall | None) -> None:
        self.levels = levels
        self.recall = recall

    @property
    def order(self) -> int:
        """The most ids of context that training counted: as asked for, or fewer where no piece is that long."""
        return len(self.levels) - 2

    @classmethod
    def train(cls, shard: Shard, order: int, *, recall: Recall | None = Recall()) -> "MarkovModel":
        """Count the n-grams of whole pieces, none across pieces. ``order`` (at least 0): ids of context.

        ``recall`` is None for a model that learns nothing from the piece it scores. Takes about 25 bytes a distinct
        n-gram; the same shard gives the same model.
        """
        ids, places = _in_line(shard)
        levels: list[_Level] = []
        for keys, counts in reversed(list(_count(ids, places, order + 1))):
            levels.append(_level(keys, counts, levels[-1] if levels else None))
        return cls(levels[::-1], recall)

    def log_probabilities(self, ids: npt.NDArray[Any]) -> Floats:
        """Natural log of the probability (T,) of each of ``ids`` (T,), a whole piece, given BOS and all before it."""
        line = np.concatenate(([_BOS], ids)).astype(np.int64)
        probabilities = self._trained(line)
        if self.recall is not None:
            probabilities = _recalled(line, probabilities, self.recall)
        return np.log(probabilities)

    def _trained(self, line: Ids) -> Floats:
        result = np.full(len(line), 1 / _SIZE)
        before = np.zeros(len(line) + 1, dtype=np.int64)  # number of the context that ends before each place
        for contexts, level in pairwise(self.levels):
            context = before[:-1]
            found = level.find(context * _SIZE + line)
            totals = contexts.totals[context]
            counts = np.where(found == _ABSENT, 0, level.counts[found])
            kept = (counts - level.discounts[counts.clip(max=3)]) / totals.clip(min=1)
            known = (context != _ABSENT) & (totals > 0)
            result = np.where(known, kept + contexts.backoffs[context] * result, result)
            before = np.concatenate(([_ABSENT], found))
        return result[1:]


def _in_line(shard: Shard) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int32]]:
    """All pieces, each behind a BOS, and the place of every id in its piece (0 for BOS)."""
    lengths = np.diff(shard.starts)
    ids = np.insert(shard.ids, shard.starts[:-1], _BOS)
    begins = shard.starts[:-1] + np.arange(len(lengths))
    return ids, np.arange(len(ids), dtype=np.int32) - np.repeat(begins.astype(np.int32), lengths + 1)


def _count(
    ids: npt.NDArray[np.uint16], places: npt.NDArray[np.int32], longest: int
) -> Iterator[tuple[Ids, npt.NDArray[np.int32]]]:
    """Keys and Kneser-Ney counts of n-grams of 0 to ``longest`` ids: how many ids they follow, not how often they come.

    The longest, and those that begin with BOS and so follow nothing, keep their plain counts.
    """
    before = np.zeros(len(ids), dtype=np.int32)  # number of the n-gram that ends at each place
    keys, counts = np.zeros(1, np.int64), np.zeros(1, np.int32)
    for length in range(1, longest + 1):
        at = np.flatnonzero(places >= length - 1)
        if not at.size:
            break
        longer, how_often, numbers, sample = _distinct(before[at - 1] * np.int64(_SIZE) + ids[at])
        follows = np.bincount(before[at[sample]], minlength=len(keys)).astype(np.int32)
        yield keys, np.where(follows > 0, follows, counts)
        keys, counts = longer, how_often
        if length == 1:
            counts[keys == _BOS] = 0  # a context, never a continuation
        before = np.full(len(ids), _ABSENT, dtype=np.int32)
        before[at] = numbers
    yield keys, counts


def _distinct(keys: Ids) -> tuple[Ids, npt.NDArray[np.int32], npt.NDArray[np.int32], Ids]:
    """Distinct keys in order, how often each comes, the number of each given key, and a place of each distinct one."""
    order = np.argsort(keys)
    ordered = keys[order]
    new = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    numbers = np.empty(len(keys), dtype=np.int32)
    numbers[order] = np.cumsum(new, dtype=np.int32) - 1
    begins = np.flatnonzero(new)
    return ordered[new], np.diff(begins, append=len(keys)).astype(np.int32), numbers, order[begins]


def _level(keys: Ids, counts: npt.NDArray[np.int32], above: _Level | None) -> _Level:
    """One level, with what the next longer one, ``above``, needs of it as contexts."""
    discounts = _discounts(counts)
    totals, backoffs = np.zeros(0, np.int32), np.zeros(0, np.float32)
    if above is not None:
        contexts = above.keys // _SIZE
        totals = np.bincount(contexts, weights=above.counts, minlength=len(keys)).astype(np.int32)
        taken = np.bincount(contexts, weights=above.discounts[above.counts.clip(max=3)], minlength=len(keys))
        backoffs = np.divide(taken, totals, where=totals > 0, out=np.ones(len(keys))).astype(np.float32)
    return _Level(keys, counts, discounts, totals, backoffs)


def _discounts(counts: npt.NDArray[np.int32]) -> Floats:
    """Taken from a count of 0, 1, 2, and 3 or more (Chen & Goodman 1999, equation 26), kept between 0 and the count."""
    n1, n2, n3, n4 = np.bincount(counts.clip(max=5), minlength=6)[1:5].astype(float)
    share = n1 / (n1 + 2 * n2) if n1 and n2 else 0.5
    ratios = np.array([n2 / n1 if n1 else 0.5, n3 / n2 if n2 else 0.5, n4 / n3 if n3 else 0.5])
    closed = np.array([1, 2, 3]) - np.array([2, 3, 4]) * share * ratios
    return np.concatenate(([0.0], closed.clip(_LEAST_DISCOUNT, np.array([1, 2, 3]) - _LEAST_DISCOUNT)))


def _recalled(line: Ids, below: Floats, recall: Recall) -> Floats:
    """``below`` (T,) corrected by what followed the same contexts earlier in ``line`` (T + 1,), a piece behind its BOS.

    With a context heard c times, followed by n different ids and k times by this one, the new probability is
    (max(k - discount, 0) + (strength + discount * n) * below) / (c + strength). Where the next longer context could
    have foretold an id, the shorter one does not count it again ("update exclusion", Moffat 1990): it counts what was
    new to the longer one, as Kneser-Ney does. The result is the mean over where the contexts may begin.
    """
    numbers = list(_numbers(line, recall.longest + 1))
    new = [_earlier(grams) == 0 for grams in numbers]
    results = [below] * len(recall.shortest)
    for length in range(1, recall.longest + 1):
        context, grams = _shifted(numbers[length - 1]), numbers[length]
        counted = new[length + 1] if length < recall.longest else None
        heard, matched = _earlier(context, counted), _earlier(grams, counted)
        taken = np.maximum(matched - recall.discount, 0)
        left = recall.strength + recall.discount * _earlier(context, new[length])
        whole = np.where(heard > 0, heard + recall.strength, 1)
        for i, shortest in enumerate(recall.shortest):
            if length >= shortest:
                results[i] = np.where(heard > 0, (taken + left * results[i]) / whole, results[i])
    mixed: Floats = np.mean(results, axis=0)
    return mixed


def _numbers(line: Ids, longest: int) -> Iterator[Ids]:
    """For each length from 1 to ``longest``, the number (T,) of the n-gram that ends at each id behind the BOS."""
    numbers = line[1:]
    yield numbers
    for _ in range(longest - 1):
        numbers = _distinct(_shifted(numbers) * _SIZE + line[1:])[2].astype(np.int64)
        yield numbers


def _shifted(numbers: Ids) -> Ids:
    """The number of what ends one place earlier; before the first there is nothing else like it."""
    return np.concatenate(([_ABSENT], numbers[:-1]))


def _earlier(groups: Ids, counted: npt.NDArray[np.bool_] | None = None) -> Ids:
    """For each place (T,), how many earlier places of the same group there are (of those ``counted``)."""
    order = np.argsort(groups, kind="stable")
    ones = np.ones(len(groups), np.int64) if counted is None else counted[order].astype(np.int64)
    sums = np.cumsum(ones) - ones
    ordered = groups[order]
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    result = np.empty(len(groups), np.int64)
    result[order] = sums - np.repeat(sums[begins], np.diff(begins, append=len(groups)))
    return result
