"""Profiles of instruments, found by name."""

import pytest

from livecomposer.errors import SettingError
from livecomposer.places import beside
from livecomposer.playing.device import Device
from livecomposer.playing.instrument_profiles import device_of, profile


@pytest.fixture
def folders(tmp_path):
    """The performer's own profiles, and those that ship."""
    own, shipped = tmp_path / "own", tmp_path / "shipped"
    own.mkdir()
    shipped.mkdir()
    (shipped / "piano.toml").write_text('port = "Grand"\nlatency_ms = 100\n')
    (shipped / "other.toml").write_text('port = "Other"\nrestrike_gap_ms = 30\n')
    (own / "piano.toml").write_text('port = "Grand"\nlatency_ms = 200\n')
    return own, shipped


@pytest.mark.parametrize("path", sorted(beside("config/devices").glob("*.toml")), ids=lambda path: path.stem)
def test_every_profile_that_ships_is_one(path):
    """And does something."""
    assert profile(path).needs > 0


def test_a_profile_is_found_by_part_of_the_outputs_name(folders):
    """Whatever the case; the performer's own goes before the one that ships; what is found is told."""
    said = []
    device = device_of("", ["USB GRAND MIDI 1"], folders=folders, notify=said.append)
    assert 0.2 == device.latency
    assert [device.describe()] == said


def test_of_several_outputs_all_go_by_the_one_profile_and_that_is_told(folders):
    """Each message is sent to all of them at one moment."""
    said = []
    device = device_of("", ["synth", "USB GRAND MIDI 1", "Other"], folders=folders, notify=said.append)
    assert 0.2 == device.latency
    assert [f"{device.describe()}; so are all outputs, by this one profile"] == said


def test_where_none_fits_nothing_is_sent_earlier(folders):
    """Nor where the profile is off."""
    said = []
    assert Device() == device_of("", ["synth"], folders=folders, notify=said.append)
    assert Device() == device_of("off", ["Grand"], folders=folders, notify=said.append)
    assert [] == said


def test_a_profile_is_chosen_by_name_or_file(folders, tmp_path):
    """Whatever the output is called."""
    assert 0.03 == device_of("other", ["Grand"], folders=folders).restrike_gap
    assert 0.1 == device_of(str(tmp_path / "shipped/piano.toml"), [], folders=folders).latency


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("nord", "output_profile = 'nord'; wanted off, a FILE.toml or one of: other, piano"),
        ("no-such.toml", "no-such.toml: cannot be read"),
    ],
)
def test_a_profile_that_is_not_there_is_refused(folders, wanted, reason):
    """With those there are."""
    with pytest.raises(SettingError, match=reason):
        device_of(wanted, [], folders=folders)


def test_a_file_that_is_no_profile_is_refused(tmp_path):
    """With its path."""
    broken = tmp_path / "broken.toml"
    broken.write_text("latency_ms = \n")
    with pytest.raises(SettingError, match=r"broken\.toml: not valid TOML"):
        profile(broken)
