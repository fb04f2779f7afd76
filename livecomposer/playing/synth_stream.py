"""The instrument's own sound without any sound card: blocks of samples for whoever listens, in real time.

Renders only while someone does; nothing is loaded before. A machine too busy to render in time leaves the missed blocks
out, so that what is heard is always now.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from livecomposer.errors import LivecomposerError
from livecomposer.messages import ALL_SOUND_OFF, started_key
from livecomposer.playing.sinks import Output
from livecomposer.playing.soundfonts import find_soundfont
from livecomposer.playing.synth_library import Bank, Instrument
from livecomposer.settings import Settings

__all__ = ["FRAMES", "RATE", "Listener", "StreamSynth", "monitor_of"]

RATE = 48_000
"""Frames a second."""
FRAMES = 576
"""Frames a block: 12 ms."""

_LATEST_SECONDS = 0.1
_FULL = 32767.0
_CONTROLS = 0xB0, 0xC0

Listener = Callable[[bytes], None]
"""Given each block, interleaved stereo of 16 bits, low byte first; in the renderer's thread, so be brief."""


class StreamSynth:
    """A sink. ``send`` may be called by any thread; notes that come while nobody listens are not sounded later.

    ``failed`` is told, in the renderer's thread, in one line why there is no sound.
    """

    name = "sound in the page"
    latency = 0.0  # what the page adds, the page shows

    def __init__(
        self, *, soundfont: str = "", gain: float = 0.6, failed: Callable[[str], None] = lambda _: None
    ) -> None:
        self._soundfont = soundfont
        self._gain = gain
        self._failed = failed
        self._lock = threading.RLock()  # re-entrant: a signal handler may ask for silence in the middle of a send
        self._listeners: list[Listener] = []
        self._controls: dict[bytes, bytes] = {}  # the last of each, for when the sound begins
        self._instrument: Instrument | None = None
        self._thread: threading.Thread | None = None
        self._hushed = False  # by a panic, which no reverberation outlives
        self._closed = False

    def send(self, data: bytes) -> None:
        """Play one MIDI channel message."""
        with self._lock:
            if started_key(data) is not None:
                self._hushed = False
            elif data[0] & 0xF0 == 0xB0 and data[1] == ALL_SOUND_OFF:
                self._hushed = True
            if data[0] & 0xF0 in _CONTROLS:
                self._controls[data[: len(data) - 1]] = data
            if self._instrument is not None:
                self._instrument.send(data)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Give ``listener`` every block from now on, until what is returned is called."""
        with self._lock:
            self._listeners.append(listener)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="page sound", daemon=True)
                self._thread.start()

        def leave() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return leave

    def change_bank(self, path: Path) -> None:
        """Sound with another bank, whose loading nobody but the caller waits for; what sounds ends.

        Raises :class:`SoundError`, and then nothing has changed.
        """
        bank = Bank(path)
        with self._lock:
            self._soundfont = str(path)
            if self._instrument is not None:
                self._instrument.take(bank)
        bank.drop()

    def close(self) -> None:
        """Fall silent; a second call does nothing."""
        with self._lock:
            self._closed = True
            self._listeners.clear()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=1.0)

    def _run(self) -> None:
        try:
            instrument = self._open()
        except LivecomposerError as error:
            self._failed(str(error))
            with self._lock:
                self._listeners.clear()
                self._thread = None
            return
        try:
            self._render(instrument)
        finally:
            instrument.delete()

    def _open(self) -> Instrument:
        """One that is sent to from now on, with the bank that is wanted once it has loaded."""
        while True:
            wanted = self._soundfont
            instrument = Instrument(gain=self._gain, sample_rate=RATE)
            try:
                instrument.load(find_soundfont(wanted))
            except LivecomposerError:
                instrument.delete()
                raise
            with self._lock:
                if wanted == self._soundfont:
                    for data in self._controls.values():
                        instrument.send(data)
                    self._instrument = instrument
                    return instrument
            instrument.delete()

    def _render(self, instrument: Instrument) -> None:
        """One block after the other, each at its time, until nobody listens."""
        block = np.zeros((FRAMES, 2), np.float32)
        volume = 1.0
        due = time.monotonic()
        while listeners := self._present():
            instrument.fill(block.ctypes.data, FRAMES)
            before, volume = volume, 0.0 if self._hushed else 1.0
            block *= np.linspace(before, volume, FRAMES, dtype=np.float32)[:, None]  # no click
            data = np.round(np.clip(block, -1.0, 1.0) * _FULL).astype("<i2").tobytes()
            for listener in listeners:
                listener(data)
            due += FRAMES / RATE
            late = time.monotonic() - due
            if late > _LATEST_SECONDS:
                due += late
            elif late < 0:
                time.sleep(-late)

    def _present(self) -> tuple[Listener, ...]:
        """Who listens; once nobody does, the thread is over."""
        with self._lock:
            if not self._listeners:
                self._thread, self._instrument = None, None
            return tuple(self._listeners)


def monitor_of(output: Output, settings: Settings, *, failed: Callable[[str], None]) -> StreamSynth:
    """The synthesiser as blocks of samples, fed with all that ``output`` is; it costs nothing until someone listens."""
    stream = StreamSynth(soundfont=settings.soundfont, gain=settings.gain, failed=failed)
    output.attach(stream)
    return stream
