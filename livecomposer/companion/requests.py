"""What a session may ask of its engine."""

from dataclasses import dataclass

from livecomposer.companion.plan import Plan
from livecomposer.tokens.grammar import Mask

__all__ = ["Feed", "Step"]


@dataclass(frozen=True, slots=True)
class Feed:
    """Ask the engine to take in ``ids``."""

    ids: list[int]


@dataclass(frozen=True, slots=True)
class Step:
    """Ask the engine for the next id of ``turn``."""

    plan: Plan
    mask: Mask
    chance: float
