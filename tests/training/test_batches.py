"""Cuts and batches."""

import numpy as np
import pytest

from livecomposer.events import Role
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.batches import Augmentation, batch, validation_cuts
from livecomposer.training.corpus import Shard
from tests.training.pieces import shard_of

SHARD = shard_of(range(4))
BOS, PAD = VOCABULARY.id(Kind.BOS), VOCABULARY.id(Kind.PAD)
VELOCITY = VOCABULARY.ids_of(Kind.VELOCITY)
PLAIN = Augmentation(transpose_down=0, transpose_up=0, stretch=0.0, velocity_bins=0, takeover=0.0)


def batch_at(step, *, seed=1, length=32, rows=6, augmentation=None):
    """One batch."""
    augmentation = augmentation or Augmentation()
    return batch(SHARD, seed=seed, step=step, rows=rows, length=length, augmentation=augmentation)


def contents(row):
    """A row without its frame."""
    return row[1:][row[1:] != PAD].tolist()


def is_cut_of(ids, piece):
    """Whether ``ids`` stand in ``piece`` as they are."""
    return any(piece[i : i + len(ids)] == ids for i in range(len(piece) - len(ids) + 1))


def test_a_batch_is_its_seed_and_step():
    """The same seed and step give the same batch; another of either gives another."""
    np.testing.assert_array_equal(batch_at(3), batch_at(3))
    assert not np.array_equal(batch_at(3), batch_at(4))
    assert not np.array_equal(batch_at(3), batch_at(3, seed=2))


@pytest.mark.parametrize("length", [8, 32, 500])
def test_rows_are_framed(length):
    """Every row is BOS, ids of the vocabulary, then padding to the end."""
    for step in range(20):
        rows = batch_at(step, length=length)
        assert rows.shape == (6, length + 1)
        assert rows.dtype == np.int64
        assert (rows[:, 0] == BOS).all()
        assert rows.min() >= 0
        assert (rows[:, 1] != PAD).all()
        is_pad = rows == PAD
        assert (is_pad == np.maximum.accumulate(is_pad, axis=1)).all()
        assert ((rows[:, 1:] < BOS) | is_pad[:, 1:]).all()
    assert length < 500 or is_pad[:, -1].all()


def test_a_plain_cut_is_a_piece_s_own():
    """Without augmentation, a row is a stretch of one piece, after the velocity that was in force."""
    pieces = [SHARD.piece(i).tolist() for i in range(len(SHARD))]
    for row in np.concatenate([batch_at(step, augmentation=PLAIN) for step in range(10)]):
        ids = contents(row)
        said_first = VELOCITY.start <= ids[0] < VELOCITY.stop
        assert any(is_cut_of(ids, p) or (said_first and is_cut_of(ids[1:], p)) for p in pieces)


def test_both_players_appear():
    """With takeover, some rows have notes of both players; without, the performer alone."""
    companion = VOCABULARY.first(Kind.NOTE_ON, Role.COMPANION)
    both = batch_at(0, rows=40)
    assert (((both >= companion) & (both < BOS)).any(axis=1) & (both < 128).any(axis=1)).any()
    alone = batch_at(0, rows=40, augmentation=PLAIN)
    assert not ((alone >= companion) & (alone < BOS)).any()


def test_validation_is_the_same_every_time():
    """Cuts for validation are as many as asked, unchanged, and always the same."""
    cuts, again = (list(validation_cuts(SHARD, rows=5, length=40)) for _ in range(2))
    assert [(1, 41)] * 5 == [cut.shape for cut in cuts]
    np.testing.assert_array_equal(np.stack(cuts), np.stack(again))
    assert len({cut.tobytes() for cut in cuts}) == 5


def test_nothing_to_validate_on_gives_no_cuts():
    """An empty shard has no cuts."""
    empty = Shard(SHARD.ids[:0], SHARD.starts[:1], ())
    assert list(validation_cuts(empty, rows=5, length=40)) == []
