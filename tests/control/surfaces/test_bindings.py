"""Bindings as values and as text."""

import pytest

from livecomposer.control.surfaces.bindings import MUSICAL, Address, Controls, layer_of, reading
from livecomposer.errors import SettingError
from livecomposer.session.commands.table import COMMANDS


def one(key, how):
    """The one binding of a table with one line."""
    (binding,) = layer_of({key: how}, where="test").values()
    return binding


@pytest.mark.parametrize("text", ["cc:21", "cc:0@16", "note:36@10", "program:127", "bend", "bend@3"])
def test_an_address_reads_as_it_is_written(text):
    """Channels are counted from 1 in text and from 0 inside."""
    assert text == str(Address.parse(text))


@pytest.mark.parametrize(
    "text",
    ["", "cc", "cc:", "cc:120", "cc:-1", "cc:²", "note:128", "note:60@0", "note:60@17", "bend:1", "key:1", "cc:1@"],
)
def test_what_is_no_address_is_refused_in_one_line(text):
    """Channel mode messages (CC 120–127) are none either: they silence."""
    with pytest.raises(SettingError, match="wanted cc:NUMBER") as refused:
        Address.parse(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("data", "address", "value"),
    [
        (b"\xb2\x15\x40", "cc:21@3", 64),
        (b"\x99\x24\x50", "note:36@10", 80),
        (b"\x89\x24\x50", "note:36@10", 0),
        (b"\x99\x24\x00", "note:36@10", 0),
        (b"\xc0\x03", "program:3@1", 127),
        (b"\xe1\x7f\x7f", "bend@2", 127),
        (b"\xe1\x00\x00", "bend@2", 0),
    ],
)
def test_a_message_is_an_address_and_a_value(data, address, value):
    """A key that comes up has the value 0, a program change 127."""
    assert (Address.parse(address), value) == reading(data)


def test_pressure_cannot_be_bound():
    """Aftertouch is music."""
    assert reading(b"\xd0\x40") is None
    assert reading(b"\xa0\x40\x40") is None


def test_a_name_alone_is_a_binding_over_the_whole_range():
    """As the table of commands has it."""
    binding = one("cc:21", "creative_risk")
    assert COMMANDS["creative_risk"] is binding.command
    assert (0.1, 4.0) == (binding.at(0.0), binding.at(1.0))
    assert not binding.is_button


def test_a_knob_may_have_a_part_of_the_range_and_be_turned_around():
    """``low`` above ``high``; a present value outside counts as its nearer end."""
    binding = one("cc:21", {"command": "creative_risk", "low": 2, "high": 1})
    assert (2.0, 1.5, 1.0) == (binding.at(0.0), binding.at(0.5), binding.at(1.0))
    assert (0.0, 0.5, 1.0) == (binding.share(3.5), binding.share(1.5), binding.share(0.5))


def test_whole_numbers_are_given_whole():
    """A pitch has no fraction."""
    value = one("cc:28", "lowest").at(0.5)
    assert (64, int) == (value, type(value))


