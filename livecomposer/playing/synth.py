"""The instrument's own sound: FluidSynth, carried by its own audio drivers or by PortAudio.

FluidSynth's drivers are tried in the order of ``DRIVERS``; one counts as started when sound is really taken from it.
Where none does, PortAudio is asked (the ``sounddevice`` package), which knows devices by name.
"""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from livecomposer.errors import SoundError, one_line
from livecomposer.playing.soundfonts import find_soundfont
from livecomposer.playing.synth_library import Bank, Instrument, hushed
from livecomposer.playing.synth_render import render

__all__ = ["DRIVERS", "Synth", "find_soundfont", "open_synth", "render"]

DRIVERS = ("jack", "pipewire", "pulseaudio", "alsa", "coreaudio", "wasapi", "dsound", "oss")
"""FluidSynth's drivers, lowest latency first; JACK only answers where its server runs already."""

PERIOD, PERIODS = 128, 3
"""Frames a period and periods of buffer asked of FluidSynth's drivers: 8 ms at 48 kHz."""

CLIENT = "livecomposer-synth"
"""Name among the clients of a JACK server."""

_START_WITHIN = 1.0
_REMEDY = "check the sound system, set output to a MIDI port instead, or audio to 'off'"
_REMEDY_PORTAUDIO = "apt install libportaudio2 (brew install portaudio), then pip install 'livecomposer[synth]'"


