"""Pictures are there, readable by a PNG reader, and show what they should; every failure is one line."""

import sys
import wave

import numpy as np
import pytest

from livecomposer.errors import LivecomposerError
from livecomposer.evaluation.pictures import COLOURS, corpus, curve, piano_roll, spectrogram
from livecomposer.events import Note

image = pytest.importorskip("matplotlib.image", reason="pictures need matplotlib, an optional library")

LOUD = [Note(0.0, 1.0, 60, 127), Note(1.0, 2.0, 64, 127)]
ANSWER = [Note(2.0, 3.0, 67, 127)]


def pixels(path):
    """Colours (height * width, 3) as whole numbers from 0 to 255."""
    return np.rint(image.imread(path)[:, :, :3].reshape(-1, 3) * 255).astype(int)


def count_of(colour, path):
    """How many pixels have about this ``#rrggbb``."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(pixels(path) - wanted).max(axis=1) <= 3).sum())


def write_wav(path, samples, *, rate=22050, width=2):
    """A mono WAV file of ``samples`` from -1 to 1."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def test_both_players_are_in_the_picture_in_their_colours(tmp_path):
    """Blue and vermilion fill many pixels each, at full opacity for the loudest notes."""
    piano_roll({"you": LOUD, "companion": ANSWER}, tmp_path / "roll.png", title="both", split_at=2.0)
    for colour in COLOURS.values():
        assert count_of(colour, tmp_path / "roll.png") > 1000


def test_a_player_who_does_not_play_leaves_only_the_legend(tmp_path):
    """An empty track is allowed, and named."""
    piano_roll({"you": LOUD, "companion": []}, tmp_path / "roll.png")
    assert 10 < count_of(list(COLOURS.values())[1], tmp_path / "roll.png") < 1000


def test_a_soft_note_is_paler_than_a_loud_one(tmp_path):
    """Velocity is opacity: the full colour fills less of the picture."""
    piano_roll({"you": LOUD}, tmp_path / "loud.png")
    piano_roll({"you": [Note(n.start, n.end, n.pitch, 10) for n in LOUD]}, tmp_path / "soft.png")
    loud, soft = (count_of("#0072B2", tmp_path / name) for name in ("loud.png", "soft.png"))
    assert soft < loud / 5


@pytest.mark.parametrize("tracks", [{}, {"you": []}, {str(i): LOUD for i in range(5)}])
def test_a_roll_of_nothing_or_too_much_is_an_error(tracks, tmp_path):
    """Got and wanted in one line."""
    with pytest.raises(LivecomposerError, match="wanted notes, in 1 to 4 tracks"):
        piano_roll(tracks, tmp_path / "roll.png")


def test_a_spectrogram_is_brightest_where_the_tone_is(tmp_path):
    """The low tone's bright rows lie below the high tone's."""
    seconds = np.arange(22050) / 22050
    heights = []
    for hertz in (110, 3520):
        write_wav(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * hertz * seconds))
        spectrogram(tmp_path / "tone.wav", tmp_path / "tone.png")
        left_of_bar = image.imread(tmp_path / "tone.png")[40:-60, 200:1000, :3].sum(axis=(1, 2))
        heights.append(int(left_of_bar.argmax()))
    assert heights[0] > heights[1] + 100  # rows count downwards


def test_silence_has_a_spectrogram_too(tmp_path):
    """No sound is no error."""
    write_wav(tmp_path / "silence.wav", np.zeros(22050))
    spectrogram(tmp_path / "silence.wav", tmp_path / "silence.png")
    assert len(pixels(tmp_path / "silence.png")) > 0


def test_sound_that_is_too_short_or_no_sound_is_an_error(tmp_path):
    """A short file, a text file and a missing one are each told in one line."""
    write_wav(tmp_path / "short.wav", np.zeros(100))
    (tmp_path / "text.wav").write_text("no sound")
    for name, wanted in (("short", "wanted at least"), ("text", "wanted 16-bit PCM"), ("none", "wanted 16-bit PCM")):
        with pytest.raises(LivecomposerError, match=wanted):
            spectrogram(tmp_path / f"{name}.wav", tmp_path / "x.png")


def test_a_training_curve_has_both_lines(tmp_path):
    """Validation in blue; the picture is not empty."""
    (tmp_path / "curve.csv").write_text("200,3.1,3.2\n400,2.7,2.8\n600,2.6,2.7\n")
    curve(tmp_path / "curve.csv", tmp_path / "curve.png")
    assert count_of("#0072B2", tmp_path / "curve.png") > 200


@pytest.mark.parametrize("text", ["", "step,training,validation\n", "1,2\n", "1,2,3\n4,5\n"])
def test_a_file_that_is_no_curve_is_an_error(text, tmp_path):
    """Empty, headed, narrow and ragged files are told in one line."""
    (tmp_path / "curve.csv").write_text(text)
    with pytest.raises(LivecomposerError, match="wanted step,training,validation"):
        curve(tmp_path / "curve.csv", tmp_path / "curve.png")


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    """The path that cannot be written is named."""
    with pytest.raises(LivecomposerError, match="cannot be written"):
        piano_roll({"you": LOUD}, tmp_path / "nowhere" / "roll.png")


def test_without_matplotlib_the_remedy_is_named(tmp_path, monkeypatch):
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(LivecomposerError, match=r"pip install 'livecomposer\[pictures\]'"):
        piano_roll({"you": LOUD}, tmp_path / "roll.png")


def test_a_corpus_is_drawn(tmp_path):
    """Each split in its colour, an empty one too, and a pack that only one split has."""
    full = {"hours": 2.0, "pitches": [1] * 128, "velocities": [1] * 32, "densities": [1] * 31}
    empty = {"hours": 0.0, "pitches": [0] * 128, "velocities": [0] * 32, "densities": [0] * 31}
    splits = {"train": {"a": full, "b": full, "all": full}, "valid": {"a": full, "all": full}, "test": {"all": empty}}
    corpus({"splits": splits}, tmp_path / "summary.png")
    assert count_of("#0072B2", tmp_path / "summary.png") > 5000
    assert count_of("#D55E00", tmp_path / "summary.png") > 2000
    with pytest.raises(LivecomposerError, match="cannot be written"):
        corpus({"splits": splits}, tmp_path / "nowhere" / "summary.png")
