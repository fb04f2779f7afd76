"""A session on disk."""

import json

import pytest

from livecomposer.errors import LivecomposerError
from livecomposer.events import Control, NoteOn, Other, Role
from livecomposer.faults import Fault, Faults
from livecomposer.midi import files
from livecomposer.takes.journal import Journal, recover, tracks_of
from tests.fakes import counted


class FullDisk:
    """A file that takes nothing; unreal in that it never did."""

    closed = False

    def write(self, _text):
        raise OSError("no space left on device")

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        raise OSError("no space left on device")

    def close(self):
        self.closed = True
        raise OSError("no space left on device")


def journal_in(folder, faults=None):
    """A journal that began at 10 s."""
    return Journal(folder, began=10.0, header={"seed": 7}, faults=faults)


def play_into(journal):
    """One note of the performer's, one of the companion's that is never ended."""
    journal.message(10.5, Role.PERFORMER, bytes([0x90, 60, 80]))
    journal.message(11.0, Role.PERFORMER, bytes([0x80, 60, 0]))
    journal.note(11.6, "turn", number=1)
    journal.message(11.63, Role.COMPANION, bytes([0x91, 64, 70]))
    journal.message(12.0, Role.PERFORMER, bytes([0xB0, 64, 127]))


def test_a_session_becomes_two_tracks(tmp_path):
    """Performer and companion each on their own, and no note left on."""
    with journal_in(tmp_path) as journal:
        play_into(journal)
    tracks = files.read(journal.midi_path).tracks
    assert ["performer", "companion"] == [track.name for track in tracks]
    assert [0.5, 1.63] == [pytest.approx(track.events[0].time, abs=0.001) for track in tracks]
    assert 2 == len(tracks[1].events)


def test_every_line_is_json_and_the_first_says_what_was_played_with(tmp_path):
    """Seed and version come first; the rest has times."""
    with journal_in(tmp_path) as journal:
        play_into(journal)
    lines = [json.loads(line) for line in journal.path.read_text().splitlines()]
    assert 7 == lines[0]["seed"]
    assert all("t" in line for line in lines[1:])


def test_what_was_flushed_survives_a_crash(tmp_path):
    """The next session makes the MIDI file; a line cut short is passed over."""
    journal = journal_in(tmp_path)
    play_into(journal)
    journal.flush()
    journal._file.close()  # as a crash does
    with journal.path.open("a") as file:
        file.write('{"t": 3.0, "who": "perf')
    assert [journal.midi_path] == recover(tmp_path)
    assert 2 == len(files.read(journal.midi_path).tracks)
    assert [] == recover(tmp_path)


def test_a_session_without_a_note_leaves_no_midi_file(tmp_path):
    """Its journal stays."""
    with journal_in(tmp_path) as journal:
        pass
    assert journal.path.exists()
    assert not journal.midi_path.exists()


def test_sessions_of_one_second_do_not_overwrite_each_other(tmp_path):
    """Each has a name of its own."""
    journals = [journal_in(tmp_path) for _ in range(3)]
    assert 3 == len({journal.path for journal in journals})
    for journal in journals:
        journal.close()


def test_a_full_disk_loses_lines_and_counts_them(tmp_path):
    """The music goes on: nothing is raised."""
    journal = journal_in(tmp_path, faults := Faults())
    journal._file.close()
    journal._file = FullDisk()
    play_into(journal)
    journal.flush()
    assert {Fault.LOST_LINES: 5} == counted(faults)
    journal.close()
    journal.close()
    journal.flush()
    assert {Fault.LOST_LINES: 5} == counted(faults)


def test_a_midi_file_without_room_is_left_to_the_next_session(tmp_path):
    """Closing raises nothing, and counts it; here a folder is in its place."""
    journal = journal_in(tmp_path, faults := Faults())
    play_into(journal)
    journal.midi_path.mkdir()
    journal.close()
    assert {Fault.TAKE_UNWRITTEN: 1} == counted(faults)
    journal.midi_path.rmdir()
    assert [journal.midi_path] == recover(tmp_path)


@pytest.mark.parametrize("content", ["", '{"livecomp', '[1]\n{"t": 0}\n', '{"data": 5, "t": "now"}\n'])
def test_what_is_no_journal_is_left_alone(tmp_path, content):
    """A folder may hold other JSON lines, or a header that never got to the disk."""
    (tmp_path / "other.jsonl").write_text(content)
    assert [] == recover(tmp_path)
    assert ["other.jsonl"] == [path.name for path in tmp_path.iterdir()]


def test_more_lines_than_may_wait_are_lost_from_the_front(tmp_path):
    """A bound is kept, and what it cost is counted."""
    with journal_in(tmp_path, faults := Faults()) as journal:
        for i in range(100_003):
            journal.note(10.0 + i, "line")
        assert {Fault.LOST_LINES: 3} == counted(faults)
    lines = journal.path.read_text().splitlines()
    assert 100_001 == len(lines)
    assert 3.0 == json.loads(lines[1])["t"]


def test_a_folder_that_cannot_be_written_is_told_before_the_session(tmp_path):
    """One line, with the remedy."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LivecomposerError, match="--record DIR"):
        journal_in(tmp_path / "file")


def test_controllers_are_kept_on_the_performers_track(tmp_path):
    """The pedal is part of the take."""
    with journal_in(tmp_path) as journal:
        play_into(journal)
    kinds = [type(event).__name__ for event in tracks_of(journal.path)[0].events]
    assert ["NoteOn", "NoteOff", "Control"] == kinds
    assert isinstance(tracks_of(journal.path)[1].events[0], NoteOn)


def test_pedals_bends_and_pressure_are_kept_as_they_were_played(tmp_path):
    """Half a pedal, modulation, expression, bend, and both kinds of aftertouch: in the journal and in the MIDI file."""
    played = ["b04029", "b0407f", "b00121", "b00b5a", "e00350", "d04d", "a03c09", "b04000"]
    with journal_in(tmp_path) as journal:
        play_into(journal)
        for i, data in enumerate(played):
            journal.message(12.5 + i / 10, Role.PERFORMER, bytes.fromhex(data))
    lines = [json.loads(line) for line in journal.path.read_text().splitlines()]
    assert played == [line["data"] for line in lines if line.get("who") == "performer"][-len(played) :]
    (performer, _) = files.read(journal.midi_path).tracks
    assert (
        played
        == [
            bytes((0xB0, event.number, event.value)).hex() if isinstance(event, Control) else event.data.hex()
            for event in performer.events
            if isinstance(event, Control | Other)
        ][-len(played) :]
    )
