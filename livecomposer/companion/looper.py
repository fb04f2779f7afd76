"""An exchange that goes round and round. Pure: asked for what is due, it never ends by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from livecomposer.beats import Beats
from livecomposer.events import Event, NoteOff, NoteOn, events_of_notes, notes_of_events

__all__ = ["Loop", "loop_of"]

_SHORTEST = 0.5
_A_BREATH = 0.25
"""Of a beat or a second: so little past a bar line does not make the round a bar longer."""


@dataclass(slots=True)
class Loop:
    """``events`` (counted from 0, all over by ``length``) from the moment ``start`` on, in seconds."""

    events: Sequence[Event]
    start: float
    length: float
    _next: int = 0

    def take(self, until: float) -> list[Event]:
        """The events up to the moment ``until`` that were not taken before, at their moments."""
        due: list[Event] = []
        while self.events:
            rounds, at = divmod(self._next, len(self.events))
            event = self.events[at]
            moment = self.start + rounds * self.length + event.time
            if moment > until:
                break
            due.append(replace(event, time=moment))
            self._next += 1
        return due


def loop_of(parts: Iterable[Sequence[Event]], *, now: float, beats: Beats | None) -> Loop | None:
    """Both ``parts`` as one, from ``now`` on, or from the next bar line on in whole bars; ``None`` without a note.

    One key sounds once: where both strike it, the later strike ends the earlier note. Pedals are left out.
    """
    events = [event for part in parts for event in part if isinstance(event, NoteOn | NoteOff)]
    notes = [note for part in (0, 1) for note in notes_of_events(e for e in events if e.role == part)]
    if not notes:
        return None
    merged = [replace(note, role=notes[0].role) for note in notes]
    length = max(_SHORTEST, *(note.end for note in merged))
    start = now
    if beats is not None:
        bars = ceil(max(length - _A_BREATH * beats.period, beats.period) / beats.bar)
        length, start = bars * beats.bar, beats.moment_of(beats.next_bar(now))
        merged = [replace(note, end=min(note.end, length)) for note in merged if note.start < length]
    return Loop(list(events_of_notes(merged)), start, length)
