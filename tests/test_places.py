"""Where the files beside the package are."""

import sys
from pathlib import Path

import pytest

from livecomposer.places import beside, own


def test_a_checkout_has_its_own_files():
    """The SoundFont of the repository is found from the package."""
    assert beside("soundfonts/livecomposer-piano.sf2").read_bytes()[:4] == b"RIFF"


def test_what_a_checkout_lacks_is_looked_for_in_the_installation():
    """Data files of a wheel land below the prefix."""
    assert Path(sys.prefix) / "share/livecomposer/soundfonts/none.sf2" == beside("soundfonts/none.sf2")


@pytest.mark.parametrize(
    ("platform", "folder"),
    [
        ("linux", ".config"),
        ("darwin", "Library/Application Support"),
        ("win32", "AppData/Roaming"),
    ],
)
def test_the_performers_own_files_are_where_the_system_keeps_them(monkeypatch, tmp_path, platform, folder):
    """Whether they are there or not."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("APPDATA", raising=False)
    assert tmp_path / folder / "livecomposer/controls.toml" == own("controls.toml")


def test_the_performer_may_keep_them_elsewhere(monkeypatch, tmp_path):
    """As the freedesktop.org base directories say."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert tmp_path / "livecomposer/controls.toml" == own("controls.toml")
