"""Who leads."""

import numpy as np
import pytest

from livecomposer.events import SUSTAIN, Control, Note, events_of_notes, in_order
from livecomposer.midi.files import Track
from livecomposer.tokens.stream import ids_of_notes, notes_heard, notes_of_ids
from livecomposer.training.voices import How, led


def track(name, *notes, pedal=()):
    """A part of (start, end, pitch) notes; ``pedal`` is (time, value) pairs."""
    events = events_of_notes(Note(start, end, pitch, 80) for start, end, pitch in notes)
    return Track(name, tuple(in_order([*events, *(Control(time, SUSTAIN, value) for time, value in pedal)])))


def told(*tracks):
    """The pitches that lead, in order of start, and what told so; checks that note-ons and note-offs agree."""
    notes = notes_heard([part.events for part in tracks])
    ids = np.array(ids_of_notes(notes, origin=notes[0].start))
    lead, how = led(tracks, ids, origin=notes[0].start)
    assert lead.shape == ids.shape
    assert not lead[ids >= 256].any()
    both = [notes_of_ids(ids[(lead == who) | (ids >= 256)].tolist(), origin=0.0) for who in (True, False)]
    assert sorted((n.pitch, n.start) for n in notes_of_ids(ids.tolist(), origin=0.0)) == sorted(
        (n.pitch, n.start) for part in both for n in part
    )
    return [note.pitch for note in both[0]], how


HIGH = [(1.0, 1.5, 72), (1.5, 2.0, 74)]
LOW = [(1.0, 2.0, 48), (1.0, 2.0, 52), (2.0, 2.5, 50)]


@pytest.mark.parametrize(
    ("names", "how"),
    [
        (("MELODY", "PIANO"), How.MELODY),
        ((" MELODY2", "PIANO_RH"), How.MELODY),
        (("SOPRANO", "BASS"), How.MELODY),
        (("Lead Vocal", "Right Hand"), How.MELODY),
        (("PIANO_RH", "PIANO_LH"), How.HANDS),
        (("UPPER", "LOWER"), How.HANDS),
        (("", ""), How.HANDS),
    ],
)
def test_names_tell_who_leads(names, how):
    """A melody's or right hand's name is found among other words, in any case and order of tracks."""
    high, low = track(names[0], *HIGH), track(names[1], *LOW)
    assert ([72, 74], how) == told(high, low) == told(low, high)


def test_a_bridge_accompanies():
    """Where one track is the melody, all others are the rest, however high."""
    parts = track("MELODY", (1.0, 2.0, 60)), track("BRIDGE", (1.0, 1.5, 80)), track("PIANO", *LOW)
    assert ([60], How.MELODY) == told(*parts)


def test_what_two_tracks_share_is_the_melody_s():
    """A note that the accompaniment doubles belongs to the melody."""
    assert ([72, 74], How.MELODY) == told(track("PIANO", *LOW, *HIGH), track("MELODY", *HIGH))


def test_one_track_has_a_top_line():
    """The highest leads; a lower note does not, be it struck below one that sounds, or covered by a later one."""
    piano = track("piano", (0.0, 2.0, 48), (0.1, 1.0, 72), (0.5, 0.7, 60), (1.0, 2.0, 71), (1.0, 2.0, 64))
    assert ([72, 71], How.SKYLINE) == told(piano)


def test_a_pedal_does_not_hide_a_falling_line():
    """The top line follows the keys held, not what the pedal lets ring."""
    falling = [(i / 2, i / 2 + 0.5, 76 - i) for i in range(4)]
    piano = track("", *falling, (0.0, 2.0, 40), pedal=[(0.0, 127), (2.0, 0)])
    assert ([76, 75, 74, 73], How.SKYLINE) == told(piano)


def test_a_lone_line_has_no_lead():
    """Music of one line leaves nothing for two."""
    assert ([], How.NONE) == told(track("MELODY", *HIGH))


def test_a_name_without_much_music_does_not_lead():
    """A melody track with hardly a note is passed over for the next that tells."""
    chords = [(i / 2, i / 2 + 0.4, pitch) for i in range(20) for pitch in (48, 60)]
    right, left = ([note for note in chords if note[2] == pitch] for pitch in (60, 48))
    parts = track("MELODY", (0.0, 0.3, 90)), track("RH", *right), track("LH", *left)
    assert ([60] * 20, How.HANDS) == told(*parts)


def test_rounding_does_not_lose_the_lead():
    """Keys between two steps of 10 ms are still found on the ids."""
    odd = [(i * 0.1234567, i * 0.1234567 + 0.05, 70 + i % 3) for i in range(40)]
    pitches, how = told(track("MELODY", *odd), track("PIANO", (0.0013, 6.0, 40), (0.0013, 6.0, 43), (3.0, 6.0, 47)))
    assert ([pitch for _, _, pitch in odd], How.MELODY) == (pitches, how)
