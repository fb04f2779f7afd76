"""What is played, as frozen values. Time is float seconds on one clock, everywhere inside."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

__all__ = [
    "SUSTAIN",
    "Control",
    "Event",
    "Note",
    "NoteEvent",
    "NoteOff",
    "NoteOn",
    "Other",
    "Role",
    "events_of_notes",
    "in_order",
    "notes_of_events",
    "untangle",
]

SUSTAIN = 64
"""Controller number of the sustain pedal; values of 64 and above mean down (MIDI 1.0)."""


class Role(IntEnum):
    """Who plays."""

    PERFORMER = 0
    COMPANION = 1


@dataclass(frozen=True, slots=True)
class NoteOn:
    """A key goes down. ``pitch`` 0–127, ``velocity`` 1–127."""

    time: float
    pitch: int
    velocity: int
    role: Role = Role.PERFORMER


@dataclass(frozen=True, slots=True)
class NoteOff:
    """A key comes up. ``pitch`` 0–127."""

    time: float
    pitch: int
    role: Role = Role.PERFORMER


@dataclass(frozen=True, slots=True)
class Control:
    """A controller moves. ``number`` 0–127, ``value`` 0–127."""

    time: float
    number: int
    value: int
    role: Role = Role.PERFORMER


@dataclass(frozen=True, slots=True)
class Other:
    """Any other channel message (pitch bend, aftertouch, program change), as its wire bytes."""

    time: float
    data: bytes
    role: Role = Role.PERFORMER


NoteEvent = NoteOn | NoteOff
Event = NoteOn | NoteOff | Control | Other


@dataclass(frozen=True, slots=True)
class Note:
    """A whole note: ``start`` and ``end`` in seconds, ``pitch`` 0–127, ``velocity`` 1–127."""

    start: float
    end: float
    pitch: int
    velocity: int
    role: Role = Role.PERFORMER


def notes_of_events(events: Iterable[NoteEvent], *, end: float | None = None) -> list[Note]:
    """Pair note-ons with their note-offs, in order of start.

    What still sounds at the end is ended at ``end`` (default: the last event's time); note-offs of what does not sound
    are passed over.
    """
    notes: list[Note] = []
    open_: dict[tuple[Role, int], NoteOn] = {}
    last = 0.0
    for event in events:
        last = event.time
        begun = open_.pop((event.role, event.pitch), None)
        if begun is not None:
            notes.append(Note(begun.time, event.time, begun.pitch, begun.velocity, begun.role))
        if isinstance(event, NoteOn):
            open_[event.role, event.pitch] = event
    stop = last if end is None else end
    notes += [Note(on.time, max(on.time, stop), on.pitch, on.velocity, on.role) for on in open_.values()]
    return sorted(notes, key=lambda note: (note.start, note.pitch, note.role))


def untangle(notes: Iterable[Note]) -> list[Note]:
    """Notes of which no two sound at once on one key: a key struck while it sounds ends its earlier note.

    Of notes that start together on one key the longest stays. Role by role; in order of start.
    """
    kept: list[Note] = []
    last_at: dict[tuple[Role, int], int] = {}
    for note in sorted(notes, key=lambda note: (note.start, note.pitch, note.role, -note.end)):
        key = (note.role, note.pitch)
        at = last_at.get(key)
        if at is not None and kept[at].start == note.start:
            continue
        if at is not None and kept[at].end > note.start:
            kept[at] = replace(kept[at], end=note.start)
        last_at[key] = len(kept)
        kept.append(note)
    return kept


def events_of_notes(notes: Iterable[Note]) -> Iterator[NoteEvent]:
    """Note-ons and note-offs in time order; at one moment note-offs come first, then low pitches before high ones.

    A note of no length keeps its note-off behind its note-on.
    """
    keyed: list[tuple[float, int, int, NoteEvent]] = []
    for note in untangle(notes):
        on, off = NoteOn(note.start, note.pitch, note.velocity, note.role), NoteOff(note.end, note.pitch, note.role)
        keyed.append((note.start, 1, note.pitch, on))
        keyed.append((note.end, 0 if note.end > note.start else 2, note.pitch, off))
    keyed.sort(key=lambda item: item[:3])
    return (event for *_, event in keyed)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events in time order; at one moment note-offs come first, then controllers and programs, then note-ons."""
    return sorted(events, key=lambda event: (event.time, _rank(event)))


def _rank(event: Event) -> int:
    return 0 if isinstance(event, NoteOff) else 2 if isinstance(event, NoteOn) else 1
