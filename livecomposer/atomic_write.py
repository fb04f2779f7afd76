"""A file that appears whole or not at all: written beside its place, then moved there in one step of the system."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["atomic_write"]


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A new, empty file to write to; where all goes well it then takes the place of ``path``, else it goes.

    Whatever stops the writing, ``path`` is what it was. Whoever could read it can read the new one. A link is replaced,
    not followed. Two who write at once each have a file of their own, and the later one stays. Raises
    :class:`OSError` where the folder takes no file.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    partial.touch(exist_ok=False)
    try:
        with suppress(FileNotFoundError):
            shutil.copymode(path, partial)
        yield partial
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink()
