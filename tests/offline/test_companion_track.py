from livecomposer.events import Note, NoteOn, Other
from livecomposer.midi.files import Track
from livecomposer.offline.companion_track import companion_track, free_name
from livecomposer.settings import Settings, changed

NOTES = [Note(1.0, 2.0, 60, 64)]


def test_the_companion_has_a_track_of_its_name():
    """From its first note to where it is to end."""
    track = companion_track(NOTES, Settings(), end=5.0)
    assert ("companion", 5.0, 2) == (track.name, track.end, len(track.events))


def test_its_program_is_the_one_that_is_set():
    """Sent ahead of its notes, where it begins."""
    track = companion_track(NOTES, changed(Settings(), {"companion_program": 48}), start=0.5)
    assert (Other(0.5, b"\xc0\x30"), NoteOn(1.0, 60, 64)) == track.events[:2]


def test_one_companion_more_has_a_name_of_its_own():
    """However many there are."""
    assert "companion" == free_name([Track("piano", ())])
    assert "companion 3" == free_name([Track("companion", ()), Track("companion 2", ())])
