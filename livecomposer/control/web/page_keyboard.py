"""One page's hands on the keyboard: what it holds is let go when its connection is lost."""

from collections.abc import Callable

from livecomposer.errors import SettingError
from livecomposer.events import SUSTAIN

__all__ = ["PageKeyboard"]

_LENGTHS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3}
_RELEASE_VELOCITY = 64


class PageKeyboard:
    """Plays by ``hear``, always on channel 1, and remembers what is down."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self._hear = hear
        self._down: set[int] = set()
        self._pedal = False

    def play(self, data: bytes) -> None:
        """Play one MIDI channel message; raises :class:`SettingError` for anything else."""
        kind = data[0] & 0xF0 if data else 0
        if _LENGTHS.get(kind) != len(data) or any(byte > 127 for byte in data[1:]):
            raise SettingError(f"{data[:8].hex(' ') or 'nothing'}: wanted one whole MIDI channel message")
        if kind == 0x90 and data[2]:
            self._down.add(data[1])
        elif kind in (0x80, 0x90):
            self._down.discard(data[1])
        elif kind == 0xB0 and data[1] == SUSTAIN:
            self._pedal = data[2] >= 64
        self._hear(bytes([kind, *data[1:]]))

    def release(self) -> None:
        """Let go of every key and of the pedal."""
        for pitch in sorted(self._down):
            self._hear(bytes([0x80, pitch, _RELEASE_VELOCITY]))
        self._down.clear()
        if self._pedal:
            self._hear(bytes([0xB0, SUSTAIN, 0]))
        self._pedal = False
