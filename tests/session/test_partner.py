"""Which nature plays in which mode, and what its engine is told."""

from pathlib import Path

import pytest

from livecomposer.companion.accompaniment import Accompaniment
from livecomposer.companion.turn_taking import TurnTaking
from livecomposer.session.partner import engine_command, engine_line, mask_policy_of, mode_for
from livecomposer.session.weights import ACCOMPANIMENT_POLICY, TURN_TAKING_POLICY
from livecomposer.settings import Settings, changed


@pytest.mark.parametrize(
    ("mode", "nature", "language", "told"),
    [
        ("continue", TurnTaking, TURN_TAKING_POLICY, "0"),
        ("respond", TurnTaking, TURN_TAKING_POLICY, "0"),
        ("accompany", Accompaniment, ACCOMPANIMENT_POLICY, "1"),
    ],
)
def test_a_mode_has_its_partner(mode, nature, language, told):
    """Turns are taken by one, playing along is the other's; the weights are told which, and whose notes are whose."""
    settings = changed(Settings(), {"mode": mode})
    assert type(mode_for(settings, seed=1)) is nature
    assert mask_policy_of(settings) is language
    command = engine_command(settings, Path("weights"))
    assert command[command.index("--mode") + 1] == told


def test_what_computes_is_one_line():
    """With what would be better, where something would."""
    assert "engine native, int8" == engine_line({"backend": "native", "precision": "int8"})
    line = engine_line({"backend": "eager", "precision": "float32", "remedy": "apt install g++"})
    assert "engine eager, float32, apt install g++" == line
