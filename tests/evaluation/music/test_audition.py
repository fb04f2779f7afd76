"""What is left to be listened to and looked at."""

import pytest

from livecomposer.errors import LivecomposerError
from livecomposer.evaluation.music.audition import COLUMNS, Audition, facts_of, page, write
from livecomposer.evaluation.music.prompts import prompts_of
from livecomposer.midi import files
from livecomposer.tokens.stream import notes_heard
from tests.evaluation.recitals import eighths, shard_of_pieces

pytest.importorskip("matplotlib", reason="pictures need matplotlib, an optional library")

PROMPT = next(one for one in prompts_of(shard_of_pieces(), given=4.0, seconds=4.0) if one.name == "b/1.mid")
ONE = Audition(PROMPT, 7, tuple(eighths(12)))


def test_the_numbers_of_one():
    """Range, density, repetition, copying and silence, beside who it is of."""
    facts = facts_of(ONE)
    assert ("b/1.mid", "b", 7, "b--1--7") == tuple(facts[key] for key in ("name", "pack", "seed", "stem"))
    assert set(COLUMNS) <= set(facts)
    assert (60, 72, 3.0, 4.0) == tuple(
        facts[key] for key in ("lowest", "highest", "notes_per_second", "given_per_second")
    )
    assert (1.0, 0.0, 0.0) == (facts["silence"], facts["repetition"], facts["copied"])


def test_files_are_written(tmp_path):
    """Both parts one after the other in the MIDI file, a picture, and the sound that is asked for."""
    sounded = []
    write(ONE, tmp_path / "new", sound=lambda *paths: sounded.append([path.name for path in paths]))
    assert [["b--1--7.mid", "b--1--7.wav"]] == sounded
    given, made = files.read(tmp_path / "new/b--1--7.mid").tracks
    assert ("given", "continuation") == (given.name, made.name)
    assert pytest.approx(4.0) == notes_heard([made.events])[0].start
    assert (tmp_path / "new/b--1--7.png").stat().st_size > 5000


def test_a_page_lists_them(tmp_path):
    """A row and a picture each; a link to what is there alone; what cannot be told is a dash."""
    write(ONE, tmp_path)
    silent = Audition(PROMPT, 8, ())
    path = page([facts_of(ONE), facts_of(silent)], tmp_path, heading="tiny")
    text = path.read_text()
    assert text.startswith("# tiny\n")
    assert 2 == text.count("![piano roll]")
    assert "[mid](b--1--7.mid)" in text
    assert ".wav" not in text
    row = next(line for line in text.splitlines() if line.startswith("| [b/1.mid]") and "| 8 |" in line)
    assert "| – | – | 0.00 |" in row


def test_an_unwritable_place_is_one_line(tmp_path):
    """A file in the folder's way, or no folder for the page."""
    (tmp_path / "file").write_text("in the way")
    for wrong in (lambda: write(ONE, tmp_path / "file"), lambda: page([], tmp_path / "nowhere", heading="")):
        with pytest.raises(LivecomposerError, match="name another") as caught:
            wrong()
        assert "\n" not in str(caught.value)
