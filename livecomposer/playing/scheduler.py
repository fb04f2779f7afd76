"""What is due when: a pure heap of wire messages at absolute seconds. No clock, no thread.

Policies:

- *Late*: a note-on taken more than ``late_limit`` seconds after it was due is dropped and counted, and so is its
  note-off; if its key still sounds from before, that sound ends there. Nothing else is ever dropped.
- *Full*: at ``max_events`` entries everything but note-offs and pedal-ups is refused and counted.
- *Order*: by due time; at one moment note-offs first, then all else as added. A note-off that would end nothing waits
  behind the note-ons of its own moment, so that a note of no length does not hang.
"""

import heapq
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from livecomposer.messages import Key, ended_key, note_off, pedal_of, started_key

__all__ = ["Scheduler", "Timed"]


class Timed(NamedTuple):
    """One message and the moment, in seconds, when it is due."""

    due: float
    data: bytes


_OFF, _OTHER, _IDLE_OFF = range(3)


@dataclass(order=True, frozen=True, slots=True)
class _Entry:
    due: float
    rank: int
    number: int
    data: bytes


class Scheduler:
    """The future as messages, and which keys the past left sounding."""

    def __init__(self, *, late_limit: float = 0.1, max_events: int = 10_000) -> None:
        self.late_limit = late_limit
        self.max_events = max_events
        self.late_dropped = 0
        """Note-ons dropped because they came too late."""
        self.refused = 0
        """Messages refused because the heap was full."""
        self._heap: list[_Entry] = []
        self._added = 0
        self._sounding: set[Key] = set()
        self._unsounded: set[Key] = set()  # dropped note-ons whose note-offs are still to come

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due: float, data: bytes) -> bool:
        """Plan ``data`` for ``due``; ``False`` if the heap is full and the message may be refused.

        Raises :class:`ValueError` for a moment that is not finite, or for no data.
        """
        if not (isfinite(due) and data):
            raise ValueError(f"due = {due}, {len(data)} bytes: wanted a finite moment in seconds and a message")
        ends = ended_key(data) is not None
        if len(self._heap) >= self.max_events and not ends and pedal_of(data) is not False:
            self.refused += 1
            return False
        self._push(due, _OFF if ends else _OTHER, data)
        return True

    def next_due(self) -> float | None:
        """When the first message is due, or ``None`` if there is none."""
        return self._heap[0].due if self._heap else None

    def take_due(self, now: float) -> list[Timed]:
        """Remove and return, in order, what is due at ``now`` or before, less what is dropped as late."""
        taken: list[Timed] = []
        while self._heap and self._heap[0].due <= now:
            entry = heapq.heappop(self._heap)
            key = ended_key(entry.data)
            if key is not None:
                taken += self._end(key, entry)
            elif (key := started_key(entry.data)) is not None:
                taken += self._start(key, entry, late=now - entry.due > self.late_limit)
            else:
                taken.append(Timed(entry.due, entry.data))
        return taken

    def cut(self, after: float, channel: int, *, end_sounding: bool) -> list[Timed]:
        """Take back the future of one channel from the moment ``after`` on; return what was taken back, in order.

        Note-ons (with their note-offs) and pedal-downs due at ``after`` or later go. Notes struck before ``after`` keep
        their planned note-off; with ``end_sounding`` a note-off planned later, or not at all, is moved to ``after``.
        """
        mine = sorted(entry for entry in self._heap if entry.data[0] & 15 == channel)
        self._heap = [entry for entry in self._heap if entry.data[0] & 15 != channel]
        heapq.heapify(self._heap)
        cut = _Cut(after, {key for key in self._sounding if key[0] == channel}, end_sounding=end_sounding)
        for entry in mine:
            cut.pass_on(entry)
        if end_sounding:
            cut.kept += [(after, note_off(key)) for key in sorted(cut.open)]
        for due, data in cut.kept:
            self._push(due, _OTHER if ended_key(data) is None else _OFF, data)
        return cut.gone

    def clear(self, *, keep_clock: bool = False) -> None:
        """Forget the future, and what sounds: for the moment after a panic. A clock's messages may stay."""
        self._heap = [entry for entry in self._heap if keep_clock and entry.data[0] >= 0xF8]
        heapq.heapify(self._heap)
        self._sounding.clear()
        self._unsounded.clear()

    def _push(self, due: float, rank: int, data: bytes) -> None:
        self._added += 1
        heapq.heappush(self._heap, _Entry(due, rank, self._added, data))

    def _start(self, key: Key, entry: _Entry, *, late: bool) -> list[Timed]:
        if not late:
            self._sounding.add(key)
            self._unsounded.discard(key)
            return [Timed(entry.due, entry.data)]
        self.late_dropped += 1
        self._unsounded.add(key)
        if key not in self._sounding:
            return []
        self._sounding.discard(key)
        return [Timed(entry.due, note_off(key))]

    def _end(self, key: Key, entry: _Entry) -> list[Timed]:
        if key in self._sounding:
            self._sounding.discard(key)
        elif key in self._unsounded:
            self._unsounded.discard(key)
            return []
        elif entry.rank == _OFF:
            self._push(entry.due, _IDLE_OFF, entry.data)
            return []
        return [Timed(entry.due, entry.data)]


class _Cut:
    """Walks one channel's future in order and sorts it into what is kept and what is gone."""

    def __init__(self, after: float, sounding: set[Key], *, end_sounding: bool) -> None:
        self.after = after
        self.end_sounding = end_sounding
        self.open = sounding
        self.kept: list[tuple[float, bytes]] = []
        self.gone: list[Timed] = []
        self._taken_back: set[Key] = set()

    def pass_on(self, entry: _Entry) -> None:
        starts, ends = started_key(entry.data), ended_key(entry.data)
        if entry.due < self.after:
            self.open |= {starts} if starts else set()
            self.open -= {ends} if ends else set()
            self.kept.append((entry.due, entry.data))
        elif starts is not None:
            self._take_back(starts, entry)
        elif ends is not None:
            self._end(ends, entry)
        elif pedal_of(entry.data):
            self.gone.append(Timed(entry.due, entry.data))
        else:
            self.kept.append((entry.due, entry.data))

    def _take_back(self, key: Key, entry: _Entry) -> None:
        self.gone.append(Timed(entry.due, entry.data))
        self._taken_back.add(key)
        if key in self.open:  # the note-on would have ended the sound before it; something still must
            self._end_open(key, entry.due, note_off(key))

    def _end(self, key: Key, entry: _Entry) -> None:
        if key in self.open:
            self._end_open(key, entry.due, entry.data)
        elif key in self._taken_back:
            self._taken_back.discard(key)
            self.gone.append(Timed(entry.due, entry.data))
        else:
            self.kept.append((entry.due, entry.data))

    def _end_open(self, key: Key, due: float, data: bytes) -> None:
        self.open.discard(key)
        self.kept.append((self.after if self.end_sounding else due, data))
