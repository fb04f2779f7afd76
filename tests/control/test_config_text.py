"""The default configuration and the presets."""

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    """It is told in one line, and nothing lies beside it."""
    path = tmp_path / "own.toml"
    path.write_text("gain = 0.5\n")

    def full(self, text, **how):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(SettingError, match="No space left on device"):
            saved(path, {"gain": 1.0})
    assert "gain = 0.5\n" == path.read_text()
    assert [path] == list(tmp_path.iterdir())


def test_a_link_into_another_folder_stays_one(tmp_path):
    """Whoever keeps such files together finds the change there."""
    kept, path = tmp_path / "kept.toml", tmp_path / "own.toml"
    kept.write_text("gain = 0.5\n")
    path.symlink_to(kept)
    saved(path, {"gain": 1.0})
    assert path.is_symlink()
    assert "gain = 1.0\n" == kept.read_text()


def test_a_table_is_saved_to_without_touching_what_is_around_it(tmp_path):
    """Settings before it, its own other lines; a file with tables of another kind is refused."""
    path = tmp_path / "own.toml"
    path.write_text('gain = 0.5\n\n[controls] # mine\n"cc:1" = "tap"\n\n[other]\n"cc:2" = 3\n')
    with pytest.raises(SettingError, match="unknown setting 'other'"):
        saved(path, {"cc:2": "undo"}, table="controls")
    path.write_text('gain = 0.5 # loud\n\n[controls] # mine\n"cc:1" = "tap"\n"cc:3" = "mute"\n')
    saved(path, {"cc:2": "undo"}, table="controls", without=lambda name: name == "cc:1")
    saved(path, {"gain": 0.25})
    assert 'gain = 0.25 # loud\n\n[controls] # mine\n"cc:3" = "mute"\n"cc:2" = "undo"\n' == path.read_text()


def test_a_table_that_is_not_there_is_made(tmp_path):
    """At the end of the file."""
    path = tmp_path / "own.toml"
    path.write_text("gain = 0.5")
    saved(path, {"cc:2": "undo"}, table="controls")
    assert 'gain = 0.5\n\n[controls]\n"cc:2" = "undo"\n' == path.read_text()


TOP = ["# mine", "gain = 0.5", "'gain' = 1 # loud", 'mode = "respond"', 'scale = """\nC major"""', ""]
CONTROLS = [
    [],
    ['controls = {"cc:1"="tap", "cc:3" = {}}'],
    ['controls."cc:1" = "tap"'],
    ["[controls] # left to right", '"cc:1" = "tap" # foot', "'cc:2' = { command = \"max_rest\", high = 3.0 }"],
    ['[ "controls" ]', '["controls" . "cc:2"]', "# a fader", 'command = "max_rest"', "", '[controls."cc:3"]'],
    ["[controls]", '["controls"."cc:1"]', 'command = "tap"'],
]


@given(
    top=st.lists(st.sampled_from(TOP), max_size=3, unique=True),
    controls=st.sampled_from(CONTROLS),
    end=st.sampled_from(["", "\n", "\n\n", "\r\n"]),
)
def test_whatever_the_file_looks_like_it_says_what_was_set_and_all_else_as_before(top, controls, end):
    """Tables, tables of tables, inline ones, dotted keys, quotes of both kinds; with its last line ended or not."""
    text = "\n".join([*top, *controls]) + end
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # two lines for one setting
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "own.toml"
        path.write_text(text, newline="")
        saved(path, {"gain": 0.25, "tempo": 90.0})
        saved(path, {"cc:4": "undo"}, table="controls", without=lambda name: name == "cc:1")
        text_after = path.read_text()
    wanted |= {"gain": 0.25, "tempo": 90.0, "controls": {**wanted.get("controls", {}), "cc:4": "undo"}}
    wanted["controls"].pop("cc:1", None)
    assert wanted == tomllib.loads(text_after)
    assert {line for line in text.splitlines() if line.startswith("#")} <= set(text_after.splitlines())
