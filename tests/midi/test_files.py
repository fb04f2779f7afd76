from collections import Counter

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.errors import MidiFileError
from livecomposer.events import Control, Note, NoteOff, NoteOn, Other, events_of_notes, in_order, notes_of_events
from livecomposer.midi.files import MAX_FILE_BYTES, Recording, Track, read, write
from tests.midi.odd_files import CASES, END, KEY, cut, smf, whole_files


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


@pytest.mark.parametrize("length", range(len(GOOD)))
def test_a_truncated_file_is_refused_or_read_at_every_length(tmp_path, length):
    """A file that ends anywhere is an error of one line, or its notes so far and a line on what is missing."""
    got = outcome(tmp_path / "cut.mid", GOOD[:length])
    said = str(got) if isinstance(got, MidiFileError) else got.remarks
    assert 1 == len(said.splitlines())


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
        (smf(KEY + END)[:13], "it ends within its header"),
        (smf(KEY + END, KEY + END, kind=2), "type 2; wanted type 0 or 1"),
        (smf(KEY + END, division=0), "a time division of 0"),
        (smf(KEY + END, division=-25 << 8), "a time division of -6400"),
        (smf(KEY + END, division=-(7 << 8) | 40), "a time division of -1752"),
        (smf(END), "no playable note"),
        (smf(), "no playable note"),
        (smf(KEY.replace(b"\x90", b"\x99").replace(b"\x80", b"\x89") + END), "no playable note"),
        (smf(KEY[:4] + b"\xff\xff\xff\x7f\x80\x3c\x40" + END), "hours; wanted less than 24"),
        (b"\0" * (MAX_FILE_BYTES + 1), "wanted at most 4 MiB"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_line(reading, data, match):
    """Empty, foreign, several pieces, without time, without notes, endless or enormous."""
    refused(reading, data, match)


@pytest.mark.parametrize("number", [b"\xff" * 400 + b"\x7f", b"\xff" * 100_000 + b"\x7f"])
def test_a_number_without_end_ends_its_track_and_is_counted(reading, number):
    """The notes ahead of it are there."""
    recording = reading(smf(KEY + number + KEY[1:] + END))
    assert {"bytes that are no event": len(number) + 11, "tracks without an end": 1} == recording.dropped
    assert 2 == len(recording.events)


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


def test_note_offs_without_a_note_are_dropped_and_counted(reading):
    """A stray note-off is no event."""
    recording = reading(smf(b"\0\x80\x3e\x40" + KEY + END))
    assert {"note-offs without a note": 1} == recording.dropped
    assert 2 == len(recording.events)


def test_a_note_that_never_ends_ends_with_its_track(reading):
    """The hanging note is counted and lasts to the end-of-track."""
    recording = reading(smf(KEY[:4] + b"\x60\xff\x2f\0"))
    assert [NoteOn(0.0, 60, 64), NoteOff(0.5, 60)] == recording.events
    assert {"notes never ended": 1} == recording.dropped


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


NAMES = st.text(st.characters(min_codepoint=32), max_size=12)


@given(st.lists(NOTES, min_size=1, max_size=30, unique_by=lambda note: note.pitch), NAMES)
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


def test_a_name_is_written_as_text(tmp_path):
    """Without control characters, which another reader might take for damage."""
    write(tmp_path / "out.mid", [Track("a\0b\n", (NoteOn(0.0, 60, 64), NoteOff(1.0, 60)))])
    assert ("a b ", {}) == ((recording := read(tmp_path / "out.mid")).tracks[0].name, recording.dropped)


@pytest.mark.parametrize(("tempo", "beats_per_bar"), [(120.0, 4), (90.0, 3), (33.3, 4)])
def test_a_tempo_and_a_bar_are_written_so_that_beats_are_read_back(tmp_path, tempo, beats_per_bar):
    """And notes are at their moments whatever they are; what holds where nothing is said is not said."""
    track = Track("one", tuple(events_of_notes([Note(0.5, 7.25, 60, 80)])))
    write(tmp_path / "a.mid", [track, track], tempo=tempo, beats_per_bar=beats_per_bar)
    recording = read(tmp_path / "a.mid")
    assert [60 / tempo * beat for beat in range(5)] == pytest.approx(recording.beats[:5], abs=1e-3)
    assert beats_per_bar == recording.quarters_per_bar
    assert [0.5, 7.25] == pytest.approx([event.time for event in recording.tracks[1].events], abs=1e-3)
    plain = b"\xff\x51" not in (tmp_path / "a.mid").read_bytes()
    assert plain == (tempo == 120.0)


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

    monkeypatch.setattr(mido.MidiFile, "save", full)
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


M = [(60 + step, 0.5 * at, 0.5 * at + 0.5) for at, step in enumerate((0, 2, 4, 5, 7, 9, 11, 12))]
"""The melody of most cases: key, start, end."""
SCALE = [(key, 0.25 * at, 0.25 * at + 0.25) for at, key in enumerate((60, 62, 64, 65, 67, 69, 71, 72) * 3)]
SHORT_AND_LONG = [
    note
    for at, step in enumerate((*range(7), *range(5)))
    for note in ((60 + step, 0.5 * at, 0.5 * at + 0.001), (64 + step, 0.5 * at + 0.25, 0.5 * at + 0.5))
]
AS_TOLD = {
    "02-key-signature-8-flats": (SCALE, "ignored: 1 key signature that does not exist"),
    "04-empty-metas": (SCALE, "ignored: 5 meta events that say too little"),
    "08-zero-length": (SHORT_AND_LONG, "mended: 12 notes of no length"),
    "14-rmid": (SCALE, ""),
    "16-tempo-zero": (SCALE, "ignored: 1 tempo of 0"),
    "21-unknown-chunk": (SCALE, "ignored: 1 chunk of another kind"),
    "27-prompt-ends-held": (
        [*SCALE[:16], (48, 4.0, 4.25), (52, 4.0, 4.25), (55, 4.0, 4.25)],
        "mended: 3 notes never ended",
    ),
    "01-keysig-8-sharps": (M, "ignored: 1 key signature that does not exist"),
    "01b-keysig-mode-2": (M, "ignored: 1 key signature that does not exist"),
    "03-timesig-2-bytes": (M, "mended: 1 meta event of a wrong length"),
    "03b-smpte-offset-empty": (M, "ignored: 1 meta event that says too little"),
    "04-unknown-chunk": (M, "ignored: 1 chunk of another kind"),
    "04b-unknown-chunk-between": (M, "ignored: 1 chunk of another kind"),
    "05b-track-length-too-short": (M, "mended: 1 track length that is wrong"),
    "06-truncated-last-byte": (
        M,
        "ignored: 3 bytes that are no event, 1 byte missing at the end; mended: 1 track without an end",
    ),
    "06c-header-says-3-tracks": (M, "ignored: 2 tracks that the header counts and are not there"),
    "06d-header-says-1-of-2": (M, "mended: 1 track that the header does not count"),
    "08b-running-across-sysex": ([(60, 0.0, 0.5), (62, 0.5, 1.0), (64, 1.0, 1.5)], ""),
    "08d-realtime-then-running": (M[:2], "ignored: 1 system message"),
    "08f-undefined-status-f9": (M[:2], "ignored: 1 system message"),
    "10-restrike-one-off": (
        [M[0], *((key, start + 0.5, end + 0.5) for key, start, end in [(60, 0.0, 0.5), *M[1:7]])],
        "mended: 1 note ended by the next on its key",
    ),
    "16-tempo-0-first": (M, "ignored: 1 tempo of 0"),
    "18-type2-one-track": (M, "mended: 1 file type that does not fit"),
    "20-zero-length-notes": (
        [(key, start + 0.5, start + 0.501) for key, start, _ in M[:5]],
        "mended: 5 notes of no length",
    ),
    "31b-note-never-ended-long-tail": (
        [(60, 0.0, 2.0), (64, 0.5, 1.0), (65, 1.0, 1.5), (67, 1.5, 2.0)],
        "mended: 1 note never ended",
    ),
    "34-channel-prefix-empty": (M, "ignored: 1 meta event that says too little"),
    "44-two-restrikes-drum-like": (
        [
            *((60, 0.25 * at, 0.25 * at + 0.25) for at in range(1, 7)),
            *((key, start + 1.25, end + 1.25) for key, start, end in M[1:5]),
        ],
        "mended: 5 notes ended by the next on their key",
    ),
}
"""By case: its notes, and what is said of it behind their number."""


def heard(recording):
    """Key, start and end of each note, to the millisecond."""
    return [(note.pitch, round(note.start, 3), round(note.end, 3)) for note in notes_of_events(recording.events)]


@pytest.mark.parametrize("name", AS_TOLD)
def test_each_odd_file_is_read_as_a_player_reads_it_and_told(name):
    """Its notes are where they are heard; in one line stands what was ignored and what mended."""
    notes, remarks = AS_TOLD[name]
    recording = read(CASES / f"{name}.mid")
    assert notes == heard(recording)
    assert (f"read {len(notes)} notes; {remarks}" if remarks else "") == recording.remarks


def test_whoever_reads_is_told_in_one_line(tmp_path):
    """The line names the file; of a good file nothing is said."""
    lines = []
    path = CASES / "21-unknown-chunk.mid"
    read(path, lines.append)
    (tmp_path / "good.mid").write_bytes(GOOD)
    read(tmp_path / "good.mid", lines.append)
    assert [f"{path}: read 24 notes; ignored: 1 chunk of another kind"] == lines


def keys_of(recording):
    """How often each key is struck."""
    return Counter(event.pitch for event in recording.events if isinstance(event, NoteOn))


@given(whole_files())
def test_no_damage_to_header_lengths_or_chunks_costs_a_note(tmp_path_factory, made):
    """Whatever they claim, whatever stands between notes, and however a track ends: every stroke is read."""
    odd, data = made
    got = outcome(tmp_path_factory.getbasetemp() / "odd.mid", data)
    assert Counter(key for notes in odd.notes for _, _, key in notes) == keys_of(got)


@given(whole_files(), st.data())
def test_a_file_cut_anywhere_tells_what_is_missing(tmp_path_factory, made, data):
    """No stroke is invented; where one is missing, something is said, or the file is refused."""
    odd, _ = made
    whole = cut(odd, None)
    got = outcome(tmp_path_factory.getbasetemp() / "cut.mid", cut(odd, data.draw(st.integers(0, len(whole)))))
    if isinstance(got, MidiFileError):
        return
    missing = Counter(key for notes in odd.notes for _, _, key in notes)
    missing.subtract(keys_of(got))
    assert min(missing.values()) >= 0
    assert got.remarks or not any(missing.values())
