"""The synthesiser as an output, and what carries its sound."""

import os
import shutil
import subprocess
import sys
import threading
import wave
from contextlib import suppress

import numpy as np
import pytest

from livecomposer.errors import SoundError
from livecomposer.playing import synth as synth_module
from livecomposer.playing.soundfonts import OWN
from livecomposer.playing.synth import Synth, open_synth

NOTE = bytes([0x90, 60, 110])


def recording_synth():
    """A synth that carries nothing, the messages it played, and how often it was stopped."""
    played, stopped = [], []
    return Synth(played.append, lambda: stopped.append(True), latency=0.01, name="fake"), played, stopped


@pytest.fixture
def no_jack(monkeypatch):
    """Point JACK clients at a server that does not exist."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "livecomposer-no-such-server")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")


def connections():
    """JACK ports as lines, each followed by the indented ones it is connected to."""
    return subprocess.run(["jack_lsp", "-c"], capture_output=True, text=True, check=True).stdout


def test_send_plays_until_closed():
    """Messages reach the instrument until ``close``; later ones do nothing."""
    synth, played, _ = recording_synth()
    synth.send(NOTE)
    synth.close()
    synth.send(NOTE)
    assert played == [NOTE]


def test_close_stops_once():
    """A second ``close`` does nothing, nor does leaving the context afterwards."""
    synth, _, stopped = recording_synth()
    with synth:
        synth.close()
        synth.close()
    assert stopped == [True]


def test_nothing_plays_while_or_after_it_stops():
    """Threads that send while another closes never reach an instrument that is given back."""
    alive, wrong = [True], []

    def play(_data):
        if not alive:
            wrong.append(True)

    synth = Synth(play, alive.clear, latency=0.0, name="fake")
    threads = [threading.Thread(target=lambda: [synth.send(NOTE) for _ in range(2000)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    synth.close()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_off_needs_no_library(monkeypatch):
    """``off`` opens and takes messages even where FluidSynth is missing."""
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    with open_synth(audio="off") as synth:
        synth.send(NOTE)
    assert synth.latency == 0.0


def test_unknown_carrier_is_refused():
    """A word that names no carrier is answered with those there are."""
    with pytest.raises(SoundError, match="wanted one of auto, fluidsynth, portaudio, off"):
        open_synth(audio="speaker")


def test_no_audio_device_is_one_quiet_line(no_jack, monkeypatch, capfd):
    """Where no driver starts and PortAudio has no device, one line says so with a remedy, and C code says nothing."""
    monkeypatch.setattr(synth_module, "DRIVERS", ("jack",))
    import sounddevice

    monkeypatch.setattr(sounddevice, "query_devices", list)
    with pytest.raises(SoundError, match="no audio device answered FluidSynth") as caught:
        open_synth(soundfont=str(OWN))
    assert "PortAudio finds no audio output device" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_driver_that_is_not_there_is_answered_with_those_that_are(no_jack):
    """An unknown FluidSynth driver is named, with the library's own."""
    with pytest.raises(SoundError, match=r"no audio driver 'nonsense' \(it has .+\)"):
        open_synth(audio="fluidsynth", audio_device="nonsense", soundfont=str(OWN))


DEVICES = [
    {"name": "Microphone", "max_output_channels": 0},
    {"name": "Built-in Speakers", "max_output_channels": 2},
    {"name": "Scarlett 2i2", "max_output_channels": 4},
]


@pytest.mark.parametrize(
    ("wanted", "default", "expected"),
    [
        ("scarlett", 1, (2, "Scarlett 2i2")),
        ("", 2, (2, "Scarlett 2i2")),
        ("", -1, (1, "Built-in Speakers")),
        ("", 0, (1, "Built-in Speakers")),
    ],
)
def test_device_is_chosen_by_part_of_its_name(wanted, default, expected):
    """Part of a name in any case chooses; no name takes the default if it can sound, else the first that can."""
    assert expected == synth_module._chosen(DEVICES, wanted, default)


