import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.errors import MidiFileError
from livecomposer.events import Control, Note, NoteOff, NoteOn, Other, events_of_notes, in_order, notes_of_events
from livecomposer.midi import files
from livecomposer.midi.files import MAX_FILE_BYTES, Recording, Track, read, write

END = b"\0\xff\x2f\0"
KEY = b"\0\x90\x3c\x40\x60\x80\x3c\x40"
"""Middle C for 96 ticks."""


def smf(*bodies, kind=1, division=96):
    """The bytes of a file with these tracks; ``division`` is the signed or unsigned 16-bit field."""
    chunks = [b"MTrk" + struct.pack(">L", len(body)) + body for body in bodies]
    return b"MThd" + struct.pack(">LHHH", 6, kind, len(bodies), division & 0xFFFF) + b"".join(chunks)


@pytest.fixture
def reading(tmp_path):
    """Write these bytes and read them back."""

    def read_bytes(data):
        path = tmp_path / "in.mid"
        path.write_bytes(data)
        return read(path)

    return read_bytes


def refused(reading, data, match):
    """Assert that these bytes are refused in one line that says ``match``."""
    with pytest.raises(MidiFileError, match=match) as caught:
        reading(data)
    assert 1 == len(str(caught.value).splitlines())


GOOD = smf(b"\0\xff\x03\x04Left" + KEY + END, KEY + b"\0\xb0\x40\x7f\0\xe0\0\x40" + END)


def test_a_good_file_gives_its_tracks_in_seconds_and_drops_nothing(reading):
    """Names, notes, controllers and the rest arrive; no reason is listed that did not occur."""
    recording = reading(GOOD)
    assert (NoteOn(0.0, 60, 64), NoteOff(0.5, 60)) == recording.tracks[0].events
    assert (NoteOn(0.0, 60, 64), NoteOff(0.5, 60), Control(0.5, 64, 127)) == recording.tracks[1].events[:3]
    assert Other(0.5, b"\xe0\0\x40") == recording.tracks[1].events[3]
    assert ["Left", ""] == [track.name for track in recording.tracks]
    assert ({}, 0.5) == (recording.dropped, recording.seconds)


@pytest.mark.parametrize("cut", range(len(GOOD)))
def test_a_truncated_file_is_refused_or_read_at_every_length(reading, cut):
    """A file that ends anywhere is a MidiFileError of one line."""
    refused(reading, GOOD[:cut], "not a readable MIDI file")


def outcome(path, data):
    """The recording or the error of these bytes; any other exception goes through."""
    path.write_bytes(data)
    try:
        return read(path)
    except MidiFileError as error:
        return error


