"""REMI through MidiTok: what is told comes back, as exactly as the default vocabulary tells it."""

import sys

import numpy as np
import pytest

from livecomposer.errors import CorpusError
from livecomposer.events import Note
from livecomposer.tokens import remi
from livecomposer.tokens.stream import ids_of_notes, notes_of_ids
from livecomposer.tokens.vocabulary import velocity_bin
from livecomposer.units import seconds_to_steps
from tests.training.pieces import ids_of


def facts(notes, *, origin=0.0):
    """Of each note onset and length in steps, pitch and velocity bin."""
    steps = [[seconds_to_steps(moment - origin) for moment in (note.start, note.end)] for note in notes]
    told = zip(steps, notes, strict=True)
    return sorted((start, end - start, note.pitch, velocity_bin(note.velocity)) for (start, end), note in told)


def spelled(notes):
    """The names of the ids of ``notes``, by a slow formula: bars as they come, positions where they change."""
    names, bars, position = [], 0, None
    for note in sorted(notes, key=lambda note: (seconds_to_steps(note.start), note.pitch)):
        start, end = seconds_to_steps(note.start), seconds_to_steps(note.end)
        while bars * 200 <= start:
            names.append("Bar_None")
            bars, position = bars + 1, None
        if start % 200 != position:
            position = start % 200
            names.append(f"Position_{position}")
        length = end - start
        velocity = 127 * (velocity_bin(note.velocity) + 1) // 32
        duration = f"Duration_{length // 50}.{length % 50}.50"
        names += [f"Pitch_{note.pitch}", f"Velocity_{velocity}", duration]
    return names


@pytest.mark.parametrize("seed", range(8))
def test_pieces_come_back(seed):
    """Onsets, pitches, loudness and lengths to two seconds are those of the default vocabulary, to the step."""
    notes = notes_of_ids(ids_of(seed, 200).tolist(), origin=0.0)
    back = facts(remi.decode(remi.encode(notes)))
    assert len(notes) == len(back)
    for expected, got in zip(facts(notes), back, strict=True):
        if expected[1] < 200:
            assert expected == got
        assert expected[::2] == got[::2]


@pytest.mark.parametrize("seed", range(4))
def test_the_ids_are_those_of_a_slow_formula(seed):
    """Bar by bar, position by position, note by note."""
    short = [note for note in notes_of_ids(ids_of(seed, 200).tolist(), origin=0.0) if note.end - note.start < 2]
    assert spelled(short) == [remi.LAYOUT[id_] for id_ in remi.encode(short)]


@pytest.mark.parametrize(("seconds", "told"), [(0.01, 0.01), (1.99, 1.99), (2.14, 2.1), (9.97, 10.0), (30.0, 12.0)])
def test_long_notes_are_told_to_a_tenth_of_a_second(seconds, told):
    """Above two seconds, and up to twelve."""
    (note,) = remi.decode(remi.encode([Note(1.0, 1.0 + seconds, 60, 80)]))
    assert (1.0, pytest.approx(told)) == (note.start, note.end - note.start)


def test_every_pitch_and_loudness_is_told():
    """From the lowest key to the highest, and from the softest to the loudest."""
    notes = [Note(i / 10, i / 10 + 0.05, i, max(1, i)) for i in range(128)]
    assert facts(notes) == facts(remi.decode(remi.encode(notes)))
    assert set(range(128)) == {
        id_ - remi.PITCHES.start for id_ in remi.encode(notes) if remi.PITCHES.start <= id_ < 131
    }


def test_an_origin_moves_the_first_bar():
    """Music is told from there on, and comes back where it was."""
    notes = [Note(7.3, 7.8, 60, 80), Note(9.4, 9.5, 62, 80)]
    moved = [Note(note.start - 7, note.end - 7, note.pitch, note.velocity) for note in notes]
    assert remi.encode(moved) == remi.encode(notes, origin=7.0)
    assert facts(notes) == facts(remi.decode(remi.encode(notes, origin=7.0), origin=7.0))


def test_retold_music_is_the_same_music():
    """The ids of the default vocabulary, told anew."""
    notes = [Note(0.0, 0.5, 60, 80), Note(2.5, 3.0, 64, 40)]
    assert remi.encode(notes) == remi.encoded_anew(ids_of_notes(notes, origin=0.0))
    assert [] == remi.encoded_anew([])


def test_any_ids_are_read():
    """A model may say what it likes: what tells no whole note is none."""
    for seed in range(20):
        ids = np.random.default_rng(seed).integers(0, remi.SIZE, 60).tolist()
        assert all(0 <= note.pitch < 128 and note.start < note.end for note in remi.decode(ids))
    assert [] == remi.decode([remi.BOS, remi.PAD, remi.PITCHES.start])


def test_without_miditok_it_is_one_line(monkeypatch):
    """With what to type."""
    monkeypatch.setitem(sys.modules, "miditok", None)
    remi._tokenizer.cache_clear()
    with pytest.raises(CorpusError, match="pip install"):
        remi.encode([Note(0.0, 1.0, 60, 80)])


def test_another_layout_is_refused(monkeypatch):
    """Weights would read other ids than they learned."""
    monkeypatch.setattr(remi, "LAYOUT", remi.LAYOUT[::-1])
    remi._tokenizer.cache_clear()
    with pytest.raises(CorpusError, match="wanted"):
        remi.encode([Note(0.0, 1.0, 60, 80)])
    remi._tokenizer.cache_clear()
