"""Which weights are played, and whether they speak this vocabulary. Knows no torch."""

import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from livecomposer.errors import CheckpointError
from livecomposer.events import Role
from livecomposer.model.sampling import MaskPolicy
from livecomposer.tokens import barnote, remi
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

__all__ = ["ACCOMPANIMENT_POLICY", "TURN_TAKING_POLICY", "facts_of", "model_folder", "vocabulary_checked"]

_FOR_RESEARCH = {barnote.FINGERPRINT: "the 153 ids of bars and notes", remi.FINGERPRINT: "REMI"}
_SHIFTS = VOCABULARY.ids_of(Kind.TIME_SHIFT)
TURN_TAKING_POLICY = MaskPolicy(
    kinds=np.array(VOCABULARY.kinds),
    twins=np.array(VOCABULARY.twins(Role.COMPANION)),
    shifts=(_SHIFTS.start, _SHIFTS.stop),
)
"""Whatever note the model expects next, from either player, is the companion's to play."""

_WAITING = {(Kind.NOTE_ON, Role.PERFORMER), (Kind.NOTE_OFF, Role.PERFORMER), (Kind.TIME_SHIFT, None)}
ACCOMPANIMENT_POLICY = MaskPolicy(
    kinds=np.array(
        [
            -1 if (token.kind, token.role) in _WAITING else kind
            for token, kind in zip(VOCABULARY.tokens, VOCABULARY.kinds, strict=True)
        ]
    )
    + 1,
    twins=np.arange(VOCABULARY.size),
    shifts=(_SHIFTS.start, _SHIFTS.stop),
)
"""Whoever plays along leaves the performer's notes to the performer: where they are forbidden, time passes instead."""

DEFAULT_MODEL = "small"


def model_folder(wanted: str = "") -> Path:
    """The checkpoint folder that ``wanted`` names, or the one that ships; raises :class:`CheckpointError`."""
    folder = Path(wanted) if wanted else Path(str(resources.files("livecomposer"))) / "weights" / DEFAULT_MODEL
    if not (folder / "config.json").is_file():
        raise CheckpointError(f"{folder}: no checkpoint there; wanted a folder with config.json and model.safetensors")
    _not_for_research_alone(folder)
    return folder


def facts_of(folder: Path, hello: Mapping[str, Any]) -> dict[str, Any]:
    """What tells these weights and this engine from others: for a journal, so that a replay may be told the same."""
    with (folder / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    engine = {name: hello.get(name) for name in ("backend", "precision", "device")}
    return {"model": str(folder), "weights": digest, "vocabulary": VOCABULARY.fingerprint, "engine": engine}


def vocabulary_checked(folder: Path, hello: Mapping[str, Any]) -> None:
    """Refuse weights made for another vocabulary."""
    if hello.get("vocabulary") != VOCABULARY.fingerprint:
        got, wanted = hello.get("vocabulary"), VOCABULARY.fingerprint
        raise CheckpointError(f"{folder}: made for vocabulary {got}, wanted {wanted}; use weights of this version")


def _not_for_research_alone(folder: Path) -> None:
    """What tells whole notes in bars is refused before an engine is started; of a damaged config the engine tells."""
    try:
        vocabulary = json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocabulary"]
        told = _FOR_RESEARCH.get(str(vocabulary))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return
    if told:
        reason = "live music has no bars, and how long a note will be is not known as it begins"
        raise CheckpointError(f"{folder}: made for {told}: {reason}; evaluate them, and play others")
