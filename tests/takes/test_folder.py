import os

import pytest

from livecomposer.companion.tape import Tape
from livecomposer.companion.undo_history import Exchange
from livecomposer.errors import MidiFileError
from livecomposer.events import Note, NoteOff, NoteOn, Role
from livecomposer.midi import files
from livecomposer.takes.folder import MOST_NOTES, find_take, kept, notes_of, save_take, takes_in

NOTE = Note(0.5, 1.0, 60, 80)


def test_a_take_that_is_saved_is_found_and_read_again(tmp_path):
    """Parts keep their names, notes their moments."""
    path = save_take(tmp_path, {"performer": [NOTE], "companion": [Note(1.0, 1.5, 64, 70)]}, stem="tune")
    assert "tune_1.mid" == path.name
    assert [path.name] == [take.name for take in takes_in(tmp_path)]
    parts = notes_of(find_take(tmp_path, path.name))
    assert ["performer", "companion"] == list(parts)
    assert (60, pytest.approx(0.5, abs=0.001)) == (parts["performer"][0].pitch, parts["performer"][0].start)


def test_no_take_is_overwritten(tmp_path):
    """Each gets a number of its own."""
    assert ["a_1.mid", "a_2.mid"] == [save_take(tmp_path, {"performer": [NOTE]}, stem="a").name for _ in range(2)]


def test_the_newest_take_comes_first(tmp_path):
    """What is no MIDI file is no take."""
    for age, name in enumerate(("new", "old")):
        os.utime(save_take(tmp_path, {"performer": [NOTE]}, stem=name), (1000 - age, 1000 - age))
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "folder.mid").mkdir()
    assert ["new_1.mid", "old_1.mid"] == [take.name for take in takes_in(tmp_path)]


@pytest.mark.parametrize(
    "name",
    [
        "../secret.mid",
        "/etc/passwd",
        "a/b.mid",
        "..",
        "",
        "gone.mid",
        "link.mid",
        "x.txt",
        "a\0.mid",
        "a" * 400 + ".mid",
    ],
)
def test_nothing_outside_the_folder_is_found(tmp_path, name):
    """Neither by a path, nor by a link, nor what was deleted."""
    secret = save_take(tmp_path, {"performer": [NOTE]}, stem="secret").rename(tmp_path / "secret.mid")
    folder = tmp_path / "takes"
    folder.mkdir()
    (folder / "link.mid").symlink_to(secret)
    (folder / "x.txt").write_text("x")
    with pytest.raises(MidiFileError, match="no such take"):
        find_take(folder, name)


def test_a_take_without_notes_or_with_too_many_is_refused(tmp_path):
    """And nothing is written."""
    crowd = [Note(i / 100, (i + 1) / 100, 60, 80) for i in range(MOST_NOTES + 1)]
    for notes in ([], crowd, [Note(0, 90_000, 60, 80)]):
        with pytest.raises(MidiFileError, match="wanted 1 to"):
            save_take(tmp_path, {"performer": notes})
    assert [] == list(tmp_path.iterdir())


def exchange():
    """One call and its reply."""
    one = Exchange(start=0.0, tape=Tape(input_duration=30.0), plan=None, call=[NoteOn(0.0, 60, 80), NoteOff(0.5, 60)])
    one.reply.extend([NoteOn(0.4, 64, 70, Role.COMPANION), NoteOff(1.0, 64, Role.COMPANION)])
    return one


def test_what_is_kept_is_a_file_of_two_tracks(tmp_path):
    """Beside the take, and none writes over another."""
    told = [kept(exchange(), 9.0, beside=tmp_path / "take.jsonl") for _ in range(2)]
    assert [str(tmp_path / f"take_kept_{number}.mid") for number in (1, 2)] == told
    tracks = files.read(tmp_path / "take_kept_1.mid").tracks
    assert [("performer", 2), ("companion", 2)] == [(track.name, len(track.events)) for track in tracks]


def test_where_nothing_can_be_kept_the_reason_is_told(tmp_path):
    """No record, no exchange, no folder."""
    assert "--record" in kept(exchange(), 9.0, beside=None)
    assert "first turn" in kept(None, 9.0, beside=tmp_path / "take.jsonl")
    assert "gone" in kept(exchange(), 9.0, beside=tmp_path / "gone" / "take.jsonl")
