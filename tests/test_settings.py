from dataclasses import FrozenInstanceError, fields
from math import inf, nan

import pytest

from livecomposer.errors import SettingError
from livecomposer.settings import (
    ANY,
    TOGETHER,
    TURNS,
    UNKNOWN,
    Settings,
    changed,
    load,
    meaning_of,
    musical,
    range_of,
)

NAMES = [f.name for f in fields(Settings)]
NUMBERS = [name for name in NAMES if range_of(name)]
TEXTS = [name for name in NAMES if not range_of(name)]
CHOICES = [f.name for f in fields(Settings) if "choices" in f.metadata]


def refusal(values) -> str:
    """The one line with which ``values`` are refused."""
    with pytest.raises(SettingError) as caught:
        changed(Settings(), values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_says_what_it_means(name):
    """Each setting has one line of meaning, and its default passes its own check."""
    meaning = meaning_of(name)
    assert len(meaning) > 10
    assert "\n" not in meaning
    assert Settings() == changed(Settings(), {name: getattr(Settings(), name)})


def test_what_shapes_the_music_is_known_of_each_setting():
    """Ports, engines and the performer's own touch do not; what does may be changed while music plays."""
    assert {"sampling", "scale", "chords", "lowest", "split", "density", "follow_harmony", "polyphony"} <= set(
        musical()
    )
    assert not {"input", "model", "gain", "transpose", "performer_program", "seed", "mode"} & set(musical())
    assert [*musical()] == [name for name in NAMES if name in musical(ANY) + musical(TURNS, TOGETHER, UNKNOWN)]
    assert ("extension_duration",) == musical(TURNS)
    assert all(f.metadata["live"] for f in fields(Settings) if f.name in musical())


@pytest.mark.parametrize("name", NUMBERS)
def test_the_ends_of_a_range_are_inside_it(name):
    """Lowest and highest value are taken, each of the default's own type."""
    for value in range_of(name):
        taken = getattr(changed(Settings(), {name: value}), name)
        assert value == taken
        assert type(taken) is type(getattr(Settings(), name))


@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_outside_a_range_is_refused_by_name_value_and_range(name):
    """The message names the key, what was got, and both ends of what was wanted."""
    low, high = range_of(name)
    for value in (low - 1, high + 1):
        message = refusal({name: value})
        assert all(part in message for part in (name, repr(value), f"{low:.10g}", f"{high:.10g}"))


def test_a_range_upside_down_is_refused():
    """Lowest above highest is told as such, wherever the two come from."""
    assert "lowest = 61 is above highest = 60" in refusal({"lowest": 61, "highest": 60})
    with pytest.raises(SettingError, match="lowest = 61"):
        load(environment={"LIVECOMPOSER_LOWEST": "61"}, options={"highest": 60})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [nan, inf, -inf, True, False, None, "", "nan", "inf", "loud", [1], {"a": 1}])
def test_what_is_no_number_is_refused_where_one_is_wanted(name, value):
    """Not-a-number, infinities, truth values, empty text and tables are not numbers."""
    message = refusal({name: value})
    assert name in message
    assert repr(value) in message


@pytest.mark.parametrize("name", ["seed", "polyphony", "threads"])
def test_a_whole_number_is_not_rounded(name):
    """A fraction is refused where a whole number is wanted."""
    assert "a whole number" in refusal({name: 1.5})
    assert "a whole number" in refusal({name: "1.5"})


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_outside_the_list_is_refused_with_the_list(name):
    """The message names every choice there is."""
    choices = {f.name: f for f in fields(Settings)}[name].metadata["choices"]
    message = refusal({name: "nonesuch"})
    assert all(part in message for part in (name, "'nonesuch'", *choices))
    assert all(choice in meaning_of(name) for choice in choices)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", [1, True, None, 1.5])
def test_what_is_no_text_is_refused_where_text_is_wanted(name, value):
    """Numbers and truth values are not text."""
    assert f"{name} = {value!r}" in refusal({name: value})


