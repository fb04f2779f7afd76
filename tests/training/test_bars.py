"""Cuts of bars and notes: the same every time, whole bars at their beginning, and on the piano."""

import numpy as np
import pytest

from livecomposer.events import Note
from livecomposer.tokens.barnote import BAR, PITCHES, SIZE, Grid, encode
from livecomposer.training import bars
from livecomposer.training.batches import Augmentation
from livecomposer.training.corpus import Shard

GRID = Grid.steady(120)
WIDE = Augmentation(transpose_down=200, transpose_up=200)
STILL = Augmentation(transpose_down=0, transpose_up=0)


def piece(pitches):
    """A note every half second."""
    return encode([Note(i / 2, i / 2 + 0.25, pitch, 80) for i, pitch in enumerate(pitches)], GRID)


PIECES = [piece(range(40, 90)), piece([21, 108] * 3), piece(range(60, 30, -1))]
SHARD = Shard(
    np.concatenate([np.array(one, np.uint16) for one in PIECES]), np.cumsum([0, *map(len, PIECES)]), ("a", "b", "c")
)


def drawn(step=0, augmentation=STILL, length=24):
    """One batch's ids."""
    return bars.batch(SHARD, seed=1, step=step, rows=6, length=length, augmentation=augmentation)[0]


def test_the_same_step_gives_the_same_batch():
    """Seed and step say all; modes are told for nothing."""
    assert np.array_equal(drawn(), drawn())
    assert not np.array_equal(drawn(), drawn(step=1))
    assert not bars.batch(SHARD, seed=1, step=0, rows=6, length=24, augmentation=STILL)[1].any()


@pytest.mark.parametrize("length", [5, 24, 500])
def test_rows_are_pieces_from_a_bar_on(length):
    """After a bar's id comes a part of one piece that begins with a bar, then nothing."""
    for step in range(20):
        for row in drawn(step, length=length):
            told = row[1:][row[1:] != bars.PAD].tolist()
            assert (length + 1, BAR, BAR) == (len(row), row[0], told[0])
            assert not (row[1 : 1 + len(told)] == bars.PAD).any()
            assert any(told == one[at : at + len(told)] for one in PIECES for at in range(len(one)))


def test_every_part_is_drawn():
    """The first and the last ids of every piece come up."""
    seen = [row[row != bars.PAD].tolist() for step in range(60) for row in drawn(step)]
    for one in PIECES:
        assert any(row[1:9] == one[:8] for row in seen)
        assert any(row[-8:] == one[-8:] for row in seen)


def test_transposed_music_stays_on_the_piano():
    """However far is asked, pitches move together, as far as the keyboard goes."""
    moved = set()
    for step in range(20):
        for row in drawn(step, WIDE):
            assert -1 <= row.min() <= row.max() < SIZE
            notes = row[(row >= PITCHES.start) & (row < PITCHES.stop)]
            moved.add(int(notes[0]))
            assert set(np.diff(notes).tolist()) <= {1, -1, 87, -87}
    assert len(moved) > 10


def test_validation_cuts_are_spread_and_unchanged():
    """So many rows, the first from the beginning; each time the same."""
    first, *rest = bars.validation_cuts(SHARD, rows=4, length=24)
    assert ([BAR, *PIECES[0][:24]], 3) == (first[0].tolist(), len(rest))