def test_device_that_is_not_there_is_answered_with_those_that_are():
    """The error names the real output devices and no inputs."""
    with pytest.raises(SoundError, match=r"'piano' in its name \(there are Built-in Speakers, Scarlett 2i2\)"):
        synth_module._chosen(DEVICES, "piano", 1)


def test_live_through_jack(jack):
    """With a JACK server FluidSynth starts on it, connects itself to the speakers, and leaves without a trace."""
    with open_synth(audio="fluidsynth", audio_device="jack", soundfont=str(OWN)) as synth:
        synth.send(NOTE)
        assert synth.name == "FluidSynth on jack"
        assert 0 < synth.latency < 0.05
        assert "livecomposer-synth:left\n   system:playback_1" in connections()
    assert "livecomposer-synth" not in connections()


def test_automatic_choice_takes_a_jack_server_that_runs(jack):
    """``auto`` prefers a running JACK server."""
    with open_synth(soundfont=str(OWN)) as synth:
        assert synth.name == "FluidSynth on jack"


def test_bank_that_cannot_be_loaded_closes_the_device(jack, tmp_path):
    """Where the bank fails after the device opened, the device is let go."""
    bank = tmp_path / "bad.sf2"
    bank.write_bytes(b"RIFF\x04\x00\x00\x00sfbk")
    with pytest.raises(SoundError, match=r"bad\.sf2"):
        open_synth(audio="fluidsynth", audio_device="jack", soundfont=str(bank))
    assert "livecomposer-synth" not in connections()


@pytest.mark.skipif(shutil.which("jack_capture") is None, reason="jack_capture is not installed")
def test_live_sound_reaches_the_speakers(jack, tmp_path):
    """What a recorder at the JACK outputs hears while a key is struck again and again is sound."""
    path = tmp_path / "live.wav"
    with open_synth(audio="fluidsynth", audio_device="jack", soundfont=str(OWN)) as synth:
        ports = ["-p", "livecomposer-synth:left", "-p", "livecomposer-synth:right"]
        recorder = subprocess.Popen(
            ["jack_capture", *ports, "-d", "1", "-b", "16", str(path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TERM": "dumb"},
        )
        while recorder.poll() is None:
            synth.send(NOTE)
            with suppress(subprocess.TimeoutExpired):
                recorder.wait(timeout=0.2)
    with wave.open(str(path)) as wav:
        sound = np.frombuffer(wav.readframes(wav.getnframes()), "<i2") / 32768
    assert np.sqrt(np.mean(sound**2)) > 1e-3


PORTAUDIO = """
from livecomposer.playing.synth import open_synth
with open_synth(audio="portaudio", audio_device="SYSTEM", soundfont={bank!r}) as synth:
    synth.send(bytes([0x90, 60, 110]))
    print(synth.name, 0 < synth.latency < 1)
"""


def test_live_through_portaudio(jack):
    """In a fresh process PortAudio finds the JACK server's speakers by part of their name and carries the sound."""
    pytest.importorskip("sounddevice", reason="PortAudio is not installed")
    script = PORTAUDIO.format(bank=str(OWN))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    if "PortAudio finds no audio output device" in done.stderr:
        pytest.skip("this PortAudio was built without JACK")
    assert (done.stdout.strip(), done.returncode) == ("PortAudio on system True", 0)


def test_another_bank_is_handed_to_what_sounds():
    """Unless it is closed, or has no sound of its own; a bank that cannot be loaded changes nothing."""
    taken = []
    synth = Synth(print, lambda: None, latency=0.0, name="fake", take=taken.append)
    synth.change_bank(OWN)
    with pytest.raises(SoundError, match=r"none\.sf2"):
        synth.change_bank(OWN.with_name("none.sf2"))
    synth.close()
    synth.change_bank(OWN)
    recording_synth()[0].change_bank(OWN)
    assert 1 == len(taken)
