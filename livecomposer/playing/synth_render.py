"""Timed wire messages to a WAV file, without any audio device and as fast as the machine can."""

import wave
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from livecomposer.atomic_write import atomic_write
from livecomposer.errors import SoundError
from livecomposer.playing.synth_library import Instrument

__all__ = ["render"]

Samples = npt.NDArray[np.float32]

BLOCK = 64
"""Frames FluidSynth renders at a time; a message takes hold at the next block, within 1.5 ms at 44.1 kHz."""

_CHUNK = 256 * BLOCK
_FADE = 0.1
_CEILING = 0.99
_FULL = 32767


def render(
    events: Iterable[tuple[float, bytes]],
    path: Path,
    *,
    soundfont: Path,
    gain: float,
    sample_rate: int = 44100,
    tail: float = 2.0,
    progress: Callable[[float], None] | None = None,
) -> float:
    """Render ``(seconds, MIDI channel message)`` pairs, in any order, to a 16-bit stereo WAV at ``path``.

    Sound goes on for ``tail`` seconds after the last message, its last 0.1 s faded. Where the sum passes full scale the
    whole is scaled down, so that it never clips. ``progress`` is told the fraction done, 0–1. The file is written
    beside ``path`` and moved into place. Returns the seconds written. Raises :class:`SoundError` where there is no
    FluidSynth, the bank cannot be loaded, or the file cannot be written.
    """
    timed = sorted(events, key=lambda event: event[0])
    frames = _blocks((timed[-1][0] if timed else 0.0) + tail, sample_rate)
    instrument = Instrument(gain=gain, sample_rate=sample_rate, **{"synth.polyphony": 512})
    try:
        instrument.load(soundfont)
        with TemporaryFile(dir=path.parent) as store, atomic_write(path) as partial:
            peak = 0.0
            for done, block in _played(instrument, timed, frames, sample_rate):
                peak = max(peak, float(np.abs(block).max()))
                store.write(block.tobytes())
                if progress:
                    progress(done / frames)
            store.seek(0)
            _write(store, partial, frames=frames, scale=min(1.0, _CEILING / max(peak, 1e-9)), sample_rate=sample_rate)
    except OSError as error:
        raise SoundError(
            f"{path}: cannot be written ({error.strerror}); choose a folder that exists and has room"
        ) from error
    finally:
        instrument.delete()
    return frames / sample_rate


def _blocks(seconds: float, sample_rate: int) -> int:
    """Frames of the whole number of blocks nearest to ``seconds``."""
    return max(0, round(seconds * sample_rate / BLOCK)) * BLOCK


def _played(
    instrument: Instrument, timed: Sequence[tuple[float, bytes]], frames: int, sample_rate: int
) -> Iterator[tuple[int, Samples]]:
    """Frames done so far, and the samples since the last, ``(frames, 2)``."""
    at = 0
    for moment, data in [*((_blocks(seconds, sample_rate), data) for seconds, data in timed), (frames, b"")]:
        while at < moment:
            block = np.zeros((min(_CHUNK, moment - at), 2), np.float32)
            instrument.fill(block.ctypes.data, len(block))
            at += len(block)
            yield at, block
        instrument.send(data)


def _write(store: BinaryIO, path: Path, *, frames: int, scale: float, sample_rate: int) -> None:
    fade = round(_FADE * sample_rate)
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(sample_rate)
        left = frames
        while data := store.read(8 * _CHUNK):
            samples = np.frombuffer(data, np.float32).reshape(-1, 2)  # (frames, left and right)
            falling = np.clip((left - np.arange(len(samples))) / fade, 0, 1)[:, None]
            wav.writeframes(np.round(samples * falling * (scale * _FULL)).astype("<i2").tobytes())
            left -= len(samples)
