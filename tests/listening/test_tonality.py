"""The pitch classes that fit what was just played."""

import pytest

from livecomposer.events import NoteOff, NoteOn, Role
from livecomposer.listening.tonality import Tonality

C_MAJOR = {0, 2, 4, 5, 7, 9, 11}
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


def heard(pitches, *, start=0.0, spacing=0.25, role=Role.PERFORMER, tonality=None):
    """A tonality that has heard ``pitches``, one after the other."""
    tonality = tonality or Tonality()
    for i, pitch in enumerate(pitches):
        tonality.hear(NoteOn(start + i * spacing, pitch, 80, role))
    return tonality


def test_nothing_heard_fits_everything():
    """Before the first key no pitch class is preferred."""
    assert [1.0] * 12 == Tonality().fit()
    assert frozenset(range(12)) == Tonality().best(7)


def test_a_scale_is_recognised():
    """The seven pitch classes that fit a C major scale best are those of C major."""
    assert heard(SCALE).best(7) == C_MAJOR


@pytest.mark.parametrize("up", range(1, 12))
def test_every_key_is_like_every_other(up):
    """The same scale elsewhere moves what fits by as much."""
    assert heard([pitch + up for pitch in SCALE]).best(7) == {(pitch + up) % 12 for pitch in C_MAJOR}


def test_a_minor_triad_prefers_its_minor_key():
    """After a C minor chord the minor third fits and the major third does not."""
    best = heard((60, 63, 67, 60, 63, 67), spacing=0.1).best(7)
    assert {0, 3, 7} <= best
    assert 4 not in best


def test_one_key_prefers_what_is_consonant_with_it():
    """After a single C, its fifth fits better than its tritone and its minor second."""
    fit = heard((60,)).fit()
    assert fit[7] > fit[6]
    assert fit[7] > fit[1]


def test_a_change_of_key_is_noticed_within_seconds():
    """Ten seconds after six semitones up, the new key's pitch classes are the best."""
    tonality = heard(SCALE * 3)
    heard([pitch + 6 for pitch in SCALE] * 5, start=6.0, tonality=tonality)
    assert tonality.best(7) == {(pitch + 6) % 12 for pitch in C_MAJOR}


def test_a_foreign_key_that_was_just_struck_fits():
    """A chromatic note is among the best as long as it is the latest."""
    assert 1 in heard((*SCALE, 73), spacing=0.5).best(8)


def test_only_the_performers_keys_tell():
    """The companion's notes and the performer's releases leave it untold."""
    tonality = heard(SCALE, role=Role.COMPANION)
    tonality.hear(NoteOff(0.0, 60, Role.PERFORMER))
    assert [1.0] * 12 == tonality.fit()


def test_events_out_of_order_count_as_simultaneous():
    """An event that is earlier than the one before raises nothing and still counts."""
    tonality = heard((60,), start=5.0)
    tonality.hear(NoteOn(4.0, 67, 80, Role.PERFORMER))
    assert {0, 7} <= tonality.best(4)
