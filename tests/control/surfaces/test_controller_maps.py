"""The maps that ship, and which of them are in force."""

import pytest

from livecomposer.control.surfaces import controller_maps as controllers
from livecomposer.control.surfaces.bindings import Address
from livecomposer.control.surfaces.controller_maps import DEFAULT, chosen, controls_of, maps, read
from livecomposer.errors import SettingError
from livecomposer.settings import Settings, changed


@pytest.fixture(autouse=True)
def _nobody(tmp_path, monkeypatch):
    """The performer's own file is not there, whoever runs the tests."""
    monkeypatch.setattr(controllers, "own", lambda name: tmp_path / "home" / name)


def command_at(controls, text):
    """The name that a message asks for."""
    found = controls.find(Address.parse(text))
    return found and found.command.name


@pytest.mark.parametrize("name", sorted(maps()))
def test_every_map_that_ships_can_be_read(name):
    """And binds something; all but the default know their ports."""
    controller = read(maps()[name])
    assert controller.layer
    assert bool(controller.ports) == (name != DEFAULT)


def test_the_default_leaves_music_alone():
    """No key, and none of modulation, volume, balance, pan, expression, the pedals and the sound controllers."""
    music = {1, 2, 4, 5, 6, 7, 8, 10, 11, *range(64, 80)}
    layer = read(maps()[DEFAULT]).layer
    assert {"cc"} == {address.kind for address in layer}
    assert set() == music & {address.number for address in layer}


def test_every_action_and_switch_and_all_seven_controls_of_sampling_are_bound_by_default():
    """So that any controller that can send a CC reaches them."""
    seven = {"sampling", "threshold", "creative_risk", "input_duration", "extension_duration", "max_rest", "max_note"}
    buttons = {"panic", "trigger", "begin", "yield", "reroll", "undo", "keep", "tap", "mute", "loop", "freeze"}
    bound = {binding.command.name for binding in read(maps()[DEFAULT]).layer.values()}
    assert set() == (seven | buttons | {"mode", "density", "lowest", "highest", "tempo"}) - bound


def test_the_map_of_what_is_plugged_in_is_chosen():
    """By part of a port's name, whatever the case; else the default."""
    assert "nanokontrol2" == chosen("", ["Piano", "nanoKONTROL2:nanoKONTROL2 MIDI 1 20:0"]).name
    assert DEFAULT == chosen("", ["Piano"]).name
    assert DEFAULT == chosen("", []).name


def test_a_map_may_be_asked_for_by_name_or_file(tmp_path):
    """Whatever is plugged in."""
    assert "minilab-3" == chosen("minilab-3", ["nanoKONTROL2"]).name
    (tmp_path / "mine.toml").write_text('[controls]\n"cc:9" = "panic"\n')
    assert [Address("cc", 9)] == list(chosen(str(tmp_path / "mine.toml"), []).layer)
    with pytest.raises(SettingError, match="wanted one of default, "):
        chosen("theremin", [])


@pytest.mark.parametrize(
    ("text", "said"),
    [("ports = 3", "ports = 3"), ('ports = [""]', "ports"), ("[", "not valid TOML"), ("controls = 1", "table")],
)
def test_what_is_no_map_is_refused(tmp_path, text, said):
    """In one line that names the file."""
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(SettingError, match=said) as refused:
        read(path)
    assert str(path) in str(refused.value)
    with pytest.raises(SettingError, match="cannot be read"):
        read(tmp_path / "none.toml")


def test_own_bindings_go_over_the_controllers_and_a_configs_over_both(tmp_path):
    """Later ones win, message by message."""
    default = read(maps()[DEFAULT])
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "controls.toml").write_text('[controls]\n"cc:21" = "density"\n"cc:22" = "tap"\n')
    config = tmp_path / "set.toml"
    config.write_text('mode = "respond"\n[controls]\n"cc:22" = "undo"\n')
    controls = controls_of(default, Settings(), config=config)
    found = [command_at(controls, text) for text in ("cc:21@1", "cc:22@1", "cc:23@1")]
    assert ["density", "undo", "input_duration"] == found


def test_a_presets_bindings_go_over_the_controllers_and_under_ones_own(tmp_path):
    """A preset that was asked for is a choice; what was learned is a nearer one."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "controls.toml").write_text('[controls]\n"cc:22" = "tap"\n')
    preset = tmp_path / "kiosk.toml"
    preset.write_text('mode = "respond"\n[controls]\n"cc:21" = "density"\n"cc:22" = "undo"\n')
    controls = controls_of(read(maps()[DEFAULT]), Settings(), config=None, preset=preset)
    found = [command_at(controls, text) for text in ("cc:21@1", "cc:22@1", "cc:23@1")]
    assert ["density", "tap", "input_duration"] == found


@pytest.mark.parametrize(("trigger", "message"), [("cc:105", "cc:105@1"), ("pedal:105", "cc:105@1")])
def test_what_the_trigger_names_stays_the_triggers(trigger, message):
    """The setting was there first."""
    default = read(maps()[DEFAULT])
    assert "mute" == command_at(controls_of(default, Settings(), config=None), message)
    settings = changed(Settings(), {"trigger": trigger})
    assert command_at(controls_of(default, settings, config=None), message) is None
