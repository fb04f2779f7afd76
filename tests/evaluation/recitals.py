"""Small pieces in steady eighths, as shards: of two packs, long enough for a prompt and two stretches behind it."""

import numpy as np

from livecomposer.events import Note
from livecomposer.tokens.stream import ids_of_notes
from livecomposer.tokens.vocabulary import VOCABULARY
from livecomposer.training.corpus import Shard

__all__ = ["NAMES", "eighths", "shard_of_pieces", "write_shard"]

NAMES = ("a/1.mid", "a/2.mid", "b/1.mid")


def eighths(count, *, key=0, every=0.25, velocity=64):
    """So many notes of a scale up and down, from 0 on."""
    scale = (0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2)
    return [Note(i * every, (i + 1) * every, 60 + key + scale[i % 14], velocity) for i in range(count)]


def shard_of_pieces(counts=(60, 60, 60)):
    """Of :data:`NAMES`, each in a key of its own."""
    pieces = [np.array(ids_of_notes(eighths(n, key=key), origin=0.0)) for key, n in enumerate(counts)]
    return Shard(np.concatenate(pieces).astype(np.uint16), np.cumsum([0, *map(len, pieces)]), NAMES[: len(counts)])


def write_shard(path):
    """The same as a file."""
    shard = shard_of_pieces()
    np.savez(
        path,
        ids=shard.ids,
        starts=shard.starts,
        names=np.array(shard.names),
        fingerprint=np.array(VOCABULARY.fingerprint),
    )
    return path
