"""Facts about this machine, as the rooms find them."""

import json

import pytest

from livecomposer.errors import LivecomposerError, SoundError
from livecomposer.session import probe


def test_ports_are_told_by_kind():
    """Inputs and outputs are lists of names, whether or not there are any."""
    found = probe.midi_ports()
    assert {"apis", "inputs", "outputs"} == set(found)
    assert all(isinstance(name, str) for names in found.values() for name in names)


def test_there_is_always_a_soundfont():
    """The piano that comes with us is found where no other is."""
    assert probe.soundfont_found("").endswith((".sf2", ".sf3"))


def test_an_audio_device_that_is_not_there_is_an_error_of_one_line():
    """What carries the sound is opened once, so a wrong name is found before the performance."""
    with pytest.raises(SoundError, match="PortAudio"):
        probe.audio_found("portaudio", "no such device")


def test_a_model_is_described_by_its_config(tmp_path):
    """Shape and folder, without reading the weights."""
    (tmp_path / "config.json").write_text(json.dumps({"shape": {"layers": 4, "width": 256, "window": 1024}}))
    assert f"{tmp_path} (4 layers of 256, window 1024)" == probe.model_found(str(tmp_path))


def test_a_damaged_config_is_an_error_of_one_line(tmp_path):
    """It names the folder and what to do."""
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(LivecomposerError, match="copy the checkpoint again"):
        probe.model_found(str(tmp_path))
