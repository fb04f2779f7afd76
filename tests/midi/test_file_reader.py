from collections import Counter

import pytest

from livecomposer.events import Control, NoteOff, NoteOn, Other
from livecomposer.midi.file_chunks import Chunks
from livecomposer.midi.file_faults import Fault
from livecomposer.midi.file_reader import in_range, name_of, recording_of

ON, OFF, END = (0, b"\x90\x3c\x40"), (96, b"\x80\x3c\x40"), (96, b"\xff\x2f")


def read(*messages, kind=1):
    """The recording of a file of one track with these messages."""
    return recording_of(Chunks(kind, 96, ([*messages],), Counter()))


def test_channel_messages_become_events_in_seconds():
    """Controllers have a number and a value, all other messages their bytes; a velocity of 0 is a release."""
    recording = read(ON, (48, b"\xb0\x40\x7f"), (48, b"\xc0\x05"), (96, b"\x90\x3c\0"), END)
    wanted = NoteOn(0.0, 60, 64), Control(0.25, 64, 127), Other(0.25, b"\xc0\x05"), NoteOff(0.5, 60)
    assert wanted == recording.tracks[0].events
    assert {} == recording.dropped


def test_drums_and_empty_tracks_are_no_tracks():
    """Of channel 10 only the strokes are counted."""
    drums = [(0, b"\x99\x24\x40"), (0, b"\xb9\x07\x40"), (0, b"\xc9\x08"), (10, b"\x99\x24\0"), END]
    recording = recording_of(Chunks(1, 96, (drums, [END], [], [ON, OFF, END]), Counter()))
    assert (1, {Fault.DRUM_NOTES: 1}) == (len(recording.tracks), recording.dropped)


@pytest.mark.parametrize(
    ("data", "fitting"), [(b"\x3c\x40", b"\x3c\x40"), (b"\x3c\x85", b"\x3c\x7f"), (b"\x85\x40", b""), (b"\x85", b"")]
)
def test_values_above_127_are_127_and_numbers_are_none(data, fitting):
    """A velocity that is too large is loud; a key that is too high is not there."""
    assert fitting == in_range(data)


def test_what_is_out_of_range_is_counted():
    """Values and numbers by themselves."""
    recording = read((0, b"\x90\x3c\xff"), (0, b"\xb0\xff\0"), OFF, END)
    assert {Fault.VALUES: 1, Fault.NUMBERS: 1} == recording.dropped
    assert NoteOn(0.0, 60, 127) == recording.events[0]


@pytest.mark.parametrize(("data", "name"), [(b"Fl\xc3\xb6te", "Flöte"), (b"Fl\xf6te", "Flöte"), (b"", "")])
def test_a_name_is_utf_8_or_latin_1(data, name):
    """The first that a track is given; none without any."""
    assert name == name_of([ON, (0, b"\xff\x03" + data), (0, b"\xff\x03other")])
    assert "" == name_of([ON])


def test_a_type_that_does_not_exist_is_read_as_1():
    """And so is type 2, whose one track is a piece."""
    for kind in (2, 7):
        assert {Fault.FILE_TYPES: 1} == read(ON, OFF, END, kind=kind).dropped


def test_the_file_itself_is_kept_to_be_written_again():
    """With the releases that its tracks lack."""
    source = read(ON, END).source
    assert (([ON, END],), (((0, 60, 0.5),),)) == (source.chunks.tracks, source.releases)