class Synth:
    """An output that sounds. ``send`` may be called by any thread; after ``close`` it does nothing.

    ``latency`` is in seconds from ``send`` to sound, as far as the audio system says; ``name`` says what carries it.
    """

    def __init__(
        self,
        play: Callable[[bytes], None],
        stop: Callable[[], None],
        *,
        latency: float,
        name: str,
        take: Callable[[Bank], None] | None = None,
    ) -> None:
        self._play = play
        self._stop = stop
        self._take = take
        self._lock = threading.RLock()  # re-entrant: a signal handler may close in the middle of a send
        self._closed = False
        self.latency = latency
        self.name = name

    def send(self, data: bytes) -> None:
        """Play one MIDI channel message, in wire bytes; anything else is passed over."""
        with self._lock:
            if not self._closed:
                self._play(data)

    def change_bank(self, path: Path) -> None:
        """Sound with another bank, whose loading nobody but the caller waits for; what sounds ends.

        Raises :class:`SoundError`, and then nothing has changed.
        """
        if self._take is None:
            return
        bank = Bank(path)
        with self._lock:
            if not self._closed:
                self._take(bank)
        bank.drop()

    def close(self) -> None:
        """Fall silent and let go of the device; a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_synth(
    *, audio: str = "auto", audio_device: str = "", soundfont: str = "", gain: float = 0.6, sample_rate: int = 48000
) -> Synth:
    """Open the synthesiser.

    ``audio``: ``fluidsynth`` and ``portaudio`` name a carrier, ``auto`` tries them in that order, ``off`` is silent and
    needs no library. ``audio_device``: for FluidSynth one of its drivers (``jack``) or driver:device (``alsa:hw:1``);
    for PortAudio part of a device's name; ``auto`` takes it either way. ``soundfont``: see :func:`find_soundfont`.
    ``gain`` 0–5; ``sample_rate`` in Hz (a JACK server's own wins).

    Raises :class:`SoundError`, in one line, where there is no library, bank or audio device.
    """
    if audio == "off":
        return Synth(_nothing, _nothing, latency=0.0, name="off")
    carriers = {"auto": (_by_fluidsynth, _by_portaudio), "fluidsynth": (_by_fluidsynth,), "portaudio": (_by_portaudio,)}
    if audio not in carriers:
        raise SoundError(f"audio = {audio!r}: wanted one of auto, fluidsynth, portaudio, off")
    bank = find_soundfont(soundfont)
    options: Mapping[str, Any] = {
        "audio.period-size": PERIOD,
        "audio.periods": PERIODS,
        "audio.jack.autoconnect": 1,
        "audio.jack.id": CLIENT,
    }
    instrument = Instrument(gain=gain, sample_rate=sample_rate, **options)
    os.environ.setdefault("JACK_NO_START_SERVER", "1")  # a server is the performer's to start
    refusals = []
    for carrier in carriers[audio]:
        try:
            return _loaded(carrier(instrument, audio_device, sample_rate), instrument, bank)
        except _NoDeviceError as error:
            refusals.append(str(error))
    instrument.delete()
    raise SoundError(f"{'; '.join(refusals)}; {_REMEDY}")


class _NoDeviceError(SoundError):
    """This carrier has no device; another may."""


def _loaded(synth: Synth, instrument: Instrument, bank: Path) -> Synth:
    """Load last, so that a missing device is noticed before a large bank is read."""
    try:
        instrument.load(bank)
    except BaseException:
        synth.close()
        raise
    return synth


def _nothing(*_: object) -> None:
    """Do nothing."""


def _by_fluidsynth(instrument: Instrument, wanted: str, sample_rate: int) -> Synth:
    """Let the first of FluidSynth's drivers that starts, or the one that ``wanted`` names, carry the sound."""
    has = set(instrument.drivers())
    driver, _, device = wanted.partition(":")
    names = [name for name in DRIVERS if name in has and driver in ("", name)]
    if not names:
        offered = ", ".join(name for name in DRIVERS if name in has) or "none"
        raise _NoDeviceError(f"FluidSynth has no audio driver {driver!r} (it has {offered})")
    for name in names:
        with hushed():
            started = instrument.start(name, device) and instrument.running(within=_START_WITHIN)
            if not started:
                instrument.stop()
        if started:
            return Synth(
                instrument.send,
                lambda: _end(instrument),
                latency=PERIOD * PERIODS / sample_rate,
                name=f"FluidSynth on {name}",
                take=instrument.take,
            )
    raise _NoDeviceError(f"no audio device answered FluidSynth (tried {', '.join(names)})")


def _end(instrument: Instrument) -> None:
    instrument.silence()
    with hushed():
        instrument.delete()


def _by_portaudio(instrument: Instrument, wanted: str, sample_rate: int) -> Synth:
    """Render into a PortAudio stream on the device whose name has ``wanted`` in it, or on the system's choice."""
    with hushed(), _converted():
        import sounddevice

        devices = [dict(device) for device in sounddevice.query_devices()]
    number, name = _chosen(devices, wanted, int(sounddevice.default.device[1]))

    def fill(out: Any, frames: int, _time: object, _status: object) -> None:
        instrument.fill(ctypes.addressof(ctypes.c_char.from_buffer(out)), frames)

    with hushed(), _converted():
        stream = sounddevice.RawOutputStream(
            samplerate=sample_rate, device=number, channels=2, dtype="float32", latency="low", callback=fill
        )
        stream.start()

    def stop() -> None:
        instrument.silence()
        with hushed():
            stream.close()
        instrument.delete()

    latency = float(stream.latency)
    return Synth(instrument.send, stop, latency=latency, name=f"PortAudio on {name}", take=instrument.take)


def _chosen(devices: list[dict[str, Any]], wanted: str, default: int) -> tuple[int, str]:
    """Number and name of the output device to use, of PortAudio's ``devices`` in their order."""
    names = {i: str(device["name"]) for i, device in enumerate(devices) if device["max_output_channels"] >= 2}
    if not names:
        raise _NoDeviceError("PortAudio finds no audio output device")
    found = [i for i, name in names.items() if wanted.lower() in name.lower()]
    if not found:
        raise _NoDeviceError(f"no audio device has {wanted!r} in its name (there are {', '.join(names.values())})")
    number = default if not wanted and default in names else found[0]
    return number, names[number]


@contextmanager
def _converted() -> Iterator[None]:
    """Turn PortAudio's complaints, and its absence, into :class:`_NoDeviceError`."""
    try:
        yield
    except (ImportError, OSError) as error:
        raise _NoDeviceError(f"no PortAudio ({error}); {_REMEDY_PORTAUDIO}") from error
    except Exception as error:
        if type(error).__name__ != "PortAudioError":
            raise
        raise _NoDeviceError(f"PortAudio cannot open the device ({one_line(error)})") from error
