import struct

import pytest

from livecomposer.midi.file_chunks import parse
from livecomposer.midi.file_faults import Fault
from tests.midi.odd_files import BETWEEN, END, KEY, chunk, header, smf

ON, OFF, CLOSE = (0, b"\x90\x3c\x40"), (96, b"\x80\x3c\x40"), (96, b"\xff\x2f")
NOTE = [ON, OFF, CLOSE]
TRACK = chunk(b"MTrk", KEY + END)


def test_a_good_file_is_messages_at_ticks():
    """Running status is spelled out, and the data of texts and of system-exclusive messages is whole."""
    body = b"\0\x90\x3c\x40\x60\x3c\0\0\xff\x03\x04Left\0\xf0\x03\x7e\x09\xf7" + END
    chunks = parse(smf(body, kind=0, division=-25 << 8 | 40))
    wanted = [ON, (96, b"\x90\x3c\0"), (96, b"\xff\x03Left"), (96, b"\xf0\x7e\x09\xf7"), CLOSE]
    assert ((0, -25 << 8 | 40, (wanted,)), {}) == ((chunks.kind, chunks.division, chunks.tracks), chunks.faults)


@pytest.mark.parametrize("name", BETWEEN)
def test_running_status_goes_on_behind_whatever_stands_between(name):
    """The note behind it is read as the one ahead of it is."""
    body = b"\0\x90\x3c\x40\0" + BETWEEN[name] + b"\x60\x3c\0" + END
    if BETWEEN[name][0] < 0xF0:  # a channel message, which is a status of its own
        body = body.replace(b"\x60\x3c\0", b"\x60\x90\x3c\0")
    messages = parse(smf(body)).tracks[0]
    assert [ON, (96, b"\x90\x3c\0")] == [message for message in messages if message[1][0] == 0x90]


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b"\0" * 128 + smf(KEY + END), {Fault.LEADING_BYTES: 128}),
        (header(length=8, more=b"ab") + TRACK, {Fault.HEADER_LENGTHS: 1}),
        (header(length=2) + TRACK, {Fault.HEADER_LENGTHS: 1}),
        (header(length=1 << 31) + TRACK, {Fault.HEADER_LENGTHS: 1}),
        (header(count=2) + TRACK, {Fault.MISSING_TRACKS: 1}),
        (header(count=0) + TRACK, {Fault.UNCOUNTED_TRACKS: 1}),
        (header() + chunk(b"XFIH", b"abc") + TRACK, {Fault.OTHER_CHUNKS: 1}),
        (header() + TRACK + chunk(b"XFKM", b""), {Fault.OTHER_CHUNKS: 1}),
        (header() + chunk(b"XFIH", b"abc", 9) + TRACK, {Fault.STRAY_BYTES: 11}),
        (header() + chunk(b"XFIH", b"abc", len(TRACK) + 3) + TRACK, {Fault.STRAY_BYTES: 11}),
        (header() + chunk(b"XFIH", b"abc", 1 << 31) + TRACK, {Fault.STRAY_BYTES: 11}),
        (header() + TRACK + b"\x1a" * 5, {Fault.STRAY_BYTES: 5}),
        (header() + TRACK + header() + TRACK, {Fault.MORE_FILES: 1}),
        (header() + chunk(b"MTrk", KEY + END, 0), {Fault.TRACK_LENGTHS: 1}),
        (header() + chunk(b"MTrk", KEY + END, 11), {Fault.TRACK_LENGTHS: 1}),
        (header() + chunk(b"MTrk", KEY + END, 13), {Fault.TRACK_LENGTHS: 1}),
        (header() + chunk(b"MTrk", KEY + END, 0xFFFFFFFF), {Fault.TRACK_LENGTHS: 1}),
        (header() + chunk(b"MTrk", KEY + END + b"\0\0\0"), {Fault.TRACK_LENGTHS: 1, Fault.STRAY_BYTES: 3}),
    ],
)
def test_a_track_is_found_whatever_the_chunks_say(data, faults):
    """All of it is read, and what was odd is counted."""
    chunks = parse(data)
    assert ((NOTE,), faults) == (chunks.tracks, chunks.faults)


def test_a_length_that_swallows_the_next_track_is_not_believed():
    """Both are there, although the first claims to last to the end of the file."""
    chunks = parse(header(count=2) + chunk(b"MTrk", KEY + END, 2 * len(TRACK) - 8) + TRACK)
    assert ((NOTE, NOTE), {Fault.TRACK_LENGTHS: 1}) == (chunks.tracks, chunks.faults)


def test_a_track_name_within_notes_is_no_track():
    """Four notes' bytes may read MTrk; where the file's lengths add up, they are notes."""
    body = b"\0\x90\x3c\x4d\x54\x72\x6b\0" + END
    assert 3 == len(parse(smf(body)).tracks[0])


