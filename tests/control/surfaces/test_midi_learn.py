"""MIDI learn, without MIDI."""

import tomllib

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.control.surfaces.bindings import MUSICAL, Address
from livecomposer.control.surfaces.midi_learn import PATIENCE, MidiLearn
from livecomposer.errors import SettingError

KNOB = Address("cc", 74, 2)


class Taught:
    """A :class:`MidiLearn` with what it bound and said."""

    def __init__(self, file):
        self.bound, self.said, self.clock = [], [], ManualClock()
        self.learning = MidiLearn(clock=self.clock, file=file, bind=self.bound.append, notify=self.said.append)


@pytest.fixture
def taught(tmp_path):
    """One whose file is not there yet, nor its folder."""
    return Taught(tmp_path / "home" / "controls.toml")


def test_the_next_knob_is_bound_told_and_kept(taught, tmp_path):
    """On every channel; then nothing is waited for."""
    taught.learning.learn("creative_risk")
    assert taught.learning.wants(KNOB, 3.0)
    binding = taught.learning.learned(KNOB)
    assert [binding] == taught.bound
    assert ("cc:74", "creative_risk") == (str(binding.address), binding.command.name)
    assert "learned: cc:74 is creative_risk" == taught.said[-1]
    assert not taught.learning.wants(KNOB, 4.0)
    path = tmp_path / "home" / "controls.toml"
    assert f"{path}: cc:74 is creative_risk" == taught.learning.save(binding)
    assert {"controls": {"cc:74": "creative_risk"}} == tomllib.loads(path.read_text())


def test_a_key_is_bound_on_its_own_channel_when_it_is_struck(taught):
    """Pads and keys share numbers; a release is not meant."""
    key = Address("note", 36, 9)
    taught.learning.learn("panic")
    assert not taught.learning.wants(key, 0.0)
    assert taught.learning.wants(key, 1.0)
    assert "note:36@10" == str(taught.learning.learned(key).address)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("creative_risk", Address("note", 60, 0)),
        ("creative_risk", Address("bend", 0, 0)),
        *[("panic", Address("cc", number, 0)) for number in MUSICAL],
    ],
)
def test_music_goes_on_while_something_is_learned(taught, name, address):
    """Volume, pan, expression, the pedal and the bend pass; so do keys, where a number is learned."""
    taught.learning.learn(name)
    assert not taught.learning.wants(address, 100.0)


def test_after_half_a_minute_it_is_given_up(taught):
    """And told, once."""
    taught.learning.learn("mute")
    taught.clock.advance(PATIENCE - 0.1)
    taught.learning.expire()
    assert "mute" == taught.learning.wanted
    taught.clock.advance(0.1)
    assert not taught.learning.wants(KNOB, 1.0)
    assert taught.learning.learned(KNOB) is None
    taught.learning.learn("mute")
    taught.clock.advance(PATIENCE)
    before = len(taught.said)
    taught.learning.expire()
    taught.learning.expire()
    assert ["mute was not learned: nothing was moved; try again"] == taught.said[before:]
    assert [] == taught.bound


def test_learning_can_be_called_off(taught):
    """With an empty name."""
    taught.learning.learn("mute")
    taught.learning.learn("")
    assert "" == taught.learning.wanted


@pytest.mark.parametrize("name", ["nothing", "scale", "seed"])
def test_what_no_knob_can_ask_for_is_refused(taught, name):
    """An unknown name, a text, a setting of the start."""
    with pytest.raises(SettingError):
        taught.learning.learn(name)
    assert "" == taught.learning.wanted


def test_what_is_saved_replaces_what_the_same_message_meant_and_leaves_the_rest(tmp_path):
    """Comments, settings, other bindings; the file can be read again."""
    path = tmp_path / "set.toml"
    bound = '"cc:74@3" = "tap"\n"cc:074@1" = "mute"\n"cc:75" = "undo"  # left foot\n'
    path.write_text(f'# mine\nmode = "respond"\n\n[controls]\n{bound}')
    taught = Taught(path)
    taught.learning.learn("creative_risk")
    taught.learning.save(taught.learning.learned(KNOB))
    read = tomllib.loads(path.read_text())
    assert {"mode": "respond", "controls": {"cc:75": "undo", "cc:74": "creative_risk"}} == read
    assert path.read_text().startswith("# mine\n")
    assert "# left foot" in path.read_text()


@pytest.mark.parametrize("content", ["not TOML", "controls = 3\n", '[controls]\n"knob" = "tap"\n'])
def test_a_file_that_cannot_be_written_leaves_the_binding_for_the_session(tmp_path, content):
    """It is said in one line, and the file stays as it is."""
    path = tmp_path / "set.toml"
    path.write_text(content)
    taught = Taught(path)
    taught.learning.learn("mute")
    said = taught.learning.save(taught.learning.learned(KNOB))
    assert said.startswith("cc:74 is mute for this session only: ")
    assert 1 == len(taught.bound)
    assert content == path.read_text()
