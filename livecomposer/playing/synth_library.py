"""FluidSynth as a thing that takes wire bytes and gives sound: loading it, keeping it quiet, feeding it.

The library is loaded late and by whoever first wants sound. ``pyfluidsynth`` finds it and covers most of it; what it
leaves out (pressure, floating-point blocks, the log, driver names) is called through a second handle.
"""

import ctypes
import io
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from livecomposer.errors import SoundError

__all__ = ["CHANNELS", "Bank", "Instrument", "hushed", "library"]

CHANNELS = 16

_REMEDY_LIBRARY = "apt install libfluidsynth3, or brew install fluid-synth"
_REMEDY_BINDING = "pip install 'livecomposer[synth]'"
_HUSH = threading.Lock()


@contextmanager
def hushed() -> Iterator[None]:
    """Send file descriptor 2 nowhere meanwhile: ALSA, JACK and PortAudio complain there about what is absent."""
    with _HUSH:
        sys.stderr.flush()
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


@cache
def library() -> tuple[ModuleType, ctypes.CDLL]:
    """The binding and the bare library, its log silenced. Raises :class:`SoundError` where either is missing."""
    try:
        with redirect_stdout(io.StringIO()):  # where CI is set, it prints which library it found
            import fluidsynth as binding

        bare = ctypes.CDLL(binding.lib)
    except ModuleNotFoundError as error:
        raise SoundError(f"no FluidSynth binding ({error}); {_REMEDY_BINDING}") from error
    except (ImportError, OSError, AttributeError) as error:
        raise SoundError(f"no FluidSynth library ({error}); {_REMEDY_LIBRARY}") from error
    pointer, number = ctypes.c_void_p, ctypes.c_int
    bare.fluid_set_log_function.argtypes = [number, pointer, pointer]
    bare.fluid_synth_channel_pressure.argtypes = [pointer, number, number]
    bare.fluid_synth_key_pressure.argtypes = [pointer, number, number, number]
    bare.fluid_synth_write_float.argtypes = [pointer, number, pointer, number, number, pointer, number, number]
    bare.fluid_settings_option_concat.argtypes = [pointer, ctypes.c_char_p, ctypes.c_char_p]
    bare.fluid_settings_option_concat.restype = pointer
    bare.fluid_free.argtypes = [pointer]
    bare.fluid_synth_get_sfont_by_id.argtypes, bare.fluid_synth_get_sfont_by_id.restype = [pointer, number], pointer
    bare.fluid_synth_remove_sfont.argtypes = bare.fluid_synth_add_sfont.argtypes = [pointer, pointer]
    binding.delete_fluid_settings(binding.new_fluid_settings())  # the first settings put the default log in place
    for level in range(5):
        bare.fluid_set_log_function(level, None, None)
    return binding, bare


class Bank:
    """A SoundFont in memory that no instrument has yet; reading it may take a second.

    Raises :class:`SoundError` where it cannot be loaded. Belongs to whoever made it until an instrument takes it.
    """

    def __init__(self, path: Path) -> None:
        self._binding, self._bare = library()
        self._reader: Any = self._binding.Synth()  # never sounds: the library loads into a synthesiser alone
        number = self._reader.sfload(str(path), 0)
        if number == self._binding.FLUID_FAILED:
            self.drop()
            raise _unloadable(path)
        self.font: int | None = self._bare.fluid_synth_get_sfont_by_id(self._reader.synth, number)
        """The library's own handle."""

    def release(self) -> int | None:
        """The handle, which belongs to the caller now."""
        font, self.font = self.font, None
        self._bare.fluid_synth_remove_sfont(self._reader.synth, font)
        self.drop()
        return font

    def drop(self) -> None:
        """Forget it; a second call does nothing."""
        if self._reader.synth:
            self._binding.delete_fluid_synth(self._reader.synth)
            self._binding.delete_fluid_settings(self._reader.settings)
            self._reader.synth = None


