"""Which clicks are due: pure. Wire bytes in and moments out, like everything that is played."""

from math import inf

from livecomposer.beats import Beats
from livecomposer.messages import note_off

__all__ = ["Metronome"]

_LONG_SECONDS = 0.05
_ACCENT, _WEAK = 112, 80


class Metronome:
    """One click a beat, the bar line's higher and louder; show it the beats as they are: it repeats no click.

    ``channel`` 0–15; ``high`` and ``low`` are keys, 0–127.
    """

    def __init__(self, *, channel: int = 9, high: int = 76, low: int = 77) -> None:
        self.channel, self.high, self.low = channel, high, low
        self._told = -inf
        self._next: int | None = None  # the beat to be told next

    def due(self, beats: Beats | None, now: float, until: float, *, clicks: bool) -> list[tuple[float, bytes]]:
        """Note-ons and note-offs of the beats from ``now`` up to the moment ``until`` (seconds), with their moments.

        Beats before the song's beginning count in, and are always told; the others if ``clicks``.
        """
        since = max(now, self._told)
        if beats is None or not beats.running:
            self._next = None
            return []
        self._told = max(until, since)
        due: list[tuple[float, bytes]] = []
        beat = beats.next_beat(since)
        if self._next is not None and abs(beat - self._next) <= 1:
            beat = self._next  # the pulse may sway a little about the moment up to which it was told
        while (moment := beats.moment_of(beat)) < until:
            if clicks or beat < 0:
                due += self._click(max(since, moment), accent=beats.is_bar_line(beat))
            beat += 1
        self._next = beat
        return due

    def _click(self, moment: float, *, accent: bool) -> list[tuple[float, bytes]]:
        key, velocity = (self.high, _ACCENT) if accent else (self.low, _WEAK)
        on, off = bytes([0x90 | self.channel, key, velocity]), note_off((self.channel, key))
        return [(moment, on), (moment + _LONG_SECONDS, off)]
