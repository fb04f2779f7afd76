"""FluidSynth: live through its own audio drivers or a PortAudio stream, and offline into a WAV file."""

import ctypes
import os
import threading
import wave
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from livecomposer.errors import SoundError
from livecomposer.playing.soundfonts import find_soundfont

__all__ = ["Synth", "open_synth", "render"]

_DRIVERS = ("pipewire", "pulseaudio", "jack", "alsa", "coreaudio", "wasapi", "dsound")
"""FluidSynth's own audio drivers, in the order in which they are tried."""

_PERIOD_FRAMES, _PERIODS = 128, 2
_RENDER_FRAMES = 64
_FULL_SCALE = 32767


def _library() -> Any:
    try:
        import fluidsynth
    except ImportError as error:
        remedy = "pip install 'livecomposer[synth]' and apt install libfluidsynth3 (macOS: brew install fluid-synth)"
        raise SoundError(f"no FluidSynth ({error}); {remedy}") from error
    with suppress(AttributeError):  # its chatter about drivers that are absent would hide our one line
        log = fluidsynth._fl.fluid_set_log_function  # noqa: SLF001 - the binding leaves it out
        for level in range(5):
            log(level, None, None)
    return fluidsynth


@contextmanager
def _quietly() -> Iterator[None]:
    """Audio libraries print page after page about what is absent; our one line says it."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class _Voice:
    """A FluidSynth synthesiser, fed with wire bytes; silent until a SoundFont is loaded, which may take a second."""

    def __init__(self, *, gain: float, sample_rate: int, options: dict[str, str | int] | None = None) -> None:
        self.library = _library()
        self.settings = self.library.new_fluid_settings()
        self._set("synth.sample-rate", float(sample_rate))
        self._set("synth.gain", gain)
        for name, value in (options or {}).items():
            self._set(name, value)
        self.synth = self.library.new_fluid_synth(self.settings)

    def load(self, soundfont: Path) -> None:
        """Sound with ``soundfont``; raises :class:`SoundError`."""
        if self.library.fluid_synth_sfload(self.synth, str(soundfont).encode(), 1) < 0:
            raise SoundError(f"{soundfont}: FluidSynth cannot load it; name another with --soundfont FILE.sf2")

    def _set(self, name: str, value: str | float) -> None:
        match value:
            case str():
                self.library.fluid_settings_setstr(self.settings, name.encode(), value.encode())
            case int():
                self.library.fluid_settings_setint(self.settings, name.encode(), value)
            case float():
                self.library.fluid_settings_setnum(self.settings, name.encode(), value)

    def play(self, data: bytes) -> None:
        """Take one channel message; pressure and anything unknown is passed over."""
        kind, channel = data[0] & 0xF0, data[0] & 15
        library, synth = self.library, self.synth
        if kind == 0x90 and data[2]:
            library.fluid_synth_noteon(synth, channel, data[1], data[2])
        elif kind in (0x80, 0x90):
            library.fluid_synth_noteoff(synth, channel, data[1])
        elif kind == 0xB0:
            library.fluid_synth_cc(synth, channel, data[1], data[2])
        elif kind == 0xC0:
            library.fluid_synth_program_change(synth, channel, data[1])
        elif kind == 0xE0:
            library.fluid_synth_pitch_bend(synth, channel, data[1] | data[2] << 7)

    def frames(self, count: int) -> npt.NDArray[np.int16]:
        """The next ``count`` frames, (count, 2)."""
        return np.asarray(self.library.fluid_synth_write_s16_stereo(self.synth, count), dtype=np.int16).reshape(-1, 2)

    def delete(self) -> None:
        """Free everything."""
        self.library.delete_fluid_synth(self.synth)
        self.library.delete_fluid_settings(self.settings)


class Synth:
    """A sink that sounds. ``latency``: seconds from ``send`` to the loudspeaker, as the audio system reports them."""

    def __init__(self, voice: _Voice, *, name: str, latency: float, stop: Callable[[], None]) -> None:
        self.name = name
        self.latency = latency
        self._voice: _Voice | None = voice
        self._stop = stop
        self._lock = threading.Lock()

    def send(self, data: bytes) -> None:
        """Take one MIDI channel message; from any thread."""
        with self._lock:
            if self._voice is not None:
                self._voice.play(data)

    def load(self, soundfont: Path) -> None:
        """Sound with another SoundFont; raises :class:`SoundError`."""
        with self._lock:
            if self._voice is not None:
                self._voice.load(soundfont)

    def close(self) -> None:
        """Stop the sound and free everything; a second call does nothing."""
        with self._lock:
            voice, self._voice = self._voice, None
        if voice is not None:
            self._stop()
            voice.delete()


def open_synth(
    *, audio: str = "auto", audio_device: str = "", soundfont: str = "", gain: float = 0.6, sample_rate: int = 48000
) -> Synth:
    """Open a synthesiser; raises :class:`SoundError` with one remedy where nothing can sound.

    ``audio``: ``fluidsynth`` (its own drivers; ``audio_device`` may name one, as ``jack``), ``portaudio``
    (``audio_device`` is part of a device's name), ``auto`` (the first of these that works) or ``off``.
    """
    if audio == "off":
        raise SoundError("audio is off (audio = 'off'); set audio = 'auto' to hear the synthesiser")
    font = find_soundfont(soundfont)
    os.environ.setdefault("JACK_NO_START_SERVER", "1")  # a server is the performer's to start
    failures: list[str] = []
    for carrier, opener in (("fluidsynth", _through_driver), ("portaudio", _through_portaudio)):
        if audio not in ("auto", carrier):
            continue
        try:
            with _quietly():
                return opener(font, audio_device, gain=gain, sample_rate=sample_rate)
        except SoundError as error:
            failures.append(str(error))
    raise SoundError(f"{'; '.join(failures)}; connect an audio device, or play to a MIDI port with --output PORT")


def _through_driver(font: Path, device: str, *, gain: float, sample_rate: int) -> Synth:
    for driver in [device] if device in _DRIVERS else _DRIVERS:
        options: dict[str, str | int] = {
            "audio.driver": driver,
            "audio.period-size": _PERIOD_FRAMES,
            "audio.periods": _PERIODS,
            "audio.jack.autoconnect": 1,
            "audio.jack.id": "livecomposer-synth",
        }
        voice = _Voice(gain=gain, sample_rate=sample_rate, options=options)
        chosen = ctypes.create_string_buffer(64)
        voice.library.fluid_settings_copystr(voice.settings, b"audio.driver", chosen, len(chosen))
        started = chosen.value == driver.encode() and voice.library.new_fluid_audio_driver(voice.settings, voice.synth)
        if started:

            def stop(voice: _Voice = voice, started: Any = started) -> None:
                voice.library.delete_fluid_audio_driver(started)

            latency = _PERIOD_FRAMES * _PERIODS / sample_rate
            return _loaded(Synth(voice, name=f"FluidSynth ({driver}, {font.name})", latency=latency, stop=stop), font)
        voice.delete()
    raise SoundError("no audio device for FluidSynth")


def _loaded(synth: Synth, font: Path) -> Synth:
    """Load last, so that a missing device is noticed before a large bank is read."""
    try:
        synth.load(font)
    except SoundError:
        synth.close()
        raise
    return synth


def _through_portaudio(font: Path, device: str, *, gain: float, sample_rate: int) -> Synth:
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise SoundError(f"no PortAudio ({error}); pip install sounddevice and apt install libportaudio2") from error
    voice = _Voice(gain=gain, sample_rate=sample_rate)

    def fill(out: Any, frames: int, _time: object, _status: object) -> None:
        out[:] = voice.frames(frames)

    try:
        index = _device_index(sounddevice, device)
        stream = sounddevice.OutputStream(
            samplerate=sample_rate, channels=2, dtype="int16", device=index, latency="low", callback=fill
        )
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        voice.delete()
        raise SoundError(f"no audio device for PortAudio ({error})") from error
    name = f"FluidSynth (PortAudio {sounddevice.query_devices(stream.device)['name']}, {font.name})"
    return _loaded(Synth(voice, name=name, latency=float(stream.latency), stop=stream.close), font)


def _device_index(sounddevice: Any, wanted: str) -> int | None:
    if not wanted:
        return None
    devices = [(i, d["name"]) for i, d in enumerate(sounddevice.query_devices()) if d["max_output_channels"] >= 2]
    index = next((i for i, name in devices if wanted.casefold() in name.casefold()), None)
    if index is None:
        names = ", ".join(repr(name) for _, name in devices) or "none"
        raise ValueError(f"no audio device named like {wanted!r}; there are: {names}")
    return index


def render(
    messages: Iterable[tuple[float, bytes]],
    path: Path,
    *,
    soundfont: Path,
    gain: float = 0.6,
    sample_rate: int = 44100,
    tail: float = 2.0,
    progress: Callable[[float], None] = lambda _: None,
) -> float:
    """Render timed wire ``messages`` (seconds, ascending) into a 16-bit stereo WAV; returns its seconds.

    Each is placed to within 64 frames; ``tail`` seconds follow the last. What would clip is made softer as a whole.
    The file appears whole or not at all. ``progress`` is told the seconds that are done.
    """
    voice = _Voice(gain=gain, sample_rate=sample_rate)
    try:
        voice.load(soundfont)
        sound = _rendered(voice, messages, sample_rate, tail, progress)
    finally:
        voice.delete()
    _write_wav(path, sound, sample_rate)
    return len(sound) / sample_rate


def _rendered(
    voice: _Voice, messages: Iterable[tuple[float, bytes]], rate: int, tail: float, progress: Callable[[float], None]
) -> npt.NDArray[np.int16]:
    blocks: list[npt.NDArray[np.int16]] = []
    done = 0
    for moment, data in messages:
        done += _render_until(voice, blocks, round(moment * rate) - done)
        voice.play(data)
        progress(moment)
    _render_until(voice, blocks, round(tail * rate))
    return np.concatenate(blocks) if blocks else np.zeros((0, 2), np.int16)


def _render_until(voice: _Voice, blocks: list[npt.NDArray[np.int16]], frames: int) -> int:
    whole = max(0, frames // _RENDER_FRAMES * _RENDER_FRAMES)
    if whole:
        blocks.append(voice.frames(whole))
    return whole


def _write_wav(path: Path, sound: npt.NDArray[np.int16], rate: int) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        with wave.open(str(partial), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(sound.astype("<i2").tobytes())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise SoundError(f"{path}: cannot be written ({error.strerror}); name a writable place") from error
