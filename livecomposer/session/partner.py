"""Which of the companion's two natures plays: the one that takes turns, or the one that plays along."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livecomposer.engine.client import host_command
from livecomposer.model.sampling import Language
from livecomposer.companion.accompaniment import Accompanist
from livecomposer.companion.turn_taking import Duet
from livecomposer.session.weights import ACCOMPANISTS_LANGUAGE, COMPANIONS_LANGUAGE
from livecomposer.settings import Settings

__all__ = ["Partner", "engine_command", "engine_line", "language_of", "mode_of", "partner_of"]

Partner = Duet | Accompanist


def partner_of(settings: Settings, *, seed: int) -> Partner:
    """The one for ``settings.mode``."""
    return Accompanist(settings, seed=seed) if settings.mode == "accompany" else Duet(settings, seed=seed)


def engine_command(settings: Settings, model: Path) -> list[str]:
    """The command that runs an engine for that mode with the weights in the folder ``model``."""
    return host_command(
        model,
        mode=mode_of(settings),
        device=settings.device,
        precision=settings.precision,
        threads=settings.threads,
    )


def engine_line(hello: Mapping[str, Any]) -> str:
    """What computes, as its process says, and what would be better."""
    line = f"engine {hello.get('backend')}, {hello.get('precision')}"
    return f"{line}, {hello['remedy']}" if "remedy" in hello else line


def mode_of(settings: Settings) -> int:
    """What the weights are told of that mode, as in training: 0 where one plays at a time, 1 where both do."""
    return int(settings.mode == "accompany")


def language_of(settings: Settings) -> Language:
    """What a mask must not distort in that mode."""
    return ACCOMPANISTS_LANGUAGE if settings.mode == "accompany" else COMPANIONS_LANGUAGE
