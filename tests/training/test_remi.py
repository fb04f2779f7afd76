"""Cuts told as REMI: the same music that the default vocabulary's cuts tell, the same every time."""

import numpy as np
import pytest

from livecomposer.tokens import remi as telling
from livecomposer.tokens.stream import notes_of_ids
from livecomposer.training import batches, remi
from livecomposer.training.augment import Ids
from livecomposer.training.batches import Augmentation
from tests.training.pieces import shard_of

SHARD = shard_of([1, 2, 3], count=120)
VARIED = Augmentation()
STILL = Augmentation(transpose_down=0, transpose_up=0, stretch=0.0, velocity_bins=0, accompany=0.0, takeover=0.0)


def drawn(step=0, augmentation=VARIED, length=64) -> Ids:
    """One batch's ids."""
    return remi.batch(SHARD, seed=1, step=step, rows=6, length=length, augmentation=augmentation)[0]


def test_the_same_step_gives_the_same_batch():
    """Seed and step say all; modes are told for nothing."""
    assert np.array_equal(drawn(), drawn())
    assert not np.array_equal(drawn(), drawn(step=1))
    assert not remi.batch(SHARD, seed=1, step=0, rows=6, length=24, augmentation=VARIED)[1].any()


@pytest.mark.parametrize("step", range(4))
def test_the_music_is_that_of_the_default_vocabularys_cuts(step):
    """Of the same seed and step onsets, pitches and loudness are alike, row by row, as far as a row goes."""
    events, _ = batches.batch(SHARD, seed=1, step=step, rows=6, length=128, augmentation=STILL)
    for row, other in zip(drawn(step, STILL), events, strict=True):
        told = [(round(note.start, 2), note.pitch, note.velocity // 4) for note in telling.decode(row.tolist())]
        ids = other[other < batches._BOS]
        expected = [(round(note.start, 2), note.pitch, note.velocity // 4) for note in notes_of_ids(ids, origin=0.0)]
        assert len(told) > 10
        assert expected[: len(told)] == told


def test_rows_begin_with_bos_and_are_full():
    """Padding stands behind a piece's end alone."""
    for step in range(10):
        for row in drawn(step):
            end = len(row) if row[-1] != remi.PAD else int(np.argmax(row == remi.PAD))
            assert telling.BOS == row[0]
            assert not (row[:end] == remi.PAD).any()
            assert end > 40
    assert (drawn(length=16) != remi.PAD).all()


def test_validation_cuts_are_spread_and_unchanged():
    """So many rows, each time the same, the first from the beginning."""
    first, *rest = remi.validation_cuts(SHARD, rows=4, length=24)
    assert 3 == len(rest)
    assert [telling.BOS, *telling.encoded_anew(SHARD.piece(0).tolist())[:24]] == first[0].tolist()
