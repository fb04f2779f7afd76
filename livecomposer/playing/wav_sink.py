"""A sink that is a file: what is sent is kept, and rendered into a WAV when the sink is closed."""

import threading
from pathlib import Path

from livecomposer.clocks import Clock
from livecomposer.errors import SoundError
from livecomposer.messages import started_key
from livecomposer.playing.synth_render import render

__all__ = ["WavSink"]

_MOST_MESSAGES = 2_000_000
"""Some hours of dense playing. Beyond it note-ons are not kept, so that nothing kept can hang."""


class WavSink:
    """Keeps messages with the moments of ``clock`` at which they came; the first is the file's beginning.

    Raises :class:`SoundError` where the folder of ``path`` does not exist.
    """

    latency = 0.0

    def __init__(self, path: Path, *, clock: Clock, soundfont: Path, gain: float) -> None:
        if not path.absolute().parent.is_dir():
            raise SoundError(f"{path}: its folder does not exist; make it first")
        self.name = str(path)
        self._path = path
        self._clock = clock
        self._soundfont = soundfont
        self._gain = gain
        self._lock = threading.Lock()
        self._kept: list[tuple[float, bytes]] = []
        self._closed = False

    def send(self, data: bytes) -> None:
        """Keep one channel message."""
        with self._lock:
            if len(self._kept) < _MOST_MESSAGES or started_key(data) is None:
                self._kept.append((self._clock.now(), data))

    def close(self) -> None:
        """Render what was kept, if anything was; a second call does nothing."""
        with self._lock:
            if self._closed or not self._kept:
                return
            self._closed = True
            began = self._kept[0][0]
            timed = [(moment - began, data) for moment, data in self._kept]
        render(timed, self._path, soundfont=self._soundfont, gain=self._gain)
