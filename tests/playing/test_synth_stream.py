import threading

import numpy as np
import pytest

from livecomposer.errors import SoundError
from livecomposer.playing import synth_stream
from livecomposer.playing.sinks import Output
from livecomposer.playing.soundfonts import OWN
from livecomposer.playing.synth_stream import FRAMES, StreamSynth, monitor_of
from livecomposer.settings import Settings
from tests.fakes import FakeSink

ON, OFF = bytes([0x90, 60, 100]), bytes([0x80, 60, 64])
PATIENCE = 20.0


class Ear:
    """Keeps blocks, and tells when there have been ``wanted`` of them that ``counts``."""

    def __init__(self, *, wanted=1, counts=lambda _: True):
        self.blocks = []
        self.heard = threading.Event()
        self._wanted, self._counts = wanted, counts

    def __call__(self, block):
        samples = np.frombuffer(block, "<i2")
        self.blocks.append(samples)
        self._wanted -= self._counts(samples)
        if self._wanted <= 0:
            self.heard.set()


def loud(samples):
    """Whether a block is not silent."""
    return int(np.abs(samples).max()) > 50


def test_who_listens_hears_what_is_sent():
    """Blocks of 12 ms in stereo: silent before the note, not silent with it."""
    with_note, before = Ear(counts=loud), Ear(wanted=3)
    synth = StreamSynth()
    synth.listen(before)
    assert before.heard.wait(PATIENCE)
    assert not any(loud(block) for block in before.blocks)
    synth.listen(with_note)
    synth.send(ON)
    assert with_note.heard.wait(PATIENCE)
    assert {2 * FRAMES} == {len(block) for block in with_note.blocks}
    synth.close()


def test_nothing_is_rendered_where_nobody_listens():
    """Neither before the first nor after the last; notes that came meanwhile are not sounded later."""
    synth = StreamSynth()
    synth.send(ON)
    assert synth._thread is None
    ear = Ear(wanted=3)
    leave = synth.listen(ear)
    thread = synth._thread
    assert ear.heard.wait(PATIENCE)
    leave()
    leave()
    thread.join(PATIENCE)
    assert synth._thread is None
    assert not any(loud(block) for block in ear.blocks)
    synth.send(ON)
    synth.close()


def test_controls_that_came_before_hold_when_sound_begins():
    """A pedal that is down holds the notes that are released."""
    synth = StreamSynth()
    synth.send(bytes([0xB0, 64, 127]))
    synth.send(bytes([0xC0, 0]))
    held = Ear(wanted=60, counts=loud)
    started = Ear()
    synth.listen(started)
    assert started.heard.wait(PATIENCE)
    synth.send(ON)
    synth.send(OFF)
    synth.listen(held)
    assert held.heard.wait(PATIENCE)
    synth.close()


def test_all_sound_off_is_silence_and_a_key_ends_it():
    """No reverberation is heard after it, and the next note is."""
    loud_once, silent, again = Ear(counts=loud), Ear(counts=lambda block: not block.any()), Ear(counts=loud)
    synth = StreamSynth()
    synth.listen(loud_once)
    synth.send(ON)
    while not loud_once.heard.wait(0.05):
        synth.send(ON)
    synth.send(bytes([0xB0, 120, 0]))
    synth.listen(silent)
    assert silent.heard.wait(PATIENCE)
    synth.send(ON)
    synth.listen(again)
    assert again.heard.wait(PATIENCE)
    synth.close()


def test_without_a_bank_it_is_told_in_a_line():
    """And a later listener tries again."""
    told = []
    said = threading.Event()

    def failed(line):
        told.append(line)
        said.set()

    synth = StreamSynth(soundfont="/no/such.sf2", failed=failed)
    for _ in range(2):
        said.clear()
        synth.listen(Ear())
        assert said.wait(PATIENCE)
        while synth._thread is not None:
            pass
    assert 2 == len(told)
    assert "/no/such.sf2" in told[0]
    synth.close()


def test_once_closed_it_is_silent_for_good():
    """A second close does nothing, and nobody listens any more."""
    synth = StreamSynth()
    synth.listen(Ear())
    synth.close()
    synth.close()
    synth.listen(Ear())
    synth.send(ON)
    assert synth._thread is None or not synth._thread.is_alive()


def test_another_bank_sounds_while_somebody_listens_and_for_who_comes_later(tmp_path):
    """Notes go on being heard; one that cannot be loaded leaves what is."""
    synth, ear = StreamSynth(), Ear(wanted=3)
    synth.listen(ear)
    assert ear.heard.wait(PATIENCE)
    synth.change_bank(OWN)
    loaded = Ear(counts=loud)
    synth.listen(loaded)
    synth.send(ON)
    assert loaded.heard.wait(PATIENCE)
    (tmp_path / "bad.sf2").write_bytes(b"RIFF\x04\x00\x00\x00sfbk")
    with pytest.raises(SoundError, match=r"bad\.sf2"):
        synth.change_bank(tmp_path / "bad.sf2")
    assert str(OWN) == synth._soundfont
    synth.close()


def test_a_bank_that_is_changed_while_the_first_one_loads_is_the_one_that_plays(monkeypatch):
    """Whatever was read first."""
    synth, asked = StreamSynth(soundfont="first"), []

    def find(wanted):
        asked.append(wanted)
        if wanted == "first":
            synth.change_bank(OWN)
        return OWN

    monkeypatch.setattr(synth_stream, "find_soundfont", find)
    ear = Ear(wanted=1)
    synth.listen(ear)
    assert ear.heard.wait(PATIENCE)
    assert ["first", str(OWN)] == asked
    synth.close()


def test_a_monitor_hears_what_the_output_sends():
    """It is one sink more, and does not make the output later."""
    sink = FakeSink(latency=0.01)
    output = Output([sink])
    monitor = monitor_of(output, Settings(), failed=print)
    output.send(bytes([0xB0, 7, 90]))
    assert (sink.name, monitor.name) == output.names
    assert 0.01 == output.latency
    assert bytes([0xB0, 7, 90]) in monitor._controls.values()
    output.close()
