"""Chords from weights."""

import pytest

from livecomposer.listening.chord_recognition import CHORDS, Chord, chord_of


def weights(*classes):
    """One second of each pitch class."""
    return [float(tone in classes) for tone in range(12)]


@pytest.mark.parametrize("kind", [kind for kind in CHORDS if kind != "dim7"])
@pytest.mark.parametrize("root", [0, 7, 11])
def test_a_chord_in_root_position_is_itself(root, kind):
    """On any root."""
    chord = Chord(root, kind)
    assert chord == chord_of(weights(*chord.classes), bass=36 + root)


def test_the_bass_tells_the_root_of_a_chord_that_is_all_minor_thirds():
    """A diminished seventh has four roots."""
    assert Chord(3, "dim7") == chord_of(weights(0, 3, 6, 9), bass=39)


def test_a_passing_note_does_not_change_the_chord():
    """A short D over C major."""
    heard = weights(0, 4, 7)
    heard[2] = 0.2
    assert Chord(0) == chord_of(heard, bass=48)


def test_a_note_alone_is_the_root_of_a_major_chord():
    """As good a guess as any."""
    assert Chord(9) == chord_of(weights(9), bass=69)


def test_silence_is_no_chord():
    """Nothing is guessed from nothing."""
    assert chord_of([0.0] * 12) is None