@given(st.binary(max_size=200) | st.binary(max_size=200).map(smf))
def test_any_bytes_give_a_recording_or_an_error_of_one_line(tmp_path_factory, data):
    """Noise, bare or inside a well-formed header and track, never gives another exception."""
    got = outcome(tmp_path_factory.getbasetemp() / "noise.mid", data)
    assert isinstance(got, Recording) or 1 == len(str(got).splitlines())


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_file_gives_a_recording_or_an_error_of_one_line(tmp_path_factory, changes):
    """A good file with any few bytes changed never gives another exception."""
    data = bytearray(GOOD)
    for at, byte in changes:
        data[at] = byte
    got = outcome(tmp_path_factory.getbasetemp() / "damaged.mid", bytes(data))
    assert isinstance(got, Recording) or 1 == len(str(got).splitlines())


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "not a readable MIDI file"),
        (b"RIFF....WAVEfmt ", "MThd not found"),
        (smf(KEY + END, kind=2), "type 2; wanted type 0 or 1"),
        (smf(KEY + END, kind=7), "type 7; wanted type 0 or 1"),
        (smf(KEY + END, division=0), "a time division of 0"),
        (smf(KEY + END, division=-25 << 8), "a time division of -6400"),
        (smf(KEY + END, division=-(7 << 8) | 40), "a time division of -1752"),
        (smf(END), "no playable note"),
        (smf(), "no playable note"),
        (smf(KEY.replace(b"\x90", b"\x99").replace(b"\x80", b"\x89") + END), "no playable note"),
        (smf(KEY[:4] + b"\xff\xff\xff\x7f\x80\x3c\x40" + END), "hours; wanted less than 24"),
        (smf(KEY[:4] + b"\xff" * 400 + b"\x7f\x80\x3c\x40" + END), "lasts for ever"),
        (smf(b"\xff" * 20_000 + KEY + END), "a number without end"),
        (b"\0" * (MAX_FILE_BYTES + 1), "wanted at most 4 MiB"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_line(reading, data, match):
    """Empty, foreign, of another type, without time, without notes, endless or enormous."""
    refused(reading, data, match)


def test_a_missing_file_is_named(tmp_path):
    """The error says that there is no such file."""
    with pytest.raises(MidiFileError, match=r"none\.mid: no such file"):
        read(tmp_path / "none.mid")


def test_a_folder_is_refused(tmp_path):
    """The error says that it is a folder."""
    with pytest.raises(MidiFileError, match="a folder or device"):
        read(tmp_path)


@pytest.mark.parametrize(("frames", "rate"), [(24, 24.0), (25, 25.0), (29, 29.97), (30, 30.0)])
def test_smpte_divisions_are_frames_a_second(reading, frames, rate):
    """96 ticks at 40 ticks a frame last 2.4 frames, whatever the tempo says."""
    tempo = b"\0\xff\x51\x03\x01\x00\x00"
    recording = reading(smf(tempo + KEY + END, division=-(frames << 8) | 40))
    assert pytest.approx(2.4 / rate) == recording.seconds


def test_notes_of_no_length_are_dropped_and_counted(reading):
    """A note-on and its note-off in one tick leave nothing, even where a tempo of zero makes it so."""
    assert {"notes of no length": 1} == reading(smf(KEY + KEY.replace(b"\x60", b"\0") + END)).dropped
    frozen = b"\0\xff\x51\x03\0\0\0" + KEY
    tail = b"\0\xff\x51\x03\x07\xa1\x20" + KEY
    assert {"notes of no length": 1} == reading(smf(frozen + tail + END)).dropped


def test_note_offs_without_a_note_are_dropped_and_counted(reading):
    """A stray note-off is no event."""
    recording = reading(smf(b"\0\x80\x3e\x40" + KEY + END))
    assert {"note-offs without a note": 1} == recording.dropped
    assert 2 == len(recording.events)


def test_a_note_that_never_ends_ends_with_its_track(reading):
    """The hanging note is counted and lasts to the end-of-track."""
    recording = reading(smf(KEY[:4] + b"\x60\xff\x2f\0"))
    assert [NoteOn(0.0, 60, 64), NoteOff(0.5, 60)] == recording.events
    assert ["notes never ended (ended with their track)"] == list(recording.dropped)


def test_drums_are_left_out_and_counted(reading):
    """A file with drums and one melody keeps the melody."""
    drums = KEY.replace(b"\x90", b"\x99").replace(b"\x80", b"\x89")
    recording = reading(smf(drums * 3 + END, KEY + END))
    assert ({"drum notes": 3}, 2) == (recording.dropped, len(recording.events))


def test_ten_thousand_notes_at_once_are_one_a_key(reading):
    """On 100 keys struck 100 times each at one moment, one note a key stays and the rest are counted."""
    ons = b"".join(bytes([0, 0x90, pitch, 64]) for pitch in range(100)) * 100
    offs = b"\x60\x80\0\0" + b"".join(bytes([0, 0x80, pitch, 0]) for pitch in range(1, 100))
    rest = b"".join(bytes([0, 0x80, pitch, 0]) for pitch in range(100)) * 99
    recording = reading(smf(ons + offs + rest + END))
    assert {"notes doubled on one key": 9900} == recording.dropped
    assert 200 == len(recording.events)


def test_a_program_change_comes_before_the_note_of_its_moment():
    """At one moment note-offs come first, then controllers and programs, then note-ons."""
    on, off, program = NoteOn(1.0, 60, 64), NoteOff(1.0, 62), Other(1.0, b"\xc0\x05")
    assert [off, program, on] == in_order([on, program, off])


NOTES = st.builds(
    lambda start, length, pitch, velocity: Note(start, start + length, pitch, velocity),
    st.floats(0, 60),
    st.floats(0.002, 5),
    st.integers(0, 127),
    st.integers(1, 127),
)


@given(st.lists(NOTES, min_size=1, max_size=30, unique_by=lambda note: note.pitch), st.text(max_size=12))
def test_what_is_written_is_read_back(tmp_path_factory, notes, name):
    """Every note returns within a tick a note of its track, with pitch, velocity and the track's name."""
    path = tmp_path_factory.getbasetemp() / "round.mid"
    write(path, [Track(name, tuple(events_of_notes(notes)))])
    recording = read(path)
    got = sorted(notes_of_events(recording.events), key=lambda note: note.pitch)
    wanted = sorted(notes, key=lambda note: note.pitch)
    assert {} == recording.dropped
    assert [name.encode(errors="replace").decode()] == [track.name for track in recording.tracks]
    assert [(n.pitch, n.velocity) for n in wanted] == [(n.pitch, n.velocity) for n in got]
    assert pytest.approx([n.start for n in wanted], abs=0.002) == [n.start for n in got]
    assert pytest.approx([n.end for n in wanted], abs=0.002) == [n.end for n in got]


def test_a_note_shorter_than_a_tick_survives_writing(tmp_path):
    """It is given one tick, for a note of none would be lost to the next reader."""
    write(tmp_path / "out.mid", [Track("", (NoteOn(1.0, 60, 64), NoteOff(1.00001, 60)))])
    assert 2 == len(read(tmp_path / "out.mid").events)


def test_controllers_and_other_messages_survive_writing(tmp_path):
    """A pedal and a pitch bend come back, the bend on its part's channel."""
    events = (Control(0.0, 64, 127), Other(0.0, b"\xe5\0\x40"), NoteOn(0.0, 60, 64), NoteOff(1.0, 60))
    write(tmp_path / "out.mid", [Track("", events)])
    assert [events[0], Other(0.0, b"\xe0\0\x40"), *events[2:]] == read(tmp_path / "out.mid").events


def test_twenty_parts_all_come_back(tmp_path):
    """No part lands on the drum channel or beyond the sixteenth."""
    parts = [Track(str(part), (NoteOn(0.0, part, 64), NoteOff(1.0, part))) for part in range(20)]
    write(tmp_path / "out.mid", parts)
    assert tuple(parts) == read(tmp_path / "out.mid").tracks


def test_an_unwritable_place_is_an_error_of_one_line(tmp_path):
    """A folder that is missing, and a file where a folder should be, are named."""
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "none" / "out.mid", tmp_path / "file" / "out.mid"):
        with pytest.raises(MidiFileError, match=r"out\.mid: cannot be written .* name a writable place"):
            write(path, [])


