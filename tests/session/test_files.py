"""Whole files through the rooms, with the engine's real process."""

import wave

import pytest

from livecomposer import performances
from livecomposer.errors import CheckpointError, MidiFileError
from livecomposer.midi import files
from livecomposer.session.files import continue_file, render_file, tracks_of_file
from livecomposer.settings import Settings, changed
from tests.session.minds import tiny_checkpoint

SOURCE = performances.path("gymnopedie")


async def test_the_same_seed_gives_the_same_file(tmp_path):
    """Byte for byte, in two processes."""
    settings = changed(Settings(), {"model": str(tiny_checkpoint(tmp_path / "tiny")), "extension_duration": 2.0})
    for name in ("a", "b"):
        report = await continue_file(SOURCE, tmp_path / f"{name}.mid", settings, seed=5, progress=lambda _: None)
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert {"seed", "model", "prompt_notes", "notes", "seconds", "tokens"} <= set(report)
    assert report["notes"] == len(tracks_of_file(tmp_path / "a.mid")["companion"])


async def test_the_input_is_never_overwritten(tmp_path):
    """Naming it as output is refused before anything is done."""
    copy = tmp_path / "in.mid"
    copy.write_bytes(SOURCE.read_bytes())
    with pytest.raises(MidiFileError, match="the input itself"):
        await continue_file(copy, copy, Settings(), seed=1, progress=lambda _: None)
    assert SOURCE.read_bytes() == copy.read_bytes()


async def test_a_folder_that_is_not_there_is_refused(tmp_path):
    """Before the weights are loaded."""
    with pytest.raises(MidiFileError, match="make it first"):
        await continue_file(SOURCE, tmp_path / "none" / "out.mid", Settings(), seed=1, progress=lambda _: None)


async def test_weights_of_another_vocabulary_are_refused(tmp_path):
    """In one line, and nothing is written."""
    model = tiny_checkpoint(tmp_path / "other", fingerprint="0123456789ab")
    with pytest.raises(CheckpointError, match="0123456789ab"):
        await continue_file(
            SOURCE, tmp_path / "out.mid", changed(Settings(), {"model": str(model)}), seed=1, progress=lambda _: None
        )
    assert not (tmp_path / "out.mid").exists()


def test_rendering_lasts_as_long_as_the_music(tmp_path):
    """And a little longer, for the last note to die away."""
    seconds = render_file(SOURCE, tmp_path / "out.wav", Settings())
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert seconds == pytest.approx(file.getnframes() / file.getframerate())
    assert seconds > files.read(SOURCE).seconds
