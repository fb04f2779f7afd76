"""Performances that ship: what a simulated performer plays where no keyboard is connected."""

from importlib import resources
from pathlib import Path

__all__ = ["names", "path"]


def names() -> list[str]:
    """What ships, by name."""
    return sorted(
        entry.name.removesuffix(".mid") for entry in resources.files(__name__).iterdir() if entry.name.endswith(".mid")
    )


def path(name: str) -> Path:
    """The MIDI file of a performance."""
    return Path(str(resources.files(__name__))) / f"{name}.mid"
