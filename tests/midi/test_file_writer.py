from collections import Counter
from io import BytesIO

import pytest

from livecomposer.events import Control, Note, NoteOff, NoteOn, Other, events_of_notes
from livecomposer.midi.file_chunks import Chunks, parse
from livecomposer.midi.file_reader import recording_of
from livecomposer.midi.file_writer import extended_file, new_file
from livecomposer.midi.recording import Track

ON, OFF = (0, b"\x90\x3c\x40"), (960, b"\x80\x3c\x40")
CONDUCTOR = [
    (0, b"\xff\x03song"),
    (0, b"\xff\x58\x06\x03\x24\x08"),
    (0, b"\xff\x59\xfd\x01"),
    (0, b"\xff\x51\x07\xa1\x20"),
    (480, b"\xff\x51\x0f\x42\x40"),
    (480, b"\xff\x06bridge"),
    (960, b"\xff\x2f"),
]
PIANO = [
    (0, b"\xff\x03piano"),
    (0, b"\xf0\x7e\x7f\x09\x01\xf7"),
    (0, b"\xc0\x05"),
    (0, b"\xb0\x07\x64"),
    ON,
    (240, b"\xe0\x00\x50"),
    OFF,
    (2000, b"\xff\x2f"),
]
DRUMS = [(0, b"\xc9\x08"), (0, b"\x99\x24\x40"), (10, b"\x89\x24\x40"), (10, b"\xff\x2f")]
PART = Track("companion", tuple(events_of_notes([Note(2.0, 3.0, 72, 80)])), end=4.0)


def written(file):
    """The file's bytes, parsed again."""
    stream = BytesIO()
    file.save(file=stream)
    return parse(stream.getvalue())


def extended(*tracks, part=PART, division=480, notify=lambda _: None):
    """What becomes of a file of these tracks with ``part``."""
    recording = recording_of(Chunks(1, division, tracks, Counter()))
    return written(extended_file(recording.source, part, notify))


def test_a_new_file_has_a_channel_a_part_but_the_drums():
    """The eleventh message channel is the tenth part's; program and bend are on the part's own."""
    events = (Control(0.0, 64, 127), Other(0.0, b"\xc5\x05"), NoteOn(0.0, 60, 64), NoteOff(1.0, 60))
    tracks = written(new_file([Track(str(part), events, end=2.0) for part in range(16)])).tracks
    channels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 0]
    assert [{channel} for channel in channels] == [{m[0] & 15 for _, m in track if m[0] < 0xF0} for track in tracks]
    assert [(0, b"\xff\x030"), (0, b"\xb0\x40\x7f"), (0, b"\xc0\x05"), (0, b"\x90\x3c\x40")] == tracks[0][:4]
    assert [(1920, b"\x80\x3c\x40"), (3840, b"\xff\x2f")] == tracks[0][4:]


def test_all_that_was_in_a_file_stays_where_it_was():
    """Tempo, signatures, texts, programs, controllers, bends, drums, and where each track ends."""
    chunks = extended(CONDUCTOR, PIANO, DRUMS)
    assert (480, (CONDUCTOR, PIANO, DRUMS)) == (chunks.division, chunks.tracks[:-1])
    assert {} == chunks.faults


def test_the_new_part_is_placed_by_the_tempo_of_the_file():
    """Half a second a beat, then one second: two seconds are at beat 2.5; it takes the first channel that is free."""
    part = extended(CONDUCTOR, PIANO, DRUMS).tracks[-1]
    wanted = [(0, b"\xff\x03companion"), (1200, b"\x91\x48\x50"), (1680, b"\x81\x48\x40"), (2160, b"\xff\x2f")]
    assert wanted == part


def test_a_part_of_the_same_name_goes_on():
    """On its channel, its old messages first; no track is added, and none else is touched."""
    first = [(0, b"\xff\x03companion"), (0, b"\x95\x40\x40"), (480, b"\x85\x40\x40"), (480, b"\xff\x2f")]
    chunks = extended(PIANO, first, part=PART)
    assert 2 == len(chunks.tracks)
    assert [*first[:-1], (1920, b"\x95\x48\x50"), (2880, b"\x85\x48\x40"), (3840, b"\xff\x2f")] == chunks.tracks[1]
    assert PIANO == chunks.tracks[0]


def test_coarse_ticks_are_divided():
    """A part of ours is placed to the millisecond; what was there keeps its moments."""
    chunks = extended([ON, (24, b"\x80\x3c\x40"), (24, b"\xff\x2f")], division=24)
    assert 480 == chunks.division
    assert [ON, (480, b"\x80\x3c\x40"), (480, b"\xff\x2f")] == chunks.tracks[0]
    assert 1920 == chunks.tracks[1][1][0]


def test_frames_stay_frames():
    """Of 40 ticks at 25 a second."""
    chunks = extended([ON, (1000, b"\x80\x3c\x40"), (1000, b"\xff\x2f")], division=-25 << 8 | 40)
    assert (-25 << 8 | 40, 2000) == (chunks.division, chunks.tracks[1][1][0])


def test_keys_that_the_file_holds_are_released():
    """Where they were heard to end, for with more music behind them they would be held on."""
    track = extended([ON, (480, b"\x90\x40\x40"), (960, b"\x80\x40\x40"), (960, b"\xff\x2f")]).tracks[0]
    assert (960, b"\x80\x3c\x40") in track


@pytest.mark.parametrize(
    ("odd", "clean"),
    [
        (b"\xff\x51\0\0\0", None),
        (b"\xff\x51\x07\xa1", None),
        (b"\xff\x59\xf8\0", None),
        (b"\xff\x58\0\x02\x18\x08", None),
        (b"\xff\x58\x03\x02", b"\xff\x58\x03\x02\x18\x08"),
        (b"\xff\x51\x07\xa1\x20\x55", b"\xff\x51\x07\xa1\x20"),
        (b"\xb0\x07\xff", b"\xb0\x07\x7f"),
        (b"\xb0\xff\x07", None),
        (b"\xff\x7f\0\x90\xff", b"\xff\x7f\0\x90\xff"),
    ],
)
def test_what_says_nothing_is_left_out_and_what_is_odd_made_good(odd, clean):
    """As it was read, and told when it was."""
    track = extended([(0, odd), ON, OFF, (960, b"\xff\x2f")]).tracks[0]
    assert [(0, clean)] * bool(clean) == track[:-3]


def test_sysex_in_packets_is_told():
    """It cannot be written; a whole one can."""
    lines = []
    extended([(0, b"\xf0\x7e"), (5, b"\xf7\x7f\xf7"), ON, OFF, (960, b"\xff\x2f")], notify=lines.append)
    assert ["2 system-exclusive messages in several packets are not kept"] == lines


def test_where_every_channel_is_in_use_one_is_shared_and_told():
    """The last, which is the least likely to be the melody's."""
    lines = []
    crowd = [(0, bytes([0x90 | channel, 60, 64])) for channel in range(16)]
    chunks = extended([*crowd, (480, b"\xff\x2f")], notify=lines.append)
    assert ["every channel is in use; companion shares channel 16"] == lines
    assert b"\x9f\x48\x50" == chunks.tracks[1][1][1]
