"""Which nature plays in which mode, and what its engine is told."""

from pathlib import Path

import pytest

from livecomposer.companion.accompaniment import Accompanist
from livecomposer.companion.turn_taking import Duet
from livecomposer.session.partner import engine_command, engine_line, language_of, partner_of
from livecomposer.session.weights import ACCOMPANISTS_LANGUAGE, COMPANIONS_LANGUAGE
from livecomposer.settings import Settings, changed


@pytest.mark.parametrize(
    ("mode", "nature", "language", "told"),
    [
        ("continue", Duet, COMPANIONS_LANGUAGE, "0"),
        ("respond", Duet, COMPANIONS_LANGUAGE, "0"),
        ("accompany", Accompanist, ACCOMPANISTS_LANGUAGE, "1"),
    ],
)
def test_a_mode_has_its_partner(mode, nature, language, told):
    """Turns are taken by one, playing along is the other's; the weights are told which, and whose notes are whose."""
    settings = changed(Settings(), {"mode": mode})
    assert type(partner_of(settings, seed=1)) is nature
    assert language_of(settings) is language
    command = engine_command(settings, Path("weights"))
    assert command[command.index("--mode") + 1] == told


def test_what_computes_is_one_line():
    """With what would be better, where something would."""
    assert "engine native, int8" == engine_line({"backend": "native", "precision": "int8"})
    line = engine_line({"backend": "eager", "precision": "float32", "remedy": "apt install g++"})
    assert "engine eager, float32, apt install g++" == line
