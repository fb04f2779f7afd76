"""Companions that listen to nobody."""

import pytest

from livecomposer.evaluation.music.baselines import drone, modulated, tonic, unison
from livecomposer.events import Note, Role

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11, 12), (0, 2, 3, 5, 7, 8, 11, 12)


def scale(key, steps=MAJOR):
    """The scale, with its tonic and fifth held longer."""
    return [Note(n, n + (3.0 if step % 12 in (0, 7) else 1.0), 60 + key + step, 64) for n, step in enumerate(steps)]


@pytest.mark.parametrize("steps", [MAJOR, MINOR])
@pytest.mark.parametrize("key", range(12))
def test_the_tonic_is_found_in_every_key(key, steps):
    """In major and minor."""
    assert key == tonic(scale(key, steps))


def test_no_notes_no_key():
    """Then C will do; so it does where all twelve sound alike."""
    assert 0 == tonic([])
    assert 0 == tonic([Note(0.0, 1.0, 60 + n, 64) for n in range(12)])


def test_a_drone_is_the_tonic_all_along():
    """In the great octave, struck every 2 s, ending with the music."""
    assert [(0.0, 2.0, 43), (2.0, 4.0, 43), (4.0, 5.0, 43)] == [
        (note.start, note.end, note.pitch) for note in drone(scale(7), seconds=5.0)
    ]


def test_unison_is_the_performer_once_more():
    """With the companion's name on it."""
    doubled = unison(scale(0))
    assert {Role.COMPANION} == {note.role for note in doubled}
    assert [note.pitch for note in scale(0)] == [note.pitch for note in doubled]


def test_from_a_moment_on_all_is_higher():
    """What sounds then ends then; what begins then is six semitones up."""
    line = [Note(0.0, 1.0, 60, 64), Note(1.0, 3.0, 62, 64), Note(2.0, 3.0, 64, 64)]
    assert [Note(0.0, 1.0, 60, 64), Note(1.0, 2.0, 62, 64), Note(2.0, 3.0, 70, 64)] == modulated(line, moment=2.0)


@pytest.mark.parametrize(("pitch", "semitones", "moved"), [(127, 6, 121), (121, 6, 127), (2, -6, 8), (6, -6, 0)])
def test_nobody_leaves_the_keyboard(pitch, semitones, moved):
    """What would, comes back by an octave."""
    assert moved == modulated([Note(0.0, 1.0, pitch, 64)], moment=0.0, semitones=semitones)[0].pitch
