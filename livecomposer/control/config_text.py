"""The default configuration as text, made from the table of settings; and the presets that ship."""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from livecomposer.errors import SettingError
from livecomposer.places import beside
from livecomposer.settings import Settings, load, meaning_of

__all__ = ["default_toml", "presets", "saved"]


def default_toml() -> str:
    """The text of ``config/default.toml``: every setting with its default, what it means, its range and its unit."""
    lines = [
        "# Every setting and its default. Copy what you change into a file of your own: livecomposer jam --config FILE",
        "# The environment (LIVECOMPOSER_CREATIVE_RISK=1.2) goes before the file, the command line before both.",
    ]
    for field in fields(Settings):
        value = f'"{field.default}"' if isinstance(field.default, str) else str(field.default)
        lines += ["", f"# {meaning_of(field.name)}", f"{field.name} = {value}"]
    return "\n".join(lines) + "\n"


def saved(path: Path, values: Mapping[str, float]) -> None:
    """Put numbers into a TOML file of settings, in place of those it has; all else in it stays.

    Raises :class:`SettingError` for a file that is no such file, or cannot be written.
    """
    lines = []
    if path.exists():
        load(path, environment={})
        kept = re.compile(rf"(?!\s*({'|'.join(values)})\s*=)")
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if kept.match(line)]
    lines += [f"{name} = {value}" for name, value in values.items()]
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingError(f"{path}: cannot be written ({error.strerror}); name another file") from error


def presets() -> dict[str, Path]:
    """The presets that ship, by name."""
    return {path.stem: path for path in sorted(beside("config/presets").glob("*.toml"))}
