"""Cuts and batches."""

from dataclasses import replace

import numpy as np
import pytest

from livecomposer.events import Role
from livecomposer.tokens.stream import notes_of_ids
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.batches import IN_TURN, TOGETHER, Augmentation, batch, validation_cuts
from livecomposer.training.corpus import Shard
from tests.training.pieces import shard_of

SHARD = shard_of(range(4))
BOS, PAD = VOCABULARY.id(Kind.BOS), VOCABULARY.id(Kind.PAD)
VELOCITY = VOCABULARY.ids_of(Kind.VELOCITY)
PLAIN = Augmentation(transpose_down=0, transpose_up=0, stretch=0.0, velocity_bins=0, takeover=0.0)


def batch_at(step, *, seed=1, length=32, rows=6, augmentation=None):
    """One batch."""
    augmentation = augmentation or Augmentation()
    return batch(SHARD, seed=seed, step=step, rows=rows, length=length, augmentation=augmentation)[0]


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


def led(shard):
    """The same shard with notes of C4 and above as its melody."""
    lead = (shard.ids < 256) & (shard.ids % 128 >= 60)
    return replace(shard, lead=lead, how=np.ones(len(shard), np.uint8))


DUET = replace(PLAIN, accompany=1.0, jitter_ms=0.0, late_entry=0.0)


def voices(ids):
    """The notes of each player as (start and end in steps, pitch, velocity)."""
    notes = notes_of_ids(ids, origin=0.0)
    return [
        sorted((round(n.start * 100), round(n.end * 100), n.pitch, n.velocity) for n in notes if n.role is role)
        for role in Role
    ]


def late_by(notes, steps):
    """The same notes later."""
    return [(start + steps, end + steps, *rest) for start, end, *rest in notes]


def duets(augmentation, *, rows=200):
    """Rows of whole pieces, each with the piece it tells: melody and rest."""
    shard = led(SHARD)
    solos = [voices(shard.piece(i).tolist())[0] for i in range(len(shard))]
    parts = [([n for n in solo if n[2] >= 60], [n for n in solo if n[2] < 60]) for solo in solos]
    for row in batch(shard, seed=1, step=0, rows=rows, length=600, augmentation=augmentation)[0]:
        told = voices(contents(row))
        for melody, rest in parts:
            pitches = [sorted(n[2] for n in who) for who in (melody, rest)]
            if sorted(n[2] for n in told[0]) in pitches:
                yield told, (melody, rest)


def test_a_duet_row_is_its_piece():
    """One player has the melody, the other the rest, both ways round; the companion 10 to 30 ms behind."""
    seen = set()
    for (performer, companion), (melody, rest) in duets(DUET):
        mine, other = (melody, rest) if performer[0][2] >= 60 else (rest, melody)
        behind = companion[0][0] - other[0][0]
        assert (mine, late_by(other, behind)) == (performer, companion)
        seen.add((mine is melody, behind))
    assert {1, 2, 3} == {behind for _, behind in seen}
    assert {True, False} == {leads for leads, _ in seen}
    assert len(list(duets(DUET))) == 200


def test_a_companion_may_enter_late():
    """The performer then has all its notes, and the companion those from some moment on."""
    missing = 0
    for (_, companion), (melody, rest) in duets(replace(DUET, late_entry=1.0)):
        other = melody if companion and companion[0][2] >= 60 else rest
        kept = max(([n for n in late_by(other, behind) if n in companion] for behind in (1, 2, 3)), key=len)
        assert kept == companion
        missing += len(other) > len(kept) > 0
    assert missing > 60


def test_a_performer_slips_where_it_is_asked_for():
    """Then some rows of two differ; the rest, and all rows without, are what they were."""
    cuts = {"seed": 1, "step": 0, "rows": 30, "length": 200}
    without, _ = batch(led(SHARD), **cuts, augmentation=DUET)
    slipping, _ = batch(led(SHARD), **cuts, augmentation=replace(DUET, slips=0.2))
    assert not np.array_equal(without, slipping)
    np.testing.assert_array_equal(
        batch(SHARD, **cuts, augmentation=DUET)[0], batch(SHARD, **cuts, augmentation=replace(DUET, slips=0.2))[0]
    )


def test_duets_are_a_share_of_the_rows():
    """Without a melody, or with a share of 0, no row is a duet, and rows are what they were before."""
    turns = replace(PLAIN, takeover=0.7, accompany=0.0)
    without = batch_at(0, rows=20, length=100, augmentation=replace(turns, accompany=1.0))
    np.testing.assert_array_equal(batch_at(0, rows=20, length=100, augmentation=turns), without)
    rows, modes = batch(led(SHARD), seed=1, step=0, rows=200, length=100, augmentation=replace(DUET, accompany=0.3))
    companion = VOCABULARY.first(Kind.NOTE_ON, Role.COMPANION)
    duets = ((rows >= companion) & (rows < BOS)).any(axis=1)
    assert 0.2 < duets.mean() < 0.4
    assert {IN_TURN, TOGETHER} == set(modes.tolist())
    np.testing.assert_array_equal(modes[duets], TOGETHER)


@pytest.mark.parametrize("length", [8, 100])
def test_duet_rows_are_framed(length):
    """Cuts amid a piece, with all that may be changed, stay in the vocabulary and in order."""
    everything = Augmentation(accompany=1.0, late_entry=0.5, jitter_ms=20.0)
    for step in range(20):
        rows, _ = batch(led(SHARD), seed=2, step=step, rows=6, length=length, augmentation=everything)
        assert rows.shape == (6, length + 1)
        is_pad = rows == PAD
        assert (is_pad == np.maximum.accumulate(is_pad, axis=1)).all()
        assert ((rows[:, 1:] < BOS) | is_pad[:, 1:]).all()


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


def test_every_second_is_drawn_as_often():
    """A cut drawn by seconds lies in sparse music as often as its length in time says, not in ids."""
    on, second = VOCABULARY.ids_of(Kind.NOTE_ON, Role.PERFORMER).start, VOCABULARY.ids_of(Kind.TIME_SHIFT).stop - 1
    dense = [on + 60 + i % 12 for i in range(90)]
    ids = np.array([*dense, *[second] * 20], dtype=np.uint16)
    shard = Shard(ids, np.array([0, 90, 110]), ("dense", "sparse"))

    def sparse(augmentation):
        rows = [batch(shard, seed=1, step=i, rows=4, length=8, augmentation=augmentation)[0] for i in range(100)]
        return float(np.mean(np.concatenate(rows)[:, 1] == second))

    assert sparse(PLAIN) == 1
    assert sparse(replace(PLAIN, by_seconds=False)) < 0.3
