"""A Markov model that plays, asked as a session asks its engine: what it foresees, id by id."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from livecomposer.engine import common_prefix
from livecomposer.evaluation.likelihood.markov import MarkovModel, Recall
from livecomposer.events import Role
from livecomposer.model.sampling import MaskPolicy, Sampling, sample
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

__all__ = ["MarkovEngine"]

Floats = npt.NDArray[np.float64]
_BOS = VOCABULARY.id(Kind.BOS)
_SIZE = VOCABULARY.size


def _as_played_by(role: Role) -> npt.NDArray[np.int64]:
    """For each id the one that says the same of ``role``."""
    return np.array(
        [
            i if token.role is None else VOCABULARY.id(token.kind, token.value, role)
            for i, token in enumerate(VOCABULARY.tokens)
        ]
    )


_AS_PERFORMER, _AS_COMPANION = (_as_played_by(role) for role in Role)


class MarkovEngine:
    """``model`` behind awaitable methods that never wait. It was trained on one player, and takes both for that one."""

    def __init__(self, model: MarkovModel, policy: MaskPolicy) -> None:
        self._model = model
        self._policy = policy
        self._begin()

    async def feed(self, ids: Sequence[int]) -> int:
        """Take in ``ids``, a BOS and what came behind it; how many had to be taken in."""
        heard = _AS_PERFORMER[np.asarray(ids, np.int64)].tolist()
        shared = common_prefix(self._line, heard)
        if shared < len(self._line):
            self._begin()
            shared = 1
        for id_ in heard[shared:]:
            self._take(id_)
        return len(heard) - shared

    async def step(self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float) -> int:
        """Draw the next id and take it in."""
        with np.errstate(divide="ignore"):
            logits = np.log(np.bincount(_AS_COMPANION, self.foreseen(), _SIZE)).astype(np.float32)
        id_ = sample(logits, mask, sampling, chance, self._policy)
        self._take(int(_AS_PERFORMER[id_]))
        return id_

    def foreseen(self) -> Floats:
        """The probability (V,) of every id as the next: exactly what the model's scoring gives the one that comes."""
        model, result = self._model, np.full(_SIZE, 1 / _SIZE)
        for at, context in enumerate(self._contexts):
            known, level = model.levels[at], model.levels[at + 1]
            if context < 0 or not known.totals[context]:
                break  # no longer context is known either
            low, high = np.searchsorted(level.keys, (context * _SIZE, (context + 1) * _SIZE))
            counts = level.counts[low:high]
            result *= known.backoffs[context]
            taken = counts - level.discounts[counts.clip(max=3)]
            result[level.keys[low:high] - context * _SIZE] += taken / known.totals[context]
        return result if model.recall is None else self._recalled(result, model.recall)

    def _begin(self) -> None:
        self._line: list[int] = []
        self._contexts = [0]
        """The number of what was last said, of each length that the model knows; -1 where it does not."""
        self._alike = np.zeros(0, np.int64)
        """For each place in the line, how many ids before it are those last said."""
        self._heard = np.zeros(0, np.int64)
        """For each place in the line, the length of the longest n-gram ending there that had come before."""
        self._take(_BOS)

    def _take(self, id_: int) -> None:
        levels = self._model.levels
        longer = [
            int(levels[at + 1].find(np.array([context * _SIZE + id_]))[0]) if context >= 0 else -1
            for at, context in enumerate(self._contexts[: len(levels) - 2])
        ]
        self._contexts = [0, *longer]
        line = np.array(self._line, np.int64)
        same = line == id_
        heard = int((self._alike[same] + 1).max(initial=0)) if id_ != _BOS else 0
        self._heard = np.append(self._heard, heard)
        # Behind a place that says this id too, one id more is alike; nothing reaches back over the BOS.
        self._alike = np.append(0, np.where(same & (line != _BOS), self._alike + 1, 0))
        self._line.append(id_)

    def _recalled(self, below: Floats, recall: Recall) -> Floats:
        """What followed the same contexts earlier in the line; the formula is that of scoring."""
        line, results = np.array(self._line), [below] * len(recall.shortest)
        for length in range(1, recall.longest + 1):
            there = np.flatnonzero(self._alike[: len(line)] >= length)
            if not there.size:
                break
            counted = there if length == recall.longest else there[self._heard[there] < length + 2]
            matched = np.bincount(line[counted], minlength=_SIZE)
            new = np.count_nonzero(self._heard[there] < length + 1)
            left = recall.strength + recall.discount * new
            taken = np.maximum(matched - recall.discount, 0)
            for i, shortest in enumerate(recall.shortest):
                if length >= shortest and counted.size:
                    results[i] = (taken + left * results[i]) / (counted.size + recall.strength)
        mixed: Floats = np.mean(results, axis=0)
        return mixed