def test_an_unknown_setting_is_refused_with_the_known_ones():
    """The message names the key and every setting there is."""
    message = refusal({"tempature": 1.0})
    assert all(name in message for name in ("'tempature'", *NAMES))


def test_settings_are_frozen():
    """A change is a new value; the old one stays."""
    before = Settings()
    after = changed(before, {"creative_risk": 2.0})
    assert [1.0, 2.0] == [before.creative_risk, after.creative_risk]
    with pytest.raises(FrozenInstanceError):
        before.creative_risk = 2.0


def test_options_win_over_environment_over_file_over_default(tmp_path):
    """Each of the four layers is seen where no later one speaks."""
    file = tmp_path / "a.toml"
    file.write_text("creative_risk = 1.1\nmax_rest = 1.2\nmax_note = 1.3\n")
    environment = {"LIVECOMPOSER_MAX_REST": "2.2", "LIVECOMPOSER_MAX_NOTE": "2.3"}
    got = load(file, environment=environment, options={"max_note": 3.3})
    assert [Settings().threshold, 1.1, 2.2, 3.3] == [got.threshold, got.creative_risk, got.max_rest, got.max_note]


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_can_come_from_the_environment(name):
    """LIVECOMPOSER_ and the name in capitals set it, from text, and nothing else in the environment does."""
    value = str(range_of(name)[0]) if range_of(name) else getattr(Settings(), name)
    got = load(environment={f"LIVECOMPOSER_{name.upper()}": value, name: "x", name.upper(): "x"})
    assert changed(Settings(), {name: value}) == got


def test_a_bad_value_from_the_environment_is_refused_like_any_other():
    """The environment's text is held to the same range."""
    with pytest.raises(SettingError, match="creative_risk = '9'"):
        load(environment={"LIVECOMPOSER_CREATIVE_RISK": "9"})


@pytest.mark.parametrize("text", [b"creative_risk 1.0", b"mode = continue", b"\xff\xfe", b"seed = 1\nseed = 2\n"])
def test_a_file_that_is_not_toml_is_refused_by_name(tmp_path, text):
    """The message is one line, names the file, and says what to do."""
    file = tmp_path / "bad.toml"
    file.write_bytes(text)
    with pytest.raises(SettingError, match=r"bad\.toml: not valid TOML") as caught:
        load(file, environment={})
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused_by_name(tmp_path):
    """A file that cannot be read is an error, not the defaults."""
    with pytest.raises(SettingError, match=r"none\.toml: cannot be read"):
        load(tmp_path / "none.toml", environment={})


def test_an_unknown_key_in_a_file_is_refused(tmp_path):
    """A misspelt key or a table in the file is named."""
    file = tmp_path / "a.toml"
    file.write_text("[sampling_of]\ntop = 1\n")
    with pytest.raises(SettingError, match="unknown setting 'sampling_of'"):
        load(file, environment={})


def test_a_command_may_have_defaults_of_its_own(tmp_path):
    """They stand below file, environment and options."""
    own = Settings(extension_duration=20.0)
    (tmp_path / "my.toml").write_text("extension_duration = 30\n")
    assert 20.0 == load(environment={}, defaults=own).extension_duration
    assert 30.0 == load(tmp_path / "my.toml", environment={}, defaults=own).extension_duration
    assert 40.0 == load(environment={"LIVECOMPOSER_EXTENSION_DURATION": "40"}, defaults=own).extension_duration


def test_a_file_of_settings_may_have_a_table_of_controls(tmp_path):
    """It is read elsewhere; any other table is unknown."""
    path = tmp_path / "set.toml"
    path.write_text('gain = 0.5\n[controls]\n"cc:21" = "density"\n')
    assert 0.5 == load(path, environment={}).gain
    path.write_text('[kontrols]\n"cc:21" = "density"\n')
    with pytest.raises(SettingError, match="unknown setting 'kontrols'"):
        load(path, environment={})
