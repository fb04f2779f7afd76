"""The table of commands."""

from dataclasses import fields

import pytest

from livecomposer.errors import SettingError
from livecomposer.session.commands.table import COMMANDS, Kind, command
from livecomposer.settings import Settings, changed, range_of

NUMBERS = [each for each in COMMANDS.values() if each.kind is Kind.NUMBER]
CHOICES = [each for each in COMMANDS.values() if each.kind is Kind.CHOICE]


def test_every_live_setting_is_a_command_and_no_other_is():
    """The settings among the commands are those that may change while music plays."""
    live = {field.name for field in fields(Settings) if field.metadata.get("live")}
    assert live == {name for name in COMMANDS if name in {field.name for field in fields(Settings)}} - {"trigger"}


@pytest.mark.parametrize("each", NUMBERS, ids=lambda each: each.name)
def test_a_number_has_the_range_of_its_setting(each):
    """And both its ends are values that the setting takes."""
    assert range_of(each.name) == (each.low, each.high)
    assert {each.low, each.high} == {each.at(0.0), each.at(1.0)}


@pytest.mark.parametrize("each", NUMBERS, ids=lambda each: each.name)
@pytest.mark.parametrize("share", [-1.0, 0.0, 0.3, 0.5, 1.0, 2.0])
def test_wherever_a_knob_is_turned_the_value_fits(each, share):
    """A knob never leaves the range; a whole number stays whole."""
    value = each.at(share)
    assert each.low <= value <= each.high
    assert isinstance(value, int) or not each.whole


@pytest.mark.parametrize("each", [*NUMBERS, *CHOICES], ids=lambda each: each.name)
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_a_fader_shows_what_a_knob_has_set(each, share):
    """The value at a share lies at that share, as near as whole numbers and choices allow."""
    value = each.at(share)
    assert value == each.at(each.share(value))


@pytest.mark.parametrize("each", CHOICES, ids=lambda each: each.name)
def test_a_knob_reaches_every_choice(each):
    """From the first at its left end to the last at its right."""
    reached = [each.at(i / 127) for i in range(128)]
    assert set(each.choices) == set(reached)
    assert (each.choices[0], each.choices[-1]) == (reached[0], reached[-1])


def test_a_switch_is_on_from_the_middle():
    """As MIDI has it: 64 of 127 and above."""
    assert [False, True] == [COMMANDS["mute"].at(value / 127) for value in (63, 64)]


def test_a_text_is_not_for_knobs():
    """It is refused in one line that says how else."""
    with pytest.raises(SettingError, match="OSC"):
        COMMANDS["scale"].at(0.5)


def test_an_unknown_command_is_refused_with_those_there_are():
    """And one that can only be set at the start says so."""
    with pytest.raises(SettingError, match="panic"):
        command("volume")
    with pytest.raises(SettingError, match="only set at the start"):
        command("audio")


def test_what_a_command_takes_the_settings_take():
    """No value that a knob gives is refused by the settings, one at a time."""
    for each in (*NUMBERS, *CHOICES):
        if each.name not in {"lowest", "highest"}:  # which bound each other
            assert changed(Settings(), {each.name: each.at(0.5)})
