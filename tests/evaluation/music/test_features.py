"""What music is like, on notes whose answer is known."""

from math import isnan

import numpy as np
import pytest

from livecomposer.evaluation.music.features import HISTOGRAMS, NUMBERS, beat_of, copied, longest_silence, numbers_of
from livecomposer.events import Note
from tests.evaluation.recitals import eighths

CHORDS = [Note(i * 0.5, i * 0.5 + 0.5, pitch, 64) for i in range(16) for pitch in (48, 64, 67)]


def counts(name, notes, seconds=8.0):
    """One histogram."""
    return HISTOGRAMS[name](notes, seconds)


def numbers(notes, *, seconds=8.0, beat=0.5):
    """All numbers."""
    return numbers_of(notes, seconds=seconds, beat=beat)


def test_histograms_count_what_they_say():
    """Pitch classes of all notes, intervals of the top line, times and velocities, each second."""
    assert {0: 16, 4: 16, 7: 16} == {i: n for i, n in enumerate(counts("pitch_class", CHORDS).tolist()) if n}
    assert 15 == counts("interval", CHORDS)[24] == counts("interval", CHORDS).sum()
    assert 15 == counts("onset_interval", CHORDS).max() == counts("onset_interval", CHORDS).sum()
    assert 48 == counts("duration", CHORDS).max()
    assert 48 == counts("velocity", CHORDS)[8]
    assert [0, 0, 0, 0, 8, 0, 0, 0, 0] == counts("density", CHORDS).tolist()


@pytest.mark.parametrize("name", HISTOGRAMS)
def test_nothing_counts_as_nothing(name):
    """But of every second, none begins in it; one lone note, however extreme, falls into a bin."""
    assert (8 if name == "density" else 0) == counts(name, []).sum()
    assert counts(name, [Note(0.0, 500.0, 127, 127)]).sum() in {0, 1, 8}


def test_leaps_and_times_beyond_the_bins_count_at_the_edge():
    """A leap of five octaves is one of two; a note of a minute is as long as the longest."""
    far = [Note(0.0, 60.0, 20, 64), Note(9.0, 9.001, 80, 64)]
    assert 1 == counts("interval", far)[-1]
    assert (1, 1) == (counts("duration", far)[0], counts("duration", far)[-1])


def test_a_scale_is_in_its_scale_and_a_loop_repeats():
    """One bar over and over has a groove of 1, likeness of 1, and all runs but the first heard before."""
    loop = [Note(i * 0.25, i * 0.25 + 0.25, 60 + (0, 4, 7, 4)[i % 4], 64) for i in range(32)]
    found = numbers(loop)
    assert set(NUMBERS) == set(found)
    assert (1.0, 1.0, 0.0, 4.0) == tuple(
        found[name] for name in ("scale_consistency", "groove", "empty_beats", "notes_per_second")
    )
    assert pytest.approx(1.0) == found["self_similarity"]
    assert pytest.approx(1 - 4 / 25) == found["repetition"]
    chromatic = [Note(i * 0.25, i * 0.25 + 0.25, 40 + i, 64) for i in range(24)]
    assert pytest.approx(7 / 12) == numbers(chromatic)["scale_consistency"]
    assert 0 == numbers(chromatic)["repetition"]


def test_silence_is_told():
    """Beats in which nothing sounds, the longest silence, and bars that are like no other."""
    half = [note for note in CHORDS if note.start < 4]
    assert 0.5 == numbers(half)["empty_beats"]
    assert (4.0, 0.0) == (longest_silence(half, seconds=8.0), longest_silence(CHORDS, seconds=8.0))
    assert 3.0 == longest_silence([Note(3.0, 7.0, 60, 64)], seconds=8.0)
    assert pytest.approx(2 / 12) == numbers(half)["self_similarity"]
    assert 1 == numbers([])["empty_beats"]
    assert all(isnan(numbers([])[name]) for name in ("scale_consistency", "groove", "repetition", "self_similarity"))


def test_what_is_copied_is_told():
    """All of it, none of it, or nothing to tell."""
    assert 1 == copied(eighths(20), eighths(40))
    assert 0 == copied(eighths(20, key=1), eighths(40))
    assert isnan(copied(eighths(7), eighths(40)))


@pytest.mark.parametrize("beat", [0.4, 0.5, 0.6, 0.75])
def test_the_beat_is_heard(beat):
    """Eighths between strong beats of chords, some 10 ms off, give the beat to within a step or two."""
    chance = np.random.default_rng(0)
    strong = [Note(i * beat, i * beat + 0.2, pitch, 64) for i in range(30) for pitch in (48, 60, 64, 67)]
    weak = [Note((i + 0.5) * beat, (i + 0.5) * beat + 0.1, 72, 64) for i in range(30)]
    notes = [Note(max(0.0, n.start + 0.005 * chance.standard_normal()), n.end, n.pitch, 64) for n in strong + weak]
    assert pytest.approx(beat, abs=0.021) == beat_of(notes)


def test_one_note_has_a_likely_beat():
    """Nothing is heard; listeners would guess."""
    assert 0.55 == beat_of(CHORDS[:1]) == beat_of([])
