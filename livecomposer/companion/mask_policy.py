"""What a mask must not distort, for each of the two ways of playing. Pure."""

import numpy as np

from livecomposer.events import Role
from livecomposer.model.sampling import MaskPolicy
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

__all__ = ["ACCOMPANIMENT_POLICY", "TURN_TAKING_POLICY"]

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
