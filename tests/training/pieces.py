"""Small pieces of music: as ids, as a folder of MIDI files, and as shards."""

import numpy as np

from livecomposer.events import Note, events_of_notes
from livecomposer.midi import files
from livecomposer.tokens.stream import ids_of_notes
from livecomposer.training.corpus import Shard

__all__ = ["ids_of", "notes_of", "shard_of", "write_midi"]


def notes_of(seed, count=24):
    """Notes of one keyboard that never overlap on one key, over some ten seconds, rests of seconds among them."""
    chance = np.random.default_rng(seed)
    notes, free = [], dict.fromkeys(range(128), 0.0)
    start = 0.0
    for _ in range(count):
        start += float(chance.choice([0.0, 0.11, 0.25, 0.5, 1.7]))
        pitch = int(chance.integers(40, 80))
        end = start + float(chance.choice([0.1, 0.4, 2.3]))
        if free[pitch] <= start:
            notes.append(Note(start, end, pitch, int(chance.integers(1, 128))))
            free[pitch] = end + 0.05
    return notes


def ids_of(seed, count=24):
    """The ids of one piece, int64."""
    return np.array(ids_of_notes(notes_of(seed, count), origin=0.0), dtype=np.int64)


def shard_of(seeds, count=40):
    """One shard of several pieces."""
    pieces = [ids_of(seed, count) for seed in seeds]
    starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])])
    return Shard(np.concatenate(pieces).astype(np.uint16), starts, tuple(map(str, seeds)))


def write_midi(path, seed):
    """Write one piece as a MIDI file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, [files.Track("piano", tuple(events_of_notes(notes_of(seed, 40))))])
