"""The default configuration and the presets."""

from pathlib import Path

import pytest

from livecomposer.control.config_text import default_toml, presets, saved
from livecomposer.errors import SettingError
from livecomposer.settings import Settings, load

ROOT = Path(__file__).parents[2]


def test_the_file_is_what_the_table_of_settings_says():
    """config/default.toml is never stale; make it anew from default_toml()."""
    assert default_toml() == (ROOT / "config/default.toml").read_text(encoding="utf-8")


def test_the_defaults_are_the_defaults():
    """Loading the file changes nothing."""
    assert Settings() == load(ROOT / "config/default.toml", environment={})


def test_presets_are_found_by_name():
    """A preset's name is its file's."""
    assert {"adventurous", "call-and-response", "long-continuation"} == set(presets())


def test_saving_puts_numbers_in_their_place_and_leaves_the_rest(tmp_path):
    """What was set before goes, comments and other settings stay; a file that is not there is made."""
    path = tmp_path / "own.toml"
    saved(path, {"input_latency_ms": 2.5})
    path.write_text('# mine\nmode = "respond"\n' + path.read_text())
    saved(path, {"input_latency_ms": 1.5, "output_latency_ms": 1.0})
    assert path.read_text().startswith("# mine\n")
    read = load(path, environment={})
    assert ("respond", 1.5, 1.0) == (read.mode, read.input_latency_ms, read.output_latency_ms)
    assert 1 == path.read_text().count("input_latency_ms")


def test_a_file_of_something_else_is_not_written_to(tmp_path):
    """Nor is a folder that is not there made."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir,")
    with pytest.raises(SettingError, match="not valid TOML"):
        saved(path, {"gain": 1.0})
    assert "Dear Sir," == path.read_text()
    with pytest.raises(SettingError, match="cannot be written"):
        saved(tmp_path / "none" / "own.toml", {"gain": 1.0})