def test_an_end_of_track_within_a_track_is_read_over():
    """Some libraries write one ahead of the last messages; the track's length and its true end agree."""
    chunks = parse(smf(b"\0\xff\x2f\0" + KEY + END))
    assert ([(0, b"\xff\x2f"), *NOTE], {Fault.EARLY_ENDS: 1}) == (chunks.tracks[0], chunks.faults)


def test_a_track_without_an_end_is_whole():
    """Its length says where it ends, or the next track does."""
    for told in (None, 0):
        chunks = parse(header(count=2) + chunk(b"MTrk", KEY, told) + TRACK)
        assert ([ON, OFF], NOTE) == chunks.tracks
        assert 1 == chunks.faults[Fault.ENDLESS_TRACKS]


def test_a_track_without_an_end_keeps_out_what_is_behind_it():
    """It goes as far as it claims, where that is between two messages."""
    chunks = parse(header() + chunk(b"MTrk", KEY) + b"\x1a" * 7)
    assert ([ON, OFF], 7) == (chunks.tracks[0], chunks.faults[Fault.STRAY_BYTES])


def test_a_file_that_breaks_off_says_how_much_is_missing():
    """The bytes of the message that is cut count as no event."""
    chunks = parse(smf(KEY + END)[:-6])
    assert [ON] == chunks.tracks[0]
    assert {Fault.UNREADABLE: 2, Fault.MISSING_BYTES: 6, Fault.ENDLESS_TRACKS: 1} == chunks.faults


@pytest.mark.parametrize(
    "damage", [b"\0\x3c\x40", b"\0\xff\x01\x50abc", b"\xff\xff\xff\xff\x7f\x90\x3c\x40", b"\0\xf0\x50\x7e\x01"]
)
def test_what_is_no_event_ends_its_track_alone(damage):
    """Data without a status, lengths beyond the end, a number too large: the next track is read."""
    chunks = parse(smf(damage, KEY + END))
    assert NOTE == chunks.tracks[1]
    assert len(damage) == chunks.faults[Fault.UNREADABLE]


@pytest.mark.parametrize(
    ("message", "read", "fault"),
    [
        (b"\xf0\x7e\x7f\x09\x01\xf7", b"\xf0\x7f\x09\x01\xf7", Fault.SYSEX_LENGTHS),
        (b"\xf0\x02\x7e\x7f\xf7", b"\xf0\x7e\x7f\xf7", Fault.SYSEX_LENGTHS),
        (b"\xf0\x06\x7e\xf7\xf0\x7f\x01\xf7", b"\xf0\x7e\xf7\xf0\x7f\x01\xf7", None),
        (b"\xf0\x03\x7e\x90\x3c", b"\xf0\x7e\x90\x3c", Fault.BROKEN_SYSEX),
        (b"\xf0\x01\x7e\0\xf7\x02\x7f\xf7", b"\xf0\x7e", None),
        (b"\xf7\x03\x90\x3c\x40", b"\xf7\x90\x3c\x40", Fault.SYSTEM_MESSAGES),
        (b"\xff\x01\x05a\0\x90\x3cb", b"\xff\x01a\0\x90\x3cb", Fault.BROKEN_TEXTS),
        (b"\xff\x01\x03ab\0", b"\xff\x01ab\0", None),
        (b"\xff\x33\x01a", b"\xff\x33a", Fault.UNKNOWN_METAS),
        (b"\xff\x51\x04\x07\xa1\x20\0", b"\xff\x51\x07\xa1\x20\0", Fault.META_LENGTHS),
        (b"\xff\x51\x02\x07\xa1", b"\xff\x51\x07\xa1", Fault.SHORT_METAS),
    ],
)
def test_lengths_within_a_track_are_held_against_what_they_lead_to(message, read, fault):
    """A wrong one is found out where it can be; what may hide notes is counted."""
    chunks = parse(smf(b"\0" + message + KEY + END))
    assert read == chunks.tracks[0][0][1]
    assert NOTE == chunks.tracks[0][-3:]
    assert ({fault: 1} if fault else {}) == chunks.faults


def test_a_riff_file_is_read_as_what_it_wraps():
    """What else the wrapper holds is its own; a size of nothing, as streams have, is no size."""
    data = smf(KEY + END)
    for size in (len(data), 0, 0xFFFFFFFF):
        wrapped = b"RIFF\0\0\0\0RMIDdata" + struct.pack("<L", size) + data
        chunks = parse(wrapped + (b"LIST\x04\0\0\0INFO" if size == len(data) else b""))
        assert ((NOTE,), {}) == (chunks.tracks, chunks.faults)


@pytest.mark.parametrize("data", [b"", b"MTrk", b"MThd\0\0\0\x06\0\x01\0\x01\0"])
def test_without_a_whole_header_there_is_no_file(data):
    """The error says what is missing."""
    with pytest.raises(ValueError, match=r"MThd not found|ends within its header"):
        parse(data)
