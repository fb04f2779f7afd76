"""Cuts told as REMI, as batches: what ``batches`` is for the default vocabulary, of the same music.

Cuts are drawn, and changed, by ``batches`` itself and told anew each time, so that whoever learns REMI is given the
same pieces at the same places, transposed and stretched alike. That takes a fraction of a step's time, and nothing
needs to be kept on disk. A cut's beginning is its first bar's.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from livecomposer.tokens import remi
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training import batches
from livecomposer.training.augment import Ids
from livecomposer.training.batches import Augmentation, framed
from livecomposer.training.corpus import Shard

__all__ = ["PAD", "batch", "validation_cuts"]

PAD = remi.PAD
_AHEAD = 2
"""Ids of the default vocabulary that are drawn for one of REMI, which takes at least about as many."""
_END = VOCABULARY.id(Kind.PAD)


def batch(shard: Shard, *, seed: int, step: int, rows: int, length: int, augmentation: Augmentation) -> tuple[Ids, Ids]:
    """Ids (rows, length + 1), each row BOS and a cut of one piece, padded where it ends; and modes (rows,), 0.

    ``shard`` is of the default vocabulary. Of ``augmentation`` what tells two players apart is not asked.
    """
    alone = replace(augmentation, accompany=0.0, takeover=0.0)
    drawn, modes = batches.batch(shard, seed=seed, step=step, rows=rows, length=_AHEAD * length, augmentation=alone)
    return np.stack([_framed(row, length) for row in drawn]), modes


def validation_cuts(shard: Shard, *, rows: int, length: int) -> Iterator[Ids]:
    """Cuts (1, length + 1) spread evenly over the shard, unchanged."""
    for cut in batches.validation_cuts(shard, rows=rows, length=_AHEAD * length):
        yield _framed(cut[0], length)[None]


def _framed(cut: Ids, length: int) -> Ids:
    """BOS and the first ``length`` ids of what ``cut``, BOS and perhaps an end included, tells."""
    ids = np.array(remi.encoded_anew(cut[1:][cut[1:] != _END].tolist()), dtype=np.int64)
    return framed(ids, length, first=remi.BOS, pad=PAD)
