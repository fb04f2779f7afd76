"""The default configuration and the presets."""

import tomllib
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
    shipped = {"call-and-response", "duet", "daw", "ambient-drone", "kiosk", "adventurous", "long-continuation"}
    assert shipped == set(presets())


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


def test_a_table_is_saved_to_without_touching_what_is_around_it(tmp_path):
    """Settings before it, tables behind it, its own other lines."""
    path = tmp_path / "own.toml"
    path.write_text('gain = 0.5\n\n[controls] # mine\n"cc:1" = "tap"\n\n[other]\n"cc:2" = 3\n')
    with pytest.raises(SettingError, match="unknown setting 'other'"):
        saved(path, {"cc:2": "undo"}, table="controls")
    path.write_text('gain = 0.5\n\n[controls] # mine\n"cc:1" = "tap"\n')
    saved(path, {"cc:2": {"command": "max_rest", "high": 3.0}}, table="controls", without=["cc:1"])
    saved(path, {"gain": 0.25})
    assert 0.25 == load(path, environment={}).gain
    assert {"cc:2": {"command": "max_rest", "high": 3.0}} == tomllib.loads(path.read_text())["controls"]
    assert "[controls] # mine" in path.read_text()


def test_a_table_that_is_not_there_is_made(tmp_path):
    """At the end of the file."""
    path = tmp_path / "own.toml"
    path.write_text("gain = 0.5\n")
    saved(path, {"cc:2": "undo"}, table="controls")
    assert 'gain = 0.5\n\n[controls]\n"cc:2" = "undo"\n' == path.read_text()


def test_a_file_that_cannot_be_edited_line_by_line_is_left_alone(tmp_path):
    """Its table is all on one line."""
    path = tmp_path / "own.toml"
    path.write_text('controls = { "cc:1" = "tap" }\n')
    with pytest.raises(SettingError, match="line by line"):
        saved(path, {"cc:2": "undo"}, table="controls")
    assert 'controls = { "cc:1" = "tap" }\n' == path.read_text()
