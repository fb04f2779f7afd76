"""Where the files beside the package are."""

import sys
from pathlib import Path

import platformdirs
import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from livecomposer.places import beside, own


def test_a_checkout_has_its_own_files():
    """The SoundFont of the repository is found from the package."""
    assert beside("soundfonts/livecomposer-piano.sf2").read_bytes()[:4] == b"RIFF"


def test_what_a_checkout_lacks_is_looked_for_in_the_installation():
    """Data files of a wheel land below the prefix."""
    assert Path(sys.prefix) / "share/livecomposer/soundfonts/none.sf2" == beside("soundfonts/none.sf2")


@pytest.mark.parametrize(
    ("system", "folder"),
    [
        (Unix, ".config"),
        (MacOS, "Library/Application Support"),
    ],
)
def test_the_performers_own_files_are_where_the_system_keeps_them(monkeypatch, tmp_path, system, folder):
    """Whether they are there or not."""
    monkeypatch.setattr(platformdirs, "PlatformDirs", system)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert tmp_path / folder / "livecomposer/controls.toml" == own("controls.toml")
    assert [] == list(tmp_path.iterdir())


def test_windows_takes_them_along_to_other_machines(monkeypatch):
    """In the folder of the performer's that roams, and in none named for an author."""
    monkeypatch.setattr(platformdirs, "PlatformDirs", Windows)
    monkeypatch.setenv("WIN_PD_OVERRIDE_APPDATA", r"C:\Roaming")
    assert Path(r"C:\Roaming") / "livecomposer/controls.toml" == own("controls.toml")


def test_the_performer_may_keep_them_elsewhere(monkeypatch, tmp_path):
    """As the freedesktop.org base directories say."""
    monkeypatch.setattr(platformdirs, "PlatformDirs", Unix)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert tmp_path / "livecomposer/controls.toml" == own("controls.toml")
