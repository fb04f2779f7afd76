"""What every command has of whoever typed it: the settings that were given, and a line to tell them."""

import argparse
import sys
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from livecomposer.errors import SettingError
from livecomposer.settings import Settings, load, musical

__all__ = ["preset_of", "say", "settings_of", "without_effect"]


def settings_of(options: argparse.Namespace, *, defaults: Settings | None = None) -> Settings:
    """What the command line, the environment and a file or preset say; raises :class:`SettingError`."""
    given = {f.name: value for f in fields(Settings) if (value := getattr(options, f.name, None)) is not None}
    return load(options.config or preset_of(options), options=given, defaults=defaults)


def without_effect(options: argparse.Namespace, *about: str) -> str:
    """Names of settings that were typed and shape the companion's music, but nothing ``about`` what is done now."""
    idle = set(musical()) - set(musical(*about))
    return ", ".join(name for name in musical() if name in idle and getattr(options, name, None) is not None)


def preset_of(options: argparse.Namespace) -> Path | None:
    """The file of the preset that was asked for, where no other file was; raises :class:`SettingError`."""
    from livecomposer.control.config_text import presets

    name: str | None = getattr(options, "preset", None)
    if options.config is not None or not name:
        return None
    found = presets()
    if name not in found:
        raise SettingError(f"preset {name!r}; wanted one of: {', '.join(sorted(found))}")
    return found[name]


def say(line: str) -> None:
    """Print ``line`` on standard error."""
    with suppress(OSError):  # a terminal that was closed must not end the music
        print(line, file=sys.stderr, flush=True)
