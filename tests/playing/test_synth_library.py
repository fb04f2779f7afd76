"""FluidSynth behind wire bytes."""

import ctypes
import os
import sys

import numpy as np
import pytest

from livecomposer.errors import SoundError
from livecomposer.playing import synth_library
from livecomposer.playing.soundfonts import OWN
from livecomposer.playing.synth_library import Bank, Instrument, hushed, library

RATE = 48000


@pytest.fixture
def instrument():
    """An instrument with the own piano, given back afterwards."""
    made = Instrument(gain=0.6, sample_rate=RATE)
    made.load(OWN)
    yield made
    made.delete()


def level(instrument, seconds=0.2):
    """Root mean square of the next ``seconds`` of sound."""
    block = np.zeros((round(seconds * RATE), 2), np.float32)
    instrument.fill(block.ctypes.data, len(block))
    return float(np.sqrt(np.mean(block**2)))


def test_note_on_sounds_and_note_off_ends_it(instrument):
    """A note-on gives sound, its note-off takes it away; velocity 0 is a note-off."""
    for end in (bytes([0x80, 60, 64]), bytes([0x90, 60, 0])):
        assert level(instrument) < 1e-4
        instrument.send(bytes([0x90, 60, 100]))
        assert level(instrument) > 1e-2
        instrument.send(end)
        level(instrument, 2.0)


def test_silence_ends_every_channel_at_once(instrument):
    """After ``silence`` no channel sounds, pedal or not."""
    for channel in (0, 5, 15):
        instrument.send(bytes([0xB0 | channel, 64, 127]))
        instrument.send(bytes([0x90 | channel, 60, 127]))
    assert level(instrument) > 1e-2
    instrument.silence()
    level(instrument, 2.0)  # the room rings on a little
    assert level(instrument) < 1e-4


@pytest.mark.parametrize(
    "data", [bytes([0xA0, 60, 100]), bytes([0xC0, 40]), bytes([0xD0, 100]), bytes([0xE0, 0, 64]), bytes([0xB0, 7, 90])]
)
def test_other_channel_messages_are_taken(instrument, data):
    """Pressure, program, bend and controllers leave the sound going."""
    instrument.send(data)
    instrument.send(bytes([0x90, 60, 100]))
    assert level(instrument) > 1e-3


def test_a_program_the_bank_lacks_falls_back_to_the_piano(instrument):
    """A bank of one piano plays it whatever program is asked for."""
    instrument.send(bytes([0xC0, 90]))
    instrument.send(bytes([0x90, 60, 100]))
    assert level(instrument) > 1e-2


@pytest.mark.parametrize("data", [b"", b"\x90", b"\xf8", bytes([0x90, 60]), bytes([0xF0, 1, 2, 0xF7])])
def test_what_is_no_channel_message_is_passed_over(instrument, data):
    """Fragments, clock and system exclusive sound nothing and raise nothing."""
    instrument.send(data)
    assert level(instrument) < 1e-4


def test_drums_are_mute_in_the_piano(instrument):
    """The drum channel of a bank of one piano stays silent, so that a band's drums are not hammered on it."""
    for pitch in (36, 60):
        instrument.send(bytes([0x99, pitch, 127]))
    assert level(instrument) < 1e-4


def test_volume_controller_is_obeyed(instrument):
    """CC7 at 0 silences a channel."""
    instrument.send(bytes([0xB0, 7, 0]))
    instrument.send(bytes([0x90, 60, 100]))
    assert level(instrument) < 1e-3


def test_without_a_driver_nothing_runs(instrument):
    """Where nobody takes the sound away, ``running`` says so."""
    assert not instrument.running(within=0.05)


def test_a_bank_that_cannot_be_loaded_is_named(tmp_path):
    """A damaged bank raises with its path."""
    bank = tmp_path / "bad.sf2"
    bank.write_bytes(b"RIFF\x04\x00\x00\x00sfbk")
    made = Instrument(gain=0.6, sample_rate=RATE)
    with pytest.raises(SoundError, match=r"bad\.sf2: FluidSynth cannot load it"):
        made.load(bank)
    made.delete()


def test_piano_loads_without_a_warning():
    """FluidSynth has nothing to say about the own piano, of any gravity."""
    said = []
    log = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(
        lambda _level, message, _data: said.append(message)
    )
    _, bare = library()
    for gravity in range(3):
        bare.fluid_set_log_function(gravity, ctypes.cast(log, ctypes.c_void_p), None)
    try:
        made = Instrument(gain=0.6, sample_rate=RATE)
        made.load(OWN)
        made.send(bytes([0x90, 60, 100]))
        made.delete()
    finally:
        for gravity in range(3):
            bare.fluid_set_log_function(gravity, None, None)
    assert said == []


def test_library_is_silent_on_a_missing_bank(tmp_path, capfd):
    """The library's own complaints do not reach the terminal."""
    made = Instrument(gain=0.6, sample_rate=RATE)
    with pytest.raises(SoundError):
        made.load(tmp_path / "none.sf2")
    made.delete()
    assert capfd.readouterr() == ("", "")


def test_hushed_swallows_file_descriptor_2_and_gives_it_back(capfd):
    """What C code writes to standard error meanwhile is gone; afterwards it arrives again, even after an error."""

    def chatter():
        with hushed():
            os.write(2, b"chatter")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        chatter()
    os.write(2, b"word")
    assert capfd.readouterr().err == "word"


@pytest.mark.parametrize(("broken", "remedy"), [(None, "pip install"), (object(), "apt install libfluidsynth3")])
def test_a_missing_library_says_what_to_install(monkeypatch, broken, remedy):
    """Without the binding, or without the library behind it, one line names the remedy."""
    monkeypatch.setitem(sys.modules, "fluidsynth", broken)
    synth_library.library.cache_clear()
    try:
        with pytest.raises(SoundError, match=remedy) as caught:
            library()
    finally:
        synth_library.library.cache_clear()
    assert "\n" not in str(caught.value)


def test_another_bank_takes_the_place_of_the_first(instrument):
    """What sounds ends; the next note sounds with the new bank, under the volume that was set."""
    instrument.send(bytes([0x90, 60, 100]))
    assert level(instrument) > 1e-3
    instrument.take(Bank(OWN))
    level(instrument, 3.0)  # the last of the reverberation
    assert level(instrument) < 1e-3
    instrument.send(bytes([0x90, 60, 100]))
    assert level(instrument) > 1e-3
    instrument.send(bytes([0xB0, 7, 0]))
    instrument.take(Bank(OWN))
    level(instrument, 3.0)
    instrument.send(bytes([0x90, 60, 100]))
    assert level(instrument) < 1e-3


def test_a_bank_that_nobody_takes_is_dropped(tmp_path):
    """A second time nothing happens; one that cannot be loaded is named."""
    bank = Bank(OWN)
    bank.drop()
    bank.drop()
    (tmp_path / "bad.sf2").write_bytes(b"RIFF\x04\x00\x00\x00sfbk")
    with pytest.raises(SoundError, match=r"bad\.sf2: FluidSynth cannot load it"):
        Bank(tmp_path / "bad.sf2")
