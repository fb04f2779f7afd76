"""Beginnings of pieces, and how they go on."""

import pytest

from livecomposer.errors import CorpusError
from livecomposer.evaluation.music.prompts import prompts_of, recording_of, strangers_of
from livecomposer.tokens.stream import notes_heard
from livecomposer.training.corpus import pack_of
from tests.evaluation.recitals import NAMES, eighths, shard_of_pieces

SHARD = shard_of_pieces()
LENGTHS = {"given": 4.0, "seconds": 4.0}


def test_a_piece_is_cut_in_three():
    """What is given, how it goes on, and the stretch behind, each from 0 on."""
    prompts = {one.name: one for one in prompts_of(SHARD, **LENGTHS)}
    assert set(NAMES) == set(prompts)
    one = prompts["a/1.mid"]
    whole = [note.pitch for note in eighths(60)]
    parts = [[note.pitch for note in part] for part in (one.notes, one.real, one.elsewhere)]
    assert [whole[:16], whole[16:32], whole[32:48]] == parts
    assert {0.0} == {part[0].start for part in (one.notes, one.real, one.elsewhere)}
    assert max(note.end for note in one.real) == 4.0


def test_packs_take_turns_and_the_seed_draws():
    """Of two pieces one is of each pack; as many a pack as asked for; the same seed, the same pieces."""
    assert ["a", "b"] == sorted(pack_of(one.name) for one in prompts_of(SHARD, pieces=2, **LENGTHS))
    assert ["a", "b"] == sorted(pack_of(one.name) for one in prompts_of(SHARD, a_pack=1, **LENGTHS))
    assert prompts_of(SHARD, pieces=1, seed=3, **LENGTHS) == prompts_of(SHARD, pieces=1, seed=3, **LENGTHS)
    assert 1 < len({prompts_of(SHARD, a_pack=1, seed=seed, **LENGTHS)[0].name for seed in range(9)})


def test_short_pieces_are_passed_over_or_have_no_next_stretch():
    """A piece must last through the continuation; what is behind may be missing."""
    prompts = {one.name: one for one in prompts_of(shard_of_pieces((60, 40, 30)), **LENGTHS)}
    assert {"a/1.mid", "a/2.mid"} == set(prompts)
    assert () == prompts["a/2.mid"].elsewhere != prompts["a/1.mid"].elsewhere


@pytest.mark.parametrize("asked", [{"pieces": 0}, {"a_pack": 0}, {"given": 60.0}, {"pieces": -1}])
def test_nothing_to_go_on_from_is_one_line(asked):
    """No piece asked for, or none long enough."""
    with pytest.raises(CorpusError, match=r"^[^\n]+; [^\n]+$"):
        prompts_of(SHARD, **{**LENGTHS, **asked})


def test_a_stranger_is_of_the_same_pack_where_it_can_be():
    """Else of any; never the piece itself."""
    prompts = prompts_of(SHARD, **LENGTHS)
    by_name = {one.name: stranger for one, stranger in zip(prompts, strangers_of(prompts), strict=True)}
    real = {one.name: one.real for one in prompts}
    assert (real["a/2.mid"], real["a/1.mid"]) == (by_name["a/1.mid"], by_name["a/2.mid"])
    assert by_name["b/1.mid"] in (real["a/1.mid"], real["a/2.mid"])


def test_what_is_given_may_be_repeated():
    """Over and over, to the length of a continuation."""
    (one,) = prompts_of(SHARD, pieces=1, given=3.0, seconds=7.0)
    pitches = [note.pitch for note in one.notes]
    assert [*pitches, *pitches, *pitches[:4]] == [note.pitch for note in one.again()]
    assert max(note.end for note in one.again()) == 7.0


def test_notes_become_a_recording():
    """As if a file of one track had been read."""
    recording = recording_of(eighths(5))
    assert eighths(5) == notes_heard([track.events for track in recording.tracks])
