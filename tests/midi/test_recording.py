from livecomposer.events import Note, NoteOff, NoteOn, events_of_notes
from livecomposer.midi.file_faults import Fault
from livecomposer.midi.recording import Recording, Track

LEFT, RIGHT = Track("left", (NoteOn(0.0, 48, 64), NoteOff(2.0, 48))), Track("right", (NoteOn(1.0, 60, 64),))


def test_events_of_all_tracks_are_one_stream():
    """In time order; the last one says how long it lasts."""
    recording = Recording((LEFT, RIGHT, Track("silent", ())))
    assert [LEFT.events[0], RIGHT.events[0], LEFT.events[1]] == recording.events
    assert (2.0, 0.0) == (recording.seconds, Recording(()).seconds)


def test_remarks_are_made_where_something_is_odd():
    """One note, many notes, and none to remark on."""
    many = Track("", tuple(events_of_notes(Note(at, at + 1, 60, 64) for at in range(1200))))
    assert "read 1 note; ignored: 2 drum notes" == Recording((RIGHT,), {Fault.DRUM_NOTES: 2}).remarks
    assert "read 1,200 notes; mended: 1 note never ended" == Recording((many,), {Fault.HELD: 1}).remarks
    assert "" == Recording((RIGHT,)).remarks
