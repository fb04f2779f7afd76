"""What a move of the hand asks for."""

import pytest

from livecomposer.control.surfaces.bindings import layer_of
from livecomposer.control.surfaces.gestures import Ask, Gesture


def gesture(key, how):
    """The memory of one binding."""
    (binding,) = layer_of({key: how}, where="test").values()
    return Gesture(binding)


def asked(made, readings, present=None):
    """What a row of readings asks for; the command stays where it is."""
    return [None if (ask := made.move(reading, present)) is None else ask.value for reading in readings]


@pytest.mark.parametrize(
    ("edge", "times"), [("rising", [False, True, False, False, False]), ("falling", [False, False, False, True, False])]
)
def test_a_button_counts_once_a_press(edge, times):
    """At its threshold, whatever else it sends on the way."""
    made = gesture("cc:21", {"command": "panic", "edge": edge, "threshold": 100})
    assert times == [made.move(reading, None) == Ask() for reading in (99, 100, 127, 20, 0)]


def test_every_stroke_of_a_key_is_a_press():
    """However soft, and even if its release was lost."""
    made = gesture("note:36", "tap")
    assert [True, True, False] == [made.move(reading, None) == Ask() for reading in (1, 90, 0)]


def test_a_switch_is_turned_over_by_a_press_or_held():
    """``edge = both`` makes it on while it is held."""
    assert [Ask(), None] == [gesture("cc:21", "mute").move(reading, False) for reading in (127, 0)]
    held = gesture("cc:21", {"command": "mute", "edge": "both"})
    assert [True, False] == asked(held, [127, 0], present=False)


def test_a_program_change_sets_its_value_each_time():
    """It has no release."""
    made = gesture("program:3", {"command": "mode", "value": "respond"})
    assert ["respond", "respond"] == asked(made, [127, 127], present="continue")


def test_a_button_without_a_value_goes_from_choice_to_choice():
    """And round again."""
    made = gesture("cc:21", {"command": "mode", "style": "button"})
    assert Ask("respond") == made.move(127, "continue")
    assert made.move(0, "respond") is None
    assert Ask("continue") == made.move(127, "accompany")


def test_an_absolute_knob_is_where_it_is():
    """A reading that changes nothing asks for nothing."""
    made = gesture("cc:21", {"command": "creative_risk", "low": 1, "high": 2})
    assert [1.0, 2.0, None] == [*asked(made, [0, 127], present=1.5), *asked(made, [127], present=2.0)]


def test_pitch_bend_turns_as_finely_as_it_is_sent():
    """Fourteen bits, not seven."""
    made = gesture("bend", {"command": "creative_risk", "low": 1, "high": 2})
    assert pytest.approx(1 + 1 / 16383) == made.move(127 / 16383, 1.5).value


@pytest.mark.parametrize("readings", [[0, 40, 90], [127, 90, 40]])
def test_a_knob_with_pick_up_takes_hold_once_it_has_passed_the_present_value(readings):
    """From either side; before that nothing happens."""
    made = gesture("cc:21", {"command": "creative_risk", "low": 1, "high": 2, "style": "pickup"})
    before, still, passed = asked(made, readings, present=1.5)
    assert (None, None) == (before, still)
    assert pytest.approx(1 + readings[2] / 127) == passed


def test_a_knob_that_has_hold_is_followed_until_something_else_moves_the_command():
    """Then it must meet the value again."""
    made = gesture("cc:21", {"command": "creative_risk", "low": 1, "high": 2, "style": "pickup"})
    assert None not in asked(made, [64, 70, 120], present=1.5)
    made.let_go()
    assert [None] == asked(made, [121], present=1.2)


@pytest.mark.parametrize(
    ("style", "up", "down"), [("twos-complement", 1, 127), ("offset-64", 65, 63), ("sign-magnitude", 1, 65)]
)
def test_a_relative_knob_moves_by_steps_and_stops_at_the_ends(style, up, down):
    """A hundredth of the range a step."""
    made = gesture("cc:21", {"command": "creative_risk", "low": 1, "high": 2, "style": style})
    assert pytest.approx([1.51, 1.49]) == asked(made, [up, down], present=1.5)
    assert [None] == asked(made, [up], present=2.0)


def test_relative_steps_are_never_smaller_than_what_the_command_can_tell_apart():
    """One note, one choice."""
    assert [13] == asked(gesture("cc:21", {"command": "polyphony", "style": "offset-64"}), [65], present=12)
    assert ["accompany"] == asked(gesture("cc:21", {"command": "mode", "style": "offset-64"}), [67], present="continue")
