"""Melodies out of shards."""

import numpy as np
import pytest

from livecomposer.errors import CorpusError
from livecomposer.evaluation.music.excerpts import excerpts_of
from livecomposer.events import Note, Role
from livecomposer.tokens.stream import ids_of_notes
from livecomposer.training.corpus import Shard


def piece(*, notes=12, before=1.0, first=60):
    """A melody, a note a second after a rest, over a bass that begins at once; ids, and which are the melody's."""
    melody = [Note(before + n, before + n + 1, first + n % 5, 64) for n in range(notes)]
    bass = [Note(float(n), n + 1.0, 40, 64) for n in range(notes)]
    ids = np.array(ids_of_notes([*melody, *bass], origin=0.0))
    return ids, (ids < 256) & (ids % 128 >= 50)


def shard(pieces, names, how=None):
    """Several of them."""
    starts = np.concatenate([[0], np.cumsum([len(ids) for ids, _ in pieces])])
    ids, lead = (np.concatenate(both) for both in zip(*pieces, strict=True))
    return Shard(ids.astype(np.uint16), starts, tuple(names), lead, np.array(how or [1] * len(names), np.uint8))


def test_an_excerpt_begins_with_the_melody():
    """At 0, both players cut to the length asked for; what of the bass began before is left out."""
    (excerpt,) = excerpts_of(shard([piece()], ["a/1"]), pieces=1, seconds=8.5)
    assert ("a/1", 8.5) == (excerpt.name, excerpt.seconds)
    assert [60, 61, 62, 63, 64, 60, 61, 62, 63] == [note.pitch for note in excerpt.performer]
    assert [float(n) for n in range(9)] == [pytest.approx(note.start) for note in excerpt.performer]
    assert [40] * 9 == [note.pitch for note in excerpt.accompaniment]
    assert 8.5 == excerpt.performer[-1].end == excerpt.accompaniment[-1].end
    assert {Role.COMPANION} == {note.role for note in excerpt.accompaniment}


def test_only_pieces_with_a_melody_track():
    """Not those whose melody was guessed from hands or top line."""
    chosen = excerpts_of(shard([piece()] * 4, ["a/1", "a/2", "a/3", "a/4"], [0, 1, 2, 3]), pieces=4, seconds=10.0)
    assert ["a/2"] == [excerpt.name for excerpt in chosen]


def test_packs_take_turns():
    """However many pieces one has; the seed draws which."""
    names = [*(f"a/{n}" for n in range(10)), "b/1", "b/2"]
    pieces = shard([piece()] * 12, names)
    drawn = {seed: [one.name for one in excerpts_of(pieces, pieces=4, seconds=10.0, seed=seed)] for seed in range(4)}
    assert {("a", "b", "a", "b")} == {tuple(name[0] for name in chosen) for chosen in drawn.values()}
    assert drawn[0] == [one.name for one in excerpts_of(pieces, pieces=4, seconds=10.0, seed=0)]
    assert len({tuple(chosen) for chosen in drawn.values()}) > 1


def test_pieces_with_too_little_to_play_are_passed_over():
    """Seven notes, or a melody that is over before half time."""
    chosen = excerpts_of(shard([piece(notes=7), piece(), piece(notes=30)], ["a/1", "a/2", "a/3"]), pieces=9, seconds=30)
    assert ["a/3"] == [excerpt.name for excerpt in chosen]


def test_no_piece_fits():
    """Which is said, with the remedy."""
    with pytest.raises(CorpusError, match="none with a melody track"):
        excerpts_of(shard([piece()], ["a/1"], [3]), pieces=1, seconds=10.0)
    with pytest.raises(CorpusError, match="0 pieces asked for"):
        excerpts_of(shard([piece()], ["a/1"]), pieces=0, seconds=10.0)


def test_both_change_key():
    """At once, by as much."""
    (excerpt,) = excerpts_of(shard([piece()], ["a/1"]), pieces=1, seconds=10.0)
    moved = excerpt.modulated(5.0)
    assert [40] * 5 + [46] * 5 == [note.pitch for note in moved.accompaniment]
    assert [60, 61, 62, 63, 64, 66, 67, 68, 69, 70] == [note.pitch for note in moved.performer]