@pytest.mark.parametrize(
    ("key", "how", "said"),
    [
        ("cc:21", "creative_riks", "unknown command"),
        ("cc:21", "seed", "only set at the start"),
        ("cc:21", 3, "wanted a command's name"),
        ("cc:21", {"style": "pickup"}, "wanted a command's name"),
        ("cc:21", {"command": "creative_risk", "speed": 1}, "unknown option 'speed'"),
        ("cc:21", {"command": "creative_risk", "address": 1}, "unknown option 'address'"),
        ("cc:21", {"command": "creative_risk", "high": 5}, "wanted a number from 0.1 to 4"),
        ("cc:21", {"command": "creative_risk", "low": 1, "high": 1}, "wanted a range"),
        ("cc:21", {"command": "creative_risk", "style": "jumpy"}, "style = 'jumpy'"),
        ("cc:21", {"command": "panic", "threshold": 0}, "threshold = 0"),
        ("cc:21", {"command": "panic", "edge": "up"}, "edge = 'up'"),
        ("cc:21", {"command": "panic", "value": True}, "takes no value"),
        ("cc:21", {"command": "panic", "style": "offset-64"}, "only for a cc that turns"),
        ("note:60", "creative_risk", "wanted value"),
        ("program:3", {"command": "mode", "value": "sing"}, "wanted one of"),
        ("cc:21", "scale", "wanted value"),
        ("cc:21", {"command": "mute", "value": "on"}, "wanted true or false"),
        ("cc:21", {"command": "mute", "feedback": 9}, "wanted true"),
        ("cc:21", {"command": "mute", "feedback": "bend"}, "wanted cc:NUMBER"),
        ("cc:21", {"command": "mute", "feedback": True, "lit": 128}, "lit = 128"),
        *[(f"cc:{number}", "creative_risk", "sure = true") for number in MUSICAL],
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_its_place(key, how, said):
    """File, message, and what was wanted."""
    with pytest.raises(SettingError, match=said) as refused:
        layer_of({key: how}, where="own.toml")
    assert str(refused.value).startswith(f"own.toml: {key}: ")
    assert "\n" not in str(refused.value)


def test_music_may_be_bound_by_who_says_so():
    """A controller without keys has other uses for CC 7."""
    assert "density" == one("cc:7", {"command": "density", "sure": True}).command.name


@pytest.mark.parametrize(("first", "second"), [("cc:21", "cc:21@3"), ("note:1@2", "note:1"), ("cc:21", "cc:021")])
def test_one_message_has_one_command_within_a_map(first, second):
    """Also where one of the two is of every channel."""
    with pytest.raises(SettingError, match="bound twice"):
        layer_of({first: "panic", second: "tap"}, where="test")


def test_a_later_map_goes_before_an_earlier_one():
    """It may also say that a message is not bound; what it says nothing of stays."""
    under = layer_of({"cc:1": "panic", "cc:2": "tap", "cc:3": "mute"}, where="test")
    over = layer_of({"cc:1@5": "undo", "cc:2": ""}, where="test")
    controls = Controls([under, over])
    assert {"cc:1@5": "undo", "cc:3": "mute"} == {str(each.address): each.command.name for each in controls}
    assert controls.find(Address("cc", 1, 0)) is None
    assert "undo" == controls.find(Address("cc", 1, 4)).command.name
    assert "mute" == controls.find(Address("cc", 3, 9)).command.name


@pytest.mark.parametrize("address", ["cc:21", "note:36", "program:3", "bend"])
def test_a_message_that_is_bound_is_never_passed_over(address):
    """The quick look says yes wherever the long one finds something; to most of the others it says no."""
    controls = Controls([layer_of({address: {"command": "mode", "value": "respond"}}, where="test")])
    messages = [bytes([status, first, 64]) for status in range(0x80, 0xF0) for first in range(128)]
    found = [data for data in messages if (read := reading(data)) and controls.find(read[0])]
    assert found == [data for data in messages if controls.may_have(data)]


def test_what_a_controller_shows_is_the_share_of_the_range():
    """Between its two ends; a button that sets a value is lit while it is set."""
    ring = one("cc:21", {"command": "creative_risk", "high": 2.1, "feedback": "cc:9@11", "dark": 1, "lit": 13})
    assert bytes([0xBA, 9, 7]) == ring.shown(1.1)
    lamp = one("note:8@11", {"command": "mode", "value": "respond", "feedback": True, "lit": 1})
    assert (bytes([0x9A, 8, 1]), bytes([0x9A, 8, 0])) == (lamp.shown("respond"), lamp.shown("continue"))
    assert one("cc:21", "creative_risk").shown(1.0) is None
    assert one("cc:21", {"command": "tap", "feedback": True}).shown(None) is None
