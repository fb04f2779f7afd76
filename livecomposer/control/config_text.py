"""The default configuration as text, made from the table of settings; and the presets that ship."""

from dataclasses import fields
from pathlib import Path

from livecomposer.places import beside
from livecomposer.settings import Settings, meaning_of

__all__ = ["default_toml", "presets"]


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


def presets() -> dict[str, Path]:
    """The presets that ship, by name."""
    return {path.stem: path for path in sorted(beside("config/presets").glob("*.toml"))}
