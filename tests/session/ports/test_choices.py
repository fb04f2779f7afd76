"""What there is to choose from."""

from livecomposer.midi.port_watcher import Offer
from livecomposer.playing.soundfonts import OWN
from livecomposer.session.ports.choices import choices, known_models
from livecomposer.settings import Settings, changed
from livecomposer.weights.checkpoint_folder import model_folder


def test_ports_that_are_there_are_offered_once_each():
    """Beside what is always there; the default comes first."""
    offer = Offer(sources=(("ALSA", "nord"), ("JACK", "nord"), ("JACK", "keys")), targets=(("ALSA", "fs"),))
    found = choices(offer, [])
    assert ["", "keys", "nord", "virtual"] == [value for value, _ in found["input"]]
    assert ["", "synth", "virtual", "fs", "none"] == [value for value, _ in found["output"]]


def test_models_are_those_that_ship_and_those_that_were_named(tmp_path):
    """Once each; one that is not there is none."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    names = ["", str(model_folder()), str(tmp_path / "mine"), str(tmp_path / "mine"), str(tmp_path / "gone")]
    found = choices(Offer(), names)["model"]
    assert ("", model_folder().name) == found[0]
    assert [(str(tmp_path / "mine"), "mine")] == [one for one in found if one[1] in {"mine", "gone"}]


def test_no_two_models_are_called_the_same(tmp_path):
    """The best of each run by the run's name; where that is taken, with its path."""
    runs = [tmp_path / "chorales" / "best", tmp_path / "rolls" / "best", tmp_path / "other" / "rolls"]
    for folder in runs:
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
    found = choices(Offer(), map(str, runs))["model"]
    assert ["chorales", "rolls", f"rolls ({runs[2]})"] == [words for _, words in found[-3:]]


def test_models_of_the_settings_are_known():
    """The one that plays, and the one to fall back on."""
    settings = changed(Settings(), {"model": "a", "small_model": "b"})
    assert ["a", "b", "", ""] == known_models(settings, Settings())


def test_our_own_piano_is_among_the_soundfonts():
    """And the default says which it is."""
    found = choices(Offer(), [])["soundfont"]
    assert found[0][0] == ""
    assert found[0][1].startswith("best: ")
    assert (str(OWN), OWN.stem) in found
