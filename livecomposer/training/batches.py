"""Cuts from pieces, as batches: the same seed and step always give the same batch, so that a run resumes exactly."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from livecomposer.events import Role
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.augment import Ids, hand_over, louder, stretch, transpose
from livecomposer.training.corpus import Shard

__all__ = ["Augmentation", "batch", "validation_cuts"]

_BOS = VOCABULARY.id(Kind.BOS)
_PAD = VOCABULARY.id(Kind.PAD)
_VELOCITY = VOCABULARY.ids_of(Kind.VELOCITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How far a cut may be changed."""

    transpose_down: int = 6  # semitones
    transpose_up: int = 5
    stretch: float = 0.1  # at most this share faster or slower
    velocity_bins: int = 2  # louder or softer, in bins of 32
    takeover: float = 0.7  # share of cuts in which two players take turns
    turns_max: int = 3  # most changes of player in such a cut


def batch(shard: Shard, *, seed: int, step: int, rows: int, length: int, augmentation: Augmentation) -> Ids:
    """Ids (rows, length + 1), each row BOS and a cut of one piece, padded where the piece ends."""
    chance = np.random.default_rng((seed, step))
    return np.stack([_row(shard, chance, length, augmentation) for _ in range(rows)])


def validation_cuts(shard: Shard, *, rows: int, length: int) -> Iterator[Ids]:
    """Cuts (1, length + 1) spread evenly over the shard, unchanged, the performer alone."""
    if not len(shard):
        return
    for at in np.linspace(0, max(0, len(shard.ids) - length), rows).astype(np.int64):
        yield _framed(_cut(shard, int(at), length), length)[None]


def _row(shard: Shard, chance: np.random.Generator, length: int, augmentation: Augmentation) -> Ids:
    margin = int(length * augmentation.stretch) + 1  # what stretching may take away
    ids = _cut(shard, int(chance.integers(len(shard.ids))), length + margin)
    ids = transpose(ids, int(chance.integers(-augmentation.transpose_down, augmentation.transpose_up + 1)))
    ids = stretch(ids, 1 + augmentation.stretch * chance.uniform(-1, 1))
    ids = louder(ids, int(chance.integers(-augmentation.velocity_bins, augmentation.velocity_bins + 1)))
    if chance.random() < augmentation.takeover:
        turns = np.sort(chance.integers(0, len(ids) + 1, chance.integers(1, augmentation.turns_max + 1)))
        ids = hand_over(ids, turns, first=Role(int(chance.integers(2))))
    return _framed(ids, length)


def _cut(shard: Shard, at: int, length: int) -> Ids:
    """Up to ``length`` ids of the piece around ``at``; cuts begin at a piece's start as often as anywhere else."""
    piece = int(np.searchsorted(shard.starts, at, side="right")) - 1
    start, end = int(shard.starts[piece]), int(shard.starts[piece + 1])
    begin = max(start, min(at - length // 2, end - length))
    ids = shard.ids[begin : min(begin + length, end)].astype(np.int64)
    return ids if begin == start else np.concatenate((_velocity_before(shard, begin, start), ids))


def _velocity_before(shard: Shard, begin: int, start: int) -> Ids:
    """The velocity in force at ``begin``, so that a cut says it first, as a performance does."""
    before = shard.ids[max(start, begin - 512) : begin]
    said: Ids = before[(before >= _VELOCITY.start) & (before < _VELOCITY.stop)].astype(np.int64)
    return said[-1:]


def _framed(ids: Ids, length: int) -> Ids:
    row = np.full(length + 1, _PAD, dtype=np.int64)
    row[0] = _BOS
    row[1 : 1 + len(ids)] = ids[:length]
    return row
