"""Which of the companion's two natures plays: the one that takes turns, or the one that plays along."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livecomposer.companion.accompaniment import Accompaniment
from livecomposer.companion.turn_taking import TurnTaking
from livecomposer.engine.client import host_command
from livecomposer.model.sampling import MaskPolicy
from livecomposer.session.weights import ACCOMPANIMENT_POLICY, TURN_TAKING_POLICY
from livecomposer.settings import Settings

__all__ = ["Mode", "engine_command", "engine_line", "mask_policy_of", "mode_for", "weights_mode"]

Mode = TurnTaking | Accompaniment


def mode_for(settings: Settings, *, seed: int) -> Mode:
    """The one for ``settings.mode``."""
    return Accompaniment(settings, seed=seed) if settings.mode == "accompany" else TurnTaking(settings, seed=seed)


def engine_command(settings: Settings, model: Path) -> list[str]:
    """The command that runs an engine for that mode with the weights in the folder ``model``."""
    return host_command(
        model,
        mode=weights_mode(settings),
        device=settings.device,
        precision=settings.precision,
        threads=settings.threads,
    )


def engine_line(hello: Mapping[str, Any]) -> str:
    """What computes, as its process says, and what would be better."""
    line = f"engine {hello.get('backend')}, {hello.get('precision')}"
    return f"{line}, {hello['remedy']}" if "remedy" in hello else line


def weights_mode(settings: Settings) -> int:
    """What the weights are told of that mode, as in training: 0 where one plays at a time, 1 where both do."""
    return int(settings.mode == "accompany")


def mask_policy_of(settings: Settings) -> MaskPolicy:
    """What a mask must not distort in that mode."""
    return ACCOMPANIMENT_POLICY if settings.mode == "accompany" else TURN_TAKING_POLICY