def test_a_failed_write_keeps_the_old_file_and_leaves_no_litter(tmp_path, monkeypatch):
    """The disk fills up half way: the old file is whole and nothing lies beside it."""
    path = tmp_path / "out.mid"
    path.write_bytes(GOOD)

    def full(self, name):
        name.write_bytes(b"MThd")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.mido.MidiFile, "save", full)
    with pytest.raises(MidiFileError, match="No space left on device"):
        write(path, [Track("", (NoteOn(0.0, 60, 64), NoteOff(1.0, 60)))])
    assert GOOD == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def tempo(microseconds):
    """A change of tempo, at once."""
    return b"\0\xff\x51\x03" + microseconds.to_bytes(3, "big")


def test_beats_follow_the_tempo_to_past_the_end(reading):
    """Quarter notes in seconds; a beat of half a second, then slower ones; the bar is as the first signature says."""
    waltz = b"\0\xff\x58\x04\x03\x02\x18\x08"
    slower = b"\x60" + tempo(1_000_000)[1:]  # after 96 ticks, which are one beat
    recording = reading(smf(waltz + tempo(500_000) + slower + b"\0\x90\x3c\x40\x81\x40\x80\x3c\x40" + END))
    assert ((0.0, 0.5, 1.5, 2.5, 3.5), 3.0) == (recording.beats, recording.quarters_per_bar)


def test_a_tempo_that_no_music_has_gives_no_beats(reading):
    """However many beats a file claims, they are not counted for ever."""
    far = b"\xff\xff\xff\x7f\x80\x3c\x40"
    recording = reading(smf(tempo(1) + b"\0\x90\x3c\x40" + far + b"\0\x90\x3e\x40" + far + END, division=1))
    assert () == recording.beats


def test_frames_tell_no_beats(reading):
    """Time in frames a second has no beats; the bar is then four quarters."""
    recording = reading(smf(KEY + END, division=-25 << 8 | 40))
    assert ((), 4.0) == (recording.beats, recording.quarters_per_bar)
