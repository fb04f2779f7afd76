"""The two ways of playing: taking turns (``continue``, ``respond``) and playing along (``accompany``). Pure."""

from livecomposer.companion.accompaniment import Accompaniment
from livecomposer.companion.mask_policy import ACCOMPANIMENT_POLICY, TURN_TAKING_POLICY
from livecomposer.companion.turn_taking import TurnTaking
from livecomposer.model.sampling import MaskPolicy
from livecomposer.settings import Settings

__all__ = ["Mode", "mask_policy_of", "mode_for", "weights_mode"]

Mode = TurnTaking | Accompaniment


def mode_for(settings: Settings, *, seed: int) -> Mode:
    """Whoever plays in ``settings.mode``; raises :class:`SettingError` for what cannot be played with."""
    return Accompaniment(settings, seed=seed) if settings.mode == "accompany" else TurnTaking(settings, seed=seed)


def weights_mode(settings: Settings) -> int:
    """What the weights are told of that mode, as in training: 0 where one plays at a time, 1 where both do."""
    return int(settings.mode == "accompany")


def mask_policy_of(settings: Settings) -> MaskPolicy:
    """What a mask must not distort in that mode."""
    return ACCOMPANIMENT_POLICY if settings.mode == "accompany" else TURN_TAKING_POLICY
