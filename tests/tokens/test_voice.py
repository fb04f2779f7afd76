"""What one role has sounding."""

from dataclasses import replace

import numpy as np

from livecomposer.tokens.limits import Limits
from livecomposer.tokens.voice import MOST_A_SECOND, RESTRIKE_STEPS, Voice


def test_a_key_rests_before_it_is_struck_again():
    """Counted from its onset; every other key is rested."""
    voice = Voice()
    voice.begin(60, 100)
    voice.end(60, 101)
    assert not voice.rested(99 + RESTRIKE_STEPS)[60]
    assert 127 == np.count_nonzero(voice.rested(100))
    assert voice.rested(100 + RESTRIKE_STEPS).all()


def test_what_never_was_struck_is_rested_from_the_first_step_on():
    """A stream begins at step 0."""
    assert Voice().rested(0).all()


def test_a_copy_is_its_own():
    """What becomes of one is not the other's."""
    voice = Voice()
    twin = voice.copy()
    voice.begin(60, 100)
    assert twin.rested(100).all()
    assert twin.free.all()
    assert not twin.onsets


def test_a_note_may_end_once_time_has_passed():
    """Not in the step in which it began."""
    voice = Voice()
    voice.begin(60, 5)
    assert not voice.may_end
    voice.go_on()
    assert voice.may_end
    assert [60] == np.flatnonzero(voice.endable).tolist()


def test_the_oldest_note_is_the_one_that_must_end_first():
    """A key that is struck again is young again."""
    voice, limits = Voice(), Limits(max_rest=100, max_note=10, polyphony=4)
    for step, pitch in ((0, 60), (1, 62), (9, 60)):
        voice.begin(pitch, step)
    assert 1 == voice.oldest
    assert voice.must_end(11, limits)
    assert [62] == np.flatnonzero(voice.overdue(11, limits)).tolist()


def test_the_density_lets_a_note_begin_again():
    """A chord counts once."""
    voice, limits = Voice(), Limits(max_rest=100, max_note=100, polyphony=4, onsets=2, onset_window=100)
    for step, pitch in ((0, 60), (1, 64), (50, 67)):
        voice.begin(pitch, step)
    assert 0 == voice.ready(51, limits)
    assert 100 == voice.ready(60, limits)


def test_a_second_has_room_for_so_many_notes():
    """Chords too; the first of them makes room for the next a second later."""
    voice, limits = Voice(), Limits(max_rest=100, max_note=100, polyphony=4)
    for number in range(MOST_A_SECOND):
        voice.begin(number, 7 + number)
    assert 107 == voice.ready(60, limits)
    assert 107 == voice.ready(107, limits)
    assert 156 == voice.ready(60, replace(limits, onsets=1, onset_window=101))
