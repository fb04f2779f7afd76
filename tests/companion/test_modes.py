"""Who plays in which mode, and what the weights are told of it."""

import pytest

from livecomposer.companion.accompaniment import Accompaniment
from livecomposer.companion.mask_policy import ACCOMPANIMENT_POLICY, TURN_TAKING_POLICY
from livecomposer.companion.modes import mask_policy_of, mode_for, weights_mode
from livecomposer.companion.turn_taking import TurnTaking
from livecomposer.settings import Settings, changed


@pytest.mark.parametrize(
    ("mode", "who", "policy", "told"),
    [
        ("continue", TurnTaking, TURN_TAKING_POLICY, 0),
        ("respond", TurnTaking, TURN_TAKING_POLICY, 0),
        ("accompany", Accompaniment, ACCOMPANIMENT_POLICY, 1),
    ],
)
def test_a_mode_has_its_player(mode, who, policy, told):
    """Turns are taken by one, playing along is the other's; the weights are told which, and whose notes are whose."""
    settings = changed(Settings(), {"mode": mode})
    assert type(mode_for(settings, seed=1)) is who
    assert mask_policy_of(settings) is policy
    assert weights_mode(settings) == told
