"""Cuts from pieces told in bars and notes, as batches: what ``batches`` is for the other vocabulary."""

from collections.abc import Iterator

import numpy as np

from livecomposer.tokens.barnote import BAR, PITCHES
from livecomposer.training.augment import Ids
from livecomposer.training.batches import Augmentation, framed
from livecomposer.training.corpus import Shard

__all__ = ["PAD", "batch", "validation_cuts"]

PAD = -1
"""No id: what stands behind a piece's end is neither read nor foretold."""


def batch(shard: Shard, *, seed: int, step: int, rows: int, length: int, augmentation: Augmentation) -> tuple[Ids, Ids]:
    """Ids (rows, length + 1), each row a bar's id and a cut that begins with a bar, transposed; and modes (rows,), 0.

    Transposition alone is asked of ``augmentation``; a cut stays on the piano.
    """
    chance = np.random.default_rng((seed, step))
    drawn = []
    for _ in range(rows):
        ids = _cut(shard, int(chance.integers(len(shard.ids))), length)
        semitones = int(chance.integers(-augmentation.transpose_down, augmentation.transpose_up + 1))
        drawn.append(framed(_transposed(ids, semitones), length, first=BAR, pad=PAD))
    return np.stack(drawn), np.zeros(rows, dtype=np.int64)


def validation_cuts(shard: Shard, *, rows: int, length: int) -> Iterator[Ids]:
    """Cuts (1, length + 1) spread evenly over the shard, unchanged."""
    for at in np.linspace(0, max(0, len(shard.ids) - length), rows).astype(np.int64):
        yield framed(_cut(shard, int(at), length), length, first=BAR, pad=PAD)[None]


def _cut(shard: Shard, at: int, length: int) -> Ids:
    """Up to ``length`` ids of the piece around ``at``, from the next bar on, so that ends are seen too."""
    piece = int(np.searchsorted(shard.starts, at, side="right")) - 1
    ids = shard.piece(piece).astype(np.int64)
    wanted = max(0, min(at - int(shard.starts[piece]) - length // 2, len(ids) - length))
    begins = np.flatnonzero(ids == BAR)
    begin = int(begins[min(int(np.searchsorted(begins, wanted)), len(begins) - 1)])
    return ids[begin : begin + length]


def _transposed(ids: Ids, semitones: int) -> Ids:
    """``ids`` as many semitones higher, or as near as the keyboard's ends allow."""
    pitched = (ids >= PITCHES.start) & (ids < PITCHES.stop)
    if pitched.any():
        room = PITCHES.start - int(ids[pitched].min()), PITCHES.stop - 1 - int(ids[pitched].max())
        ids = ids + pitched * min(max(semitones, room[0]), room[1])
    return ids
