"""One page's keyboard: what it holds is let go when its connection is lost."""

from collections.abc import Callable

from livecomposer.errors import SettingError
from livecomposer.messages import Key, ended_key, is_channel_message, note_off, pedal_of, silence, started_key

__all__ = ["PageKeyboard"]


class PageKeyboard:
    """Plays by ``hear``, always on channel 1, and remembers what is down."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self._hear = hear
        self._down: set[Key] = set()
        self._pedal = False

    def play(self, data: bytes) -> None:
        """Play one MIDI channel message; raises :class:`SettingError` for anything else."""
        if not is_channel_message(data):
            raise SettingError(f"{data[:8].hex(' ') or 'nothing'}: wanted one whole MIDI channel message")
        data = bytes([data[0] & 0xF0, *data[1:]])
        if (key := started_key(data)) is not None:
            self._down.add(key)
        elif (key := ended_key(data)) is not None:
            self._down.discard(key)
        elif (pedal := pedal_of(data)) is not None:
            self._pedal = pedal
        self._hear(data)

    def release(self) -> None:
        """Let go of every key and of the pedal."""
        for key in sorted(self._down):
            self._hear(note_off(key))
        self._down.clear()
        if self._pedal:
            self._hear(silence([0])[0])
        self._pedal = False
