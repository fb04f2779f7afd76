"""The default configuration and the presets."""

from pathlib import Path

from livecomposer.control.config_text import default_toml, presets
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
