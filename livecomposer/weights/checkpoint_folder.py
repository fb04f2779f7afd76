"""Which weights are played, and whether they speak this vocabulary. Knows no torch."""

import hashlib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from livecomposer.errors import CheckpointError
from livecomposer.model.card import CONFIG, WEIGHTS, read_card
from livecomposer.tokens import barnote, remi
from livecomposer.tokens.vocabulary import VOCABULARY

__all__ = ["facts_of", "model_folder", "vocabulary_checked"]

DEFAULT_MODEL = "small"
_FOR_RESEARCH = {barnote.FINGERPRINT: "the 153 ids of bars and notes", remi.FINGERPRINT: "REMI"}


def model_folder(wanted: str = "") -> Path:
    """The checkpoint folder that ``wanted`` names, or the one that ships; raises :class:`CheckpointError`."""
    folder = Path(wanted) if wanted else Path(str(resources.files("livecomposer"))) / "weights" / DEFAULT_MODEL
    if not (folder / CONFIG).is_file():
        raise CheckpointError(f"{folder}: no checkpoint there; wanted a folder with {CONFIG} and {WEIGHTS}")
    _not_for_research_alone(folder)
    return folder


def facts_of(folder: Path, hello: Mapping[str, Any]) -> dict[str, Any]:
    """What tells these weights and this engine from others: for a journal, so that a replay may be told the same."""
    with (folder / WEIGHTS).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    engine = {name: hello.get(name) for name in ("backend", "precision", "device")}
    return {"model": str(folder), "weights": digest, "vocabulary": VOCABULARY.fingerprint, "engine": engine}


def vocabulary_checked(folder: Path, hello: Mapping[str, Any]) -> None:
    """Refuse weights made for another vocabulary; raises :class:`CheckpointError`."""
    if hello.get("vocabulary") != VOCABULARY.fingerprint:
        got, wanted = hello.get("vocabulary"), VOCABULARY.fingerprint
        raise CheckpointError(f"{folder}: made for vocabulary {got}, wanted {wanted}; use weights of this version")


def _not_for_research_alone(folder: Path) -> None:
    """What tells whole notes in bars is refused before an engine is started; of a damaged card the engine tells."""
    try:
        language = _FOR_RESEARCH.get(str(read_card(folder).get("vocabulary")))
    except CheckpointError:
        return
    if language:
        reason = "live music has no bars, and how long a note will be is not known as it begins"
        raise CheckpointError(f"{folder}: made for {language}: {reason}; evaluate them, and play others")
