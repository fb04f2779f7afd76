from collections import Counter

import pytest

from livecomposer.events import Note
from livecomposer.midi.file_faults import Fault
from livecomposer.midi.file_notes import Ending, notes_of_strokes


def paired(*strokes, track_end=0.0):
    """Start and end of the notes of middle C that is struck (velocity above 0) and released so; what was odd."""
    parts = {(0, 60): list(strokes)}
    faults = Counter()
    notes, _ = notes_of_strokes(parts, Ending.of([parts]), track_end=track_end, faults=faults)
    return [(note.start, note.end) for note in notes], +faults


def test_each_release_ends_the_earliest_stroke():
    """Of two notes on one key that overlap, the first is cut by the second, which has its own end."""
    assert ([(0.0, 1.0), (1.0, 3.0)], {}) == paired((0.0, 80), (1.0, 80), (2.0, 0), (3.0, 0))


def test_a_stroke_without_release_ends_with_the_next_and_shifts_no_other():
    """All later notes of the key keep the length that they have in the file."""
    strokes = [(0.0, 80), *((at + off, 80 - 80 * off) for at in (1.0, 3.0, 5.0) for off in (0, 1))]
    notes, faults = paired(*strokes)
    assert [(0.0, 1.0), (1.0, 2.0), (3.0, 4.0), (5.0, 6.0)] == notes
    assert {Fault.RESTRUCK: 1} == faults


def test_a_release_behind_the_next_stroke_of_its_tick_belongs_to_the_one_before():
    """Some files have them in that order; of four strokes two are released, and two faults are counted."""
    notes, faults = paired((0.0, 80), (1.0, 80), (1.0, 0), (2.0, 80), (2.0, 0), (3.0, 80))
    assert [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 4.0)] == notes
    assert {Fault.RESTRUCK: 1, Fault.HELD: 1} == faults


def test_a_note_of_no_length_is_as_short_as_can_be():
    """It is there, and swallows nothing."""
    assert ([(1.0, 1.001), (1.5, 2.0)], {Fault.NO_LENGTH: 1}) == paired((1.0, 80), (1.0, 0), (1.5, 80), (2.0, 0))


def test_a_release_without_a_stroke_is_counted():
    """At the beginning, and where the stroke has ended already."""
    assert ([(1.0, 2.0)], {Fault.ORPHANS: 2}) == paired((0.0, 0), (1.0, 80), (2.0, 0), (3.0, 0))


@pytest.mark.parametrize(
    ("track_end", "end"),
    [
        (0.0, 2.5),  # no time behind it: as long as from the stroke before it
        (2.02, 2.5),  # next to none
        (6.0, 6.0),  # the hold that was recorded
        (1802.0, 2.5),  # a text half an hour later
    ],
)
def test_a_key_held_at_the_end_is_held_as_long_as_the_file_says(track_end, end):
    """With its track, but not long behind all music, nor for no time at all."""
    strokes = [(1.5, 80), (2.0, 0), (2.0, 80)]
    assert ([(1.5, 2.0), (2.0, end)], {Fault.HELD: 1}) == paired(*strokes, track_end=track_end)


def test_a_held_key_ends_with_the_music_where_its_track_goes_on():
    """Not with what is half an hour behind."""
    parts = {(0, 60): [(0.0, 80)], (0, 64): [(1.0, 80), (2.0, 0)]}
    notes, releases = notes_of_strokes(parts, Ending.of([parts]), track_end=1802.0, faults=Counter())
    assert [Note(0.0, 2.0, 60, 80), Note(1.0, 2.0, 64, 80)] == notes
    assert [(0, 60, 2.0)] == releases


def test_a_rolled_chord_at_the_end_has_one_spacing():
    """Its keys are not as short as the roll is fast."""
    ending = Ending([0.0, 1.0, 1.02, 1.04], 1.04)
    assert [2.0, 2.04, 2.08] == pytest.approx([ending.of_note(start, 1.04) for start in (1.0, 1.02, 1.04)])


def test_a_lone_stroke_without_time_behind_it_is_half_a_second():
    """Nothing says how long it is."""
    assert ([(0.0, 0.5)], {Fault.HELD: 1}) == paired((0.0, 80))