class Instrument:
    """One FluidSynth, silent until a bank is loaded. ``send`` and ``fill`` may be called by different threads.

    ``gain`` 0–5 (the library's own scale), ``sample_rate`` in Hz; ``options`` are the library's own settings. Raises
    :class:`SoundError` where the library is missing.
    """

    def __init__(self, *, gain: float, sample_rate: int, **options: str | float) -> None:
        binding, self._bare = library()
        self._synth: Any = binding.Synth(
            gain=float(gain),
            samplerate=float(sample_rate),
            channels=CHANNELS,
            **{"synth.chorus.active": 0, "synth.polyphony": 256, **options},
        )
        self._binding = binding
        self._driver: Any = None
        self._bank = -1
        if not self._synth.synth:
            self.delete()
            raise SoundError(f"FluidSynth refuses to start at {sample_rate} Hz; wanted 8000 to 96000")

    def load(self, bank: Path) -> None:
        """Sound with ``bank``, which may take a second; raises :class:`SoundError`."""
        self._bank = self._synth.sfload(str(bank), 1)
        if self._bank == self._binding.FLUID_FAILED:
            raise _unloadable(bank)

    def take(self, bank: Bank) -> None:
        """Sound with ``bank`` from now on, in milliseconds; what sounds ends, programs and controllers stay."""
        self.silence()
        before, self._bank = self._bank, self._bare.fluid_synth_add_sfont(self._synth.synth, bank.release())
        if before >= 0:
            self._synth.sfunload(before, 1)

    def send(self, data: bytes) -> None:
        """Play one MIDI channel message; anything else is passed over."""
        if len(data) < 2:
            return
        kind, channel, first, second = data[0] & 0xF0, data[0] & 15, data[1], data[-1]
        match kind, len(data):
            case 0x90, 3 if second > 0:
                self._synth.noteon(channel, first, second)
            case ((0x80 | 0x90), 3):
                self._synth.noteoff(channel, first)
            case 0xA0, 3:
                self._bare.fluid_synth_key_pressure(self._synth.synth, channel, first, second)
            case 0xB0, 3:
                self._synth.cc(channel, first, second)
            case 0xC0, 2:
                self._synth.program_change(channel, first)
            case 0xD0, 2:
                self._bare.fluid_synth_channel_pressure(self._synth.synth, channel, first)
            case 0xE0, 3:
                self._synth.pitch_bend(channel, (first | second << 7) - 8192)

    def silence(self) -> None:
        """End every voice on every channel at once."""
        for channel in range(CHANNELS):
            self._synth.all_sounds_off(channel)

    def fill(self, address: int, frames: int) -> None:
        """Render ``frames`` stereo frames of interleaved float32, full scale 1.0, into memory at ``address``."""
        self._bare.fluid_synth_write_float(self._synth.synth, frames, address, 0, 2, address, 1, 2)

    def running(self, *, within: float) -> bool:
        """Whether sound is taken away, as seen in at most ``within`` seconds: some drivers start and stand still."""
        binding, give_up = self._binding, time.monotonic() + within
        counter = binding.new_fluid_sequencer2(0)  # its ticks are those of the sound rendered
        try:
            binding.fluid_sequencer_register_fluidsynth(counter, self._synth.synth)
            while binding.fluid_sequencer_get_tick(counter) == 0:
                if time.monotonic() > give_up:
                    return False
                time.sleep(0.002)
            return True
        finally:
            binding.delete_fluid_sequencer(counter)

    def drivers(self) -> list[str]:
        """The audio drivers that this build of the library has."""
        text = self._bare.fluid_settings_option_concat(self._synth.settings, b"audio.driver", b" ")
        if not text:
            return []
        names = ctypes.string_at(text).decode().split()
        self._bare.fluid_free(text)
        return names

    def start(self, driver: str, device: str = "") -> bool:
        """Hand the sound to one of the library's drivers; whether it could be opened."""
        self._synth.setting("audio.driver", driver)
        if device:
            self._synth.setting(f"audio.{driver}.device", device)
        self._driver = self._binding.new_fluid_audio_driver(self._synth.settings, self._synth.synth)
        return bool(self._driver)

    def stop(self) -> None:
        """Take the sound back from the driver."""
        if self._driver:
            self._binding.delete_fluid_audio_driver(self._driver)
        self._driver = None

    def delete(self) -> None:
        """Give everything back; nothing may be called afterwards."""
        self.stop()
        self._synth.audio_driver = None
        if self._synth.synth:
            self._binding.delete_fluid_synth(self._synth.synth)
        self._binding.delete_fluid_settings(self._synth.settings)
        self._synth.synth = None


def _unloadable(bank: Path) -> SoundError:
    return SoundError(f"{bank}: FluidSynth cannot load it; set soundfont to another .sf2 or .sf3")
