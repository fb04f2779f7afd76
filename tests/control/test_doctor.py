"""What doctor says of what it found."""

from dataclasses import dataclass, field

import pytest

from livecomposer.control.doctor import Check, checks, report
from livecomposer.errors import CheckpointError, EngineError, LivecomposerError, SoundError
from livecomposer.settings import Settings, changed


@dataclass
class _Machine:
    """A machine on which all is well, but for what is said; it is unreal in that nothing is ever looked at."""

    python: tuple[int, int, int] = (3, 11, 7)
    absent: set[str] = field(default_factory=set)
    apis: tuple[str, ...] = ("ALSA",)
    ports: tuple[str, ...] = ("Keyboard",)
    threads: int = 8
    resolution: float = 1e-9

    def _unless_absent(self, what: str, error: type[LivecomposerError] = LivecomposerError) -> str:
        if what in self.absent:
            raise error(f"no {what}\nhere")
        return what

    def python_found(self):
        return self.python

    def package_found(self, name):
        return self._unless_absent(name)

    def engine_found(self):
        return self._unless_absent("engine", EngineError)

    def model_found(self, wanted):
        return self._unless_absent("weights", CheckpointError)

    def soundfont_found(self, wanted):
        return self._unless_absent("soundfont", SoundError)

    def audio_found(self, audio, device):
        return self._unless_absent("sound", SoundError)

    def folder_found(self, folder):
        return self._unless_absent("takes")

    def midi_ports(self):
        return {"apis": list(self.apis), "inputs": list(self.ports), "outputs": list(self.ports)}

    def threads_found(self):
        return self.threads

    def clock_resolution(self):
        return self.resolution


def rows(machine: _Machine, settings: Settings | None = None) -> dict[str, Check]:
    """The checks of a machine, by name."""
    return {row.name: row for row in checks(settings or Settings(), facts=machine)}


def test_a_machine_on_which_all_is_well_gets_no_advice():
    """Nothing is missing, nothing is to be typed but the command that plays."""
    found = rows(_Machine())
    assert [] == [row for row in found.values() if not row.ok or row.remedy]
    assert "ready: livecomposer jam" == report(list(found.values())).splitlines()[-1]


@pytest.mark.parametrize(
    "what", ["torch", "numpy", "mido", "python-rtmidi", "safetensors", "msgpack", "weights", "takes"]
)
def test_what_jam_cannot_do_without_is_missing(what):
    """The check fails, in one line, and says what to type."""
    row = rows(_Machine(absent={what}))[what]
    assert not row.ok
    assert f"no {what} here" == row.found
    assert row.remedy


@pytest.mark.parametrize("what", ["pyfluidsynth", "sounddevice", "matplotlib", "engine", "soundfont", "sound"])
def test_what_jam_can_do_without_is_a_note(what):
    """The instrument is ready without it; the note says how to have it."""
    found = rows(_Machine(absent={what}))
    assert found[what].remedy
    assert all(row.ok for row in found.values())


@pytest.mark.parametrize(
    ("version", "ok"), [((3, 9, 18), False), ((3, 10, 0), False), ((3, 11, 0), True), ((3, 14, 0), True)]
)
def test_versions_are_compared_as_numbers(version, ok):
    """3.9 is older than 3.11."""
    assert ok == rows(_Machine(python=version))["python"].ok


def test_a_machine_without_midi_is_told_how_to_get_it():
    """No MIDI system and no keyboard are notes: a file can play."""
    found = rows(_Machine(apis=(), ports=()))
    assert "no usable MIDI system" == found["midi"].found
    assert "JACK" in found["midi"].remedy
    assert "--input FILE.mid" in found["midi inputs"].remedy
    assert all(row.ok for row in found.values())


def test_more_threads_than_processors_is_a_note():
    """The engine would wait for itself."""
    assert "--threads 2" in rows(_Machine(threads=2), changed(Settings(), {"threads": 3}))["processors"].remedy


def test_a_coarse_clock_is_a_note():
    """A clock of 16 ms cannot place notes."""
    found = rows(_Machine(resolution=0.016))["clock"]
    assert "tells apart 1.6e+04 µs" == found.found
    assert found.remedy


def test_the_text_has_a_line_for_what_was_found_and_one_for_what_to_type():
    """What jam cannot run without is marked, and the last line says that it is not ready."""
    text = report([Check("torch", ok=False, found="not installed", remedy="pip install torch")])
    assert ["MISSING torch: not installed", "        -> pip install torch"] == text.splitlines()[:2]
    assert text.splitlines()[-1].startswith("not ready")


def test_the_packages_of_this_installation_are_found():
    """The real machine, on which the tests run, has what is needed; a model that is not there is found out."""
    found = {row.name: row for row in checks(changed(Settings(), {"model": "/nowhere", "audio": "off"}))}
    assert all(found[name].ok for name in ("python", "torch", "numpy", "mido", "python-rtmidi", "msgpack", "midi"))
    assert not found["weights"].ok
