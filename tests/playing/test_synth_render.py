"""Timed messages to a WAV file."""

import wave

import numpy as np
import pytest

from livecomposer.errors import SoundError
from livecomposer.playing.soundfonts import OWN
from livecomposer.playing.synth_render import render

RATE = 44100


def on(pitch, velocity=100, channel=0):
    """A note-on's bytes."""
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch, channel=0):
    """A note-off's bytes."""
    return bytes([0x80 | channel, pitch, 64])


def heard(path):
    """Rate and samples of a WAV, ``(frames, 2)``, full scale 1."""
    with wave.open(str(path)) as wav:
        assert (2, 2) == (wav.getnchannels(), wav.getsampwidth())
        return wav.getframerate(), np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, 2) / 32768


def rendered(path, events, **options):
    """Render with the own piano; the samples."""
    render(events, path, soundfont=OWN, **{"gain": 0.6, **options})
    return heard(path)[1]


def test_length_is_last_event_and_tail(tmp_path):
    """What is written lasts to the last message and the tail behind it, to within a block, and is what is returned."""
    seconds = render([(0.5, on(60)), (1.0, off(60))], tmp_path / "a.wav", soundfont=OWN, gain=0.6, tail=1.5)
    rate, sound = heard(tmp_path / "a.wav")
    assert rate == RATE
    assert len(sound) / rate == seconds
    assert seconds == pytest.approx(2.5, abs=64 / RATE)


@pytest.mark.parametrize("moment", [0.1, 0.5, 1.2345])
def test_notes_begin_on_time(tmp_path, moment):
    """Silence before a note-on, sound within 3 ms behind it: one block and the rise of the hammer's blow."""
    sound = rendered(tmp_path / "a.wav", [(moment, on(72, 127))], tail=0.5)
    begin = np.flatnonzero(np.abs(sound).max(axis=1) > 1e-3)[0] / RATE
    assert moment - 64 / RATE <= begin <= moment + 0.003


def test_order_of_events_does_not_matter(tmp_path):
    """Messages may come in any order; their times decide."""
    events = [(0.0, on(60)), (0.3, off(60)), (0.3, on(64)), (0.8, off(64))]
    ordered = rendered(tmp_path / "a.wav", events)
    assert np.array_equal(ordered, rendered(tmp_path / "b.wav", [events[2], events[0], events[1], events[3]]))


def test_loud_music_is_scaled_and_never_clips(tmp_path):
    """Sixty keys at full force and full gain reach full scale and stay below it."""
    sound = rendered(tmp_path / "a.wav", [(0.0, on(pitch, 127)) for pitch in range(30, 90)], gain=5.0, tail=1.0)
    assert np.abs(sound).max() == pytest.approx(0.99, abs=0.001)


def test_soft_music_is_not_made_louder(tmp_path):
    """What stays below full scale keeps its level: twice the gain is twice the sound."""
    soft, loud = (rendered(tmp_path / "a.wav", [(0.0, on(60, 60))], gain=gain) for gain in (0.3, 0.6))
    assert np.abs(loud).max() / np.abs(soft).max() == pytest.approx(2, rel=0.02)


def test_sustain_pedal_and_bend_are_obeyed(tmp_path):
    """A held pedal keeps a released key sounding; a bend upwards raises its pitch by two semitones."""
    struck = [(0.0, on(57)), (0.5, off(57))]
    dry = rendered(tmp_path / "a.wav", struck, tail=1.5)
    held = rendered(tmp_path / "b.wav", [(0.0, bytes([0xB0, 64, 127])), *struck], tail=1.5)
    late = slice(round(1.2 * RATE), round(1.8 * RATE))
    assert np.sqrt(np.mean(held[late] ** 2)) > 10 * np.sqrt(np.mean(dry[late] ** 2))
    bent = rendered(tmp_path / "c.wav", [(0.0, bytes([0xE0, 127, 127])), (0.0, on(69))], tail=1.2)[:RATE, 0]
    spectrum = np.abs(np.fft.rfft(bent * np.hanning(RATE)))
    assert np.argmax(spectrum[400:520]) + 400 == pytest.approx(440 * 2 ** (2 / 12), abs=2)


def test_ends_without_a_click(tmp_path):
    """A note that still sounds at the end is faded, so the last samples are silent."""
    sound = rendered(tmp_path / "a.wav", [(0.0, on(40, 127))], tail=0.5)
    assert np.abs(sound[-round(0.05 * RATE) : -round(0.04 * RATE)]).max() > 1e-3
    assert np.abs(sound[-20:]).max() < 1e-3


def test_silence_and_nothing_at_all_are_files_too(tmp_path):
    """No messages at all give the tail, in silence."""
    sound = rendered(tmp_path / "a.wav", [], tail=0.25)
    assert len(sound) == pytest.approx(0.25 * RATE, abs=64)
    assert np.abs(sound).max() < 1e-4


def test_progress_grows_to_one(tmp_path):
    """Progress is told as a growing fraction that ends in 1."""
    told = []
    rendered(tmp_path / "a.wav", [(0.0, on(60)), (2.0, off(60))], progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_failure_leaves_what_was_there(tmp_path):
    """A bank that cannot be loaded raises, the old file stays, and nothing is left beside it."""
    path, bank = tmp_path / "a.wav", tmp_path / "bad.sf2"
    path.write_bytes(b"old")
    bank.write_bytes(b"RIFF\x04\x00\x00\x00sfbk")
    with pytest.raises(SoundError, match=r"bad\.sf2: FluidSynth cannot load it"):
        render([(0.0, on(60))], path, soundfont=bank, gain=0.6)
    assert path.read_bytes() == b"old"
    assert [path.name, bank.name] == sorted(p.name for p in tmp_path.iterdir())


def test_a_folder_that_is_missing_is_one_line(tmp_path):
    """A target that cannot be written is named, with the reason."""
    with pytest.raises(SoundError, match="cannot be written"):
        render([], tmp_path / "none" / "a.wav", soundfont=OWN, gain=0.6)
