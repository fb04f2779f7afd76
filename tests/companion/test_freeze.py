"""What is played while nobody listens."""

from livecomposer.companion.freeze import Freeze
from livecomposer.events import Control, NoteOff, NoteOn, Other


def test_nothing_is_kept_before_it_is_on():
    """All is heard."""
    assert not any(Freeze().keeps(event) for event in (NoteOn(0.0, 60, 80), NoteOff(0.1, 60), Control(0.2, 64, 127)))


def test_keys_and_pedals_that_go_down_are_kept():
    """And a key's coming up with it, even once it is off again."""
    freeze = Freeze()
    freeze.on = True
    assert all(
        freeze.keeps(event) for event in (NoteOn(0.0, 60, 80), Control(0.1, 64, 127), Other(0.2, b"\xe0\x00\x40"))
    )
    freeze.on = False
    assert freeze.keeps(NoteOff(0.3, 60))
    assert not freeze.keeps(NoteOff(0.4, 60))


def test_what_was_down_before_is_let_go_of():
    """Keys and pedal both."""
    freeze = Freeze()
    freeze.keeps(NoteOn(0.0, 60, 80))
    freeze.on = True
    assert not any(freeze.keeps(event) for event in (NoteOff(0.1, 60), Control(0.2, 64, 0)))
