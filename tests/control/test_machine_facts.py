"""Facts about this machine, as the rooms find them."""

import json

import pytest

from livecomposer.control import machine_facts as probe
from livecomposer.engine import library
from livecomposer.errors import EngineError, LivecomposerError, SoundError


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
    """Name, folder and shape, without reading the weights."""
    best = tmp_path / "chorales" / "best"
    best.mkdir(parents=True)
    (best / "config.json").write_text(json.dumps({"shape": {"layers": 4, "width": 256, "window": 1024}}))
    assert f"chorales: {best} (4 layers of 256, window 1024)" == probe.model_found(str(best))


def test_a_damaged_config_is_an_error_of_one_line(tmp_path):
    """It names the folder and what to do."""
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(LivecomposerError, match="copy it again"):
        probe.model_found(str(tmp_path))


def test_the_python_that_runs_is_found():
    """Three numbers, the first of them 3."""
    assert (3, 3) == (len(probe.python_found()), probe.python_found()[0])


def test_a_package_is_found_by_its_name():
    """Its version is told; one that is not installed is an error."""
    assert "." in probe.package_found("mido")
    with pytest.raises(LivecomposerError, match="not installed"):
        probe.package_found("no-such-package-of-ours")


def test_a_folder_that_can_be_made_is_found(tmp_path):
    """It need not exist yet; looking does not make it."""
    assert str(tmp_path / "new" / "takes") == probe.folder_found(tmp_path / "new" / "takes")
    assert [] == list(tmp_path.iterdir())


def test_a_folder_below_a_file_is_an_error_of_one_line(tmp_path):
    """Nothing can be kept there."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LivecomposerError, match="cannot be written to"):
        probe.folder_found(tmp_path / "file" / "takes")


def test_the_machine_has_a_processor_and_a_clock():
    """At least one thread can run, and the clock tells a millisecond apart."""
    assert probe.threads_found() >= 1
    assert 0 < probe.clock_resolution() < 1e-3


def test_a_compiled_engine_is_found_or_its_want_is_an_error(monkeypatch):
    """It is named with its instructions; without it the slower one is told of, in a line."""
    assert probe.engine_found().startswith("compiled, ")
    monkeypatch.setattr(library, "available", lambda: False)
    with pytest.raises(EngineError, match="PyTorch computes instead"):
        probe.engine_found()
