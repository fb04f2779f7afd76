"""What every command has of whoever typed it: the settings that were given, and a line to tell them."""

import argparse
import sys
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from livecomposer.errors import SettingError
from livecomposer.settings import Settings, load

__all__ = ["say", "settings_of"]


def settings_of(options: argparse.Namespace, *, defaults: Settings | None = None) -> Settings:
    """What the command line, the environment and a file or preset say; raises :class:`SettingError`."""
    given = {f.name: value for f in fields(Settings) if (value := getattr(options, f.name, None)) is not None}
    path: Path | None = options.config
    if path is None and getattr(options, "preset", None):
        path = _preset(options.preset)
    return load(path, options=given, defaults=defaults)


def _preset(name: str) -> Path:
    from livecomposer.control.config_text import presets

    found = presets()
    if name not in found:
        raise SettingError(f"preset {name!r}; wanted one of: {', '.join(sorted(found))}")
    return found[name]


def say(line: str) -> None:
    """Print ``line`` on standard error."""
    with suppress(OSError):  # a terminal that was closed must not end the music
        print(line, file=sys.stderr, flush=True)
