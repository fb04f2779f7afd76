from pathlib import Path

import pytest

from livecomposer.companion.chord_chart import read
from livecomposer.errors import SettingError

HEADER = "tempo 120, 4/4\n"


def chart(tmp_path, text):
    """What a file with ``text`` reads as."""
    path = tmp_path / "blue.txt"
    path.write_text(text, encoding="utf-8")
    return read(path)


def refusal(tmp_path, text) -> str:
    """The one line with which a file is refused; it names the file."""
    with pytest.raises(SettingError, match=r"blue\.txt") as caught:
        chart(tmp_path, text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_chords_take_turns_in_their_bars(tmp_path):
    """A bar is shared evenly, a stroke at either end of a line is no bar of its own, and the length is that of all."""
    got = chart(tmp_path, HEADER + "| C | Am F |\n\nG7 |\n")
    assert [(0.0, 1, "C"), (2.0, 2, "Am"), (3.0, 2, "F"), (4.0, 3, "G7")] == [
        (one.start, one.bar, one.symbol) for one in got.changes
    ]
    assert [{0, 4, 7}, {9, 0, 4}, {5, 9, 0}, {7, 11, 2, 5}] == [one.classes for one in got.changes]
    assert 6.0 == got.length


def test_the_tempo_counts_the_beats_of_the_bar(tmp_path):
    """Six beats at 90 are four seconds."""
    assert 4.0 == chart(tmp_path, "Tempo 90 , 6/8\nC").length


def test_a_bar_may_repeat_and_be_without_a_chord(tmp_path):
    """The sign for the bar before stands for all of its chords; no chord has no pitch class."""
    got = chart(tmp_path, HEADER + "C G | % | N.C. | %")
    assert ["C", "G", "C", "G", "N.C.", "N.C."] == [one.symbol for one in got.changes]
    assert frozenset() == got.changes[-1].classes


def test_a_bass_note_and_altered_tones_belong_to_the_chord(tmp_path):
    """Slash chords and extensions are told in full."""
    got = chart(tmp_path, HEADER + "C/D | F#m7b5 | E7#9")
    assert [{0, 2, 4, 7}, {6, 9, 0, 4}, {4, 8, 11, 2, 7}] == [one.classes for one in got.changes]


def test_an_unknown_chord_is_refused_with_its_bar(tmp_path):
    """The message says which bar, what was got, and what a chord looks like."""
    message = refusal(tmp_path, HEADER + "C | Am\nG7 Hx |")
    assert all(part in message for part in ("bar 3", "'Hx'", "Am7"))


@pytest.mark.parametrize(
    "text", ["", "C | F", "tempo fast, 4/4\nC", "tempo 96\nC", "tempo 0, 4/4\nC", "tempo 96, 0/4\nC"]
)
def test_a_chart_without_its_tempo_is_refused(tmp_path, text):
    """The message says how the first line should look, or what it may hold."""
    assert "tempo" in refusal(tmp_path, text)


@pytest.mark.parametrize("text", ["C | | G", "% | C", "| % |"])
def test_a_bar_without_a_chord_is_refused(tmp_path, text):
    """Empty bars, and a repetition of nothing."""
    assert "bar " in refusal(tmp_path, HEADER + text)


@pytest.mark.parametrize("text", ["", "\n \n", "C | " * 1000 + "C"])
def test_no_bars_and_too_many_are_refused(tmp_path, text):
    """The message says how many there may be."""
    assert "1 to 1000" in refusal(tmp_path, HEADER + text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    """Whether there is none, it is a folder, or it is no text."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none", tmp_path, tmp_path / "binary"):
        with pytest.raises(SettingError, match="wanted a chord chart"):
            read(path)


@pytest.mark.parametrize("text", ["root:x:0:0:secret", HEADER + "C | secret=hunter2", HEADER + "C | " + "secret" * 9])
def test_what_is_no_chart_is_not_quoted(tmp_path, text):
    """Whoever asks from outside may have named any file."""
    assert "secret" not in refusal(tmp_path, text)


def test_what_never_ends_is_not_read(tmp_path):
    """A device, a pipe, or a file too long for a chart is refused at once."""
    (tmp_path / "long").write_bytes(b"C |" * 100_000)
    for path in ("/dev/zero", tmp_path / "long"):
        with pytest.raises(SettingError, match="wanted a chord chart"):
            read(Path(path))
