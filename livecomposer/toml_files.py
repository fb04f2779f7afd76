"""TOML files: read in one way, so that whatever is wrong with one is told in one line; and found by name."""

import tomllib
from pathlib import Path
from typing import Any

from livecomposer.errors import SettingError, one_line

__all__ = ["named_files", "read_toml"]


def read_toml(path: Path, *, wanted: str) -> dict[str, Any]:
    """What a file says; ``wanted`` is what it should be, and where there is one to start from.

    Raises :class:`SettingError` for one that cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror}); wanted {wanted}") from error
    except (ValueError, RecursionError) as error:  # no text, no TOML, a number too long, or nested too deeply
        raise SettingError(f"{path}: not valid TOML ({one_line(error)}); wanted {wanted}") from error


def named_files(folder: Path) -> dict[str, Path]:
    """The TOML files in ``folder`` by name, in order; none where there is no such folder."""
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}
