"""A checkpoint's ``config.json``: what weights say of themselves, read without loading them. Knows no torch."""

import json
from pathlib import Path
from typing import Any

from livecomposer.errors import CheckpointError, one_line

__all__ = ["BEST", "CONFIG", "WEIGHTS", "name_of", "read_card"]

CONFIG, WEIGHTS = "config.json", "model.safetensors"
"""The files of a checkpoint's folder."""
BEST = "best"
"""The folder in which a training run keeps its checkpoint."""


def name_of(folder: Path) -> str:
    """What the checkpoint in ``folder`` is called: as the folder is, or as the run is that keeps it as its best."""
    path = folder.absolute()
    return path.parent.name if path.name == BEST else path.name


def read_card(folder: Path) -> dict[str, Any]:
    """What ``folder`` says: format, architecture, vocabulary, shape, training; raises :class:`CheckpointError`."""
    path = folder / CONFIG
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(card, dict):
            raise TypeError(f"a {type(card).__name__}")
    except OSError as error:
        raise CheckpointError(f"{folder}: no readable {CONFIG} in it; wanted a checkpoint folder") from error
    except (ValueError, TypeError, RecursionError) as error:
        reason = one_line(error)
        raise CheckpointError(f"{path}: damaged ({reason}); wanted a checkpoint's config; copy it again") from error
    return card
