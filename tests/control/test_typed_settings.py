"""What every command has of whoever typed it."""

from argparse import Namespace

import pytest

from livecomposer.control.typed_settings import say, settings_of
from livecomposer.errors import SettingError
from livecomposer.settings import Settings


def test_settings_come_from_options_file_and_defaults(tmp_path):
    """An option is above the file, the file above the command's own default."""
    (tmp_path / "mine.toml").write_text("max_rest = 2.0\nthreshold = 0.5\n")
    options = Namespace(config=tmp_path / "mine.toml", threshold="0.7", other="ignored")
    settings = settings_of(options, defaults=Settings(extension_duration=20.0, max_rest=1.0))
    assert (0.7, 2.0, 20.0) == (settings.threshold, settings.max_rest, settings.extension_duration)


def test_a_preset_is_a_file_by_name():
    """One that is not there is refused, and the others named."""
    assert settings_of(Namespace(config=None, preset="adventurous")) != Settings()
    with pytest.raises(SettingError, match="adventurous"):
        settings_of(Namespace(config=None, preset="nowhere"))


def test_a_line_is_told(capsys):
    """On standard error, so that a program may read the rest."""
    say("hello")
    assert ("", "hello\n") == tuple(capsys.readouterr())
