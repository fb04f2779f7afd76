"""The sink that is a file."""

import wave

import numpy as np
import pytest

from livecomposer.clocks import ManualClock
from livecomposer.errors import SoundError
from livecomposer.places import beside
from livecomposer.playing.wav_sink import WavSink

PIANO = beside("soundfonts/livecomposer-piano.sf2")


def samples(path):
    """The left channel, and the rate."""
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
        return sound[:, 0].astype(float), file.getframerate()


def test_what_was_sent_sounds_when_it_was_sent(tmp_path):
    """The second note begins a second after the first, and sound follows it."""
    clock = ManualClock(100.0)
    sink = WavSink(tmp_path / "take.wav", clock=clock, soundfont=PIANO, gain=0.5)
    sink.send(bytes([0x90, 60, 90]))
    clock.advance(0.5)
    sink.send(bytes([0xB0, 120, 0]))
    clock.advance(0.5)
    sink.send(bytes([0x90, 72, 90]))
    sink.close()
    sound, rate = samples(tmp_path / "take.wav")
    loud = [np.sqrt(np.mean(sound[int(a * rate) : int((a + 0.2) * rate)] ** 2)) for a in (0.1, 0.75, 1.1)]
    assert loud[0] > 10 * loud[1]
    assert loud[2] > 10 * loud[1]


def test_closing_twice_writes_once(tmp_path):
    """The file of the first close stays as it is."""
    sink = WavSink(tmp_path / "take.wav", clock=ManualClock(), soundfont=PIANO, gain=0.5)
    sink.send(bytes([0x90, 60, 90]))
    sink.close()
    before = (tmp_path / "take.wav").stat().st_mtime_ns
    sink.close()
    assert before == (tmp_path / "take.wav").stat().st_mtime_ns


def test_nothing_sent_leaves_no_file(tmp_path):
    """A session without a note makes no empty WAV."""
    WavSink(tmp_path / "take.wav", clock=ManualClock(), soundfont=PIANO, gain=0.5).close()
    assert not (tmp_path / "take.wav").exists()


def test_a_folder_that_is_not_there_is_told_before_the_performance(tmp_path):
    """Not after it, when the sound would be lost."""
    with pytest.raises(SoundError, match="make it first"):
        WavSink(tmp_path / "none" / "take.wav", clock=ManualClock(), soundfont=PIANO, gain=0.5)
