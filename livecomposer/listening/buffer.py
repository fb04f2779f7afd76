"""The last seconds of music, both players', and what the performer holds now."""

from bisect import bisect_left, insort

from livecomposer.events import SUSTAIN, Control, Event, NoteOff, NoteOn, Role

__all__ = ["Buffer"]


class _Hands:
    """One player's keys and pedal: the note-ons of keys down, and of those that only the pedal keeps sounding."""

    def __init__(self) -> None:
        self.held: dict[int, NoteOn] = {}
        self.sustained: dict[int, NoteOn] = {}
        self.pedal_down = False

    def copy(self) -> "_Hands":
        twin = _Hands()
        twin.held, twin.sustained, twin.pedal_down = self.held.copy(), self.sustained.copy(), self.pedal_down
        return twin

    def apply(self, event: Event) -> None:
        if isinstance(event, NoteOn):
            self.sustained.pop(event.pitch, None)
            self.held[event.pitch] = event
        elif isinstance(event, NoteOff):
            begun = self.held.pop(event.pitch, None)
            if begun is not None and self.pedal_down:
                self.sustained[event.pitch] = begun
        elif isinstance(event, Control) and event.number == SUSTAIN:
            self.pedal_down = event.value >= 64
            if not self.pedal_down:
                self.sustained.clear()

    def events_at(self, moment: float, role: Role) -> list[Event]:
        """What would bring silent hands into this state at ``moment``: pedal, note-ons, then sustained note-offs."""
        pedal: list[Event] = [Control(moment, SUSTAIN, 127, role)] if self.pedal_down else []
        begun = sorted([*self.held.values(), *self.sustained.values()], key=lambda on: on.pitch)
        ons: list[Event] = [NoteOn(moment, on.pitch, on.velocity, role) for on in begun]
        return pedal + ons + [NoteOff(moment, pitch, role) for pitch in sorted(self.sustained)]


class Buffer:
    """A rolling memory of ``seconds`` and at most ``max_events`` events.

    What is kept: note-ons, note-offs of keys that are down, and changes of the sustain pedal (CC64 crossing 64, as
    sent). All else is passed over, so that a flood of controllers costs nothing. A key struck while it is down counts
    as struck again. Where ``max_events`` are too few for ``seconds`` the oldest go first; what still sounds of all
    that went is remembered (at most 128 keys a player) and opens the next window.

    Each player's own events must come in time order; between the two, the order may be off.
    """

    def __init__(self, *, seconds: float, max_events: int = 20_000) -> None:
        self.seconds = seconds
        self.max_events = max_events
        self._events: list[Event] = []
        self._now = {role: _Hands() for role in Role}
        self._before = {role: _Hands() for role in Role}  # the state in which the first kept event was played

    def __len__(self) -> int:
        return len(self._events)

    def copy(self) -> "Buffer":
        """An independent twin."""
        twin = Buffer(seconds=self.seconds, max_events=self.max_events)
        twin._events = self._events.copy()
        twin._now = {role: hands.copy() for role, hands in self._now.items()}
        twin._before = {role: hands.copy() for role, hands in self._before.items()}
        return twin

    @property
    def held(self) -> frozenset[int]:
        """Pitches of the performer's keys that are down."""
        return frozenset(self._now[Role.PERFORMER].held)

    @property
    def sustained(self) -> frozenset[int]:
        """Pitches of the performer that sound through the pedal alone."""
        return frozenset(self._now[Role.PERFORMER].sustained)

    @property
    def pedal_down(self) -> bool:
        """Whether the performer's sustain pedal is down."""
        return self._now[Role.PERFORMER].pedal_down

    def add(self, event: Event) -> None:
        """Remember ``event`` if it is of the kind that is kept; forget what is too old or too much."""
        hands = self._now[event.role]
        if not _is_kept(event, hands):
            return
        hands.apply(event)
        insort(self._events, event, key=_time_of)
        excess = len(self._events) - self.max_events
        old = bisect_left(self._events, self._events[-1].time - self.seconds, key=_time_of)
        self._forget(max(excess, old))

    def window(self, now: float) -> list[Event]:
        """What was played from ``now - seconds`` on, in time order, later than ``now`` included.

        What sounds into the window opens it, at its first moment: the pedal if it is down, note-ons, and the note-offs
        of keys that are up already and sound through the pedal. A ``now`` must not be earlier than the one before.
        """
        start = now - self.seconds
        self._forget(bisect_left(self._events, start, key=_time_of))
        opening = [event for role in Role for event in self._before[role].events_at(start, role)]
        return opening + self._events

    def clear(self) -> None:
        """Forget everything but what sounds, which opens the next window."""
        self._forget(len(self._events))

    def _forget(self, count: int) -> None:
        for event in self._events[:count]:
            self._before[event.role].apply(event)
        del self._events[:count]


def _time_of(event: Event) -> float:
    return event.time


def _is_kept(event: Event, hands: _Hands) -> bool:
    if isinstance(event, NoteOff):
        return event.pitch in hands.held
    if isinstance(event, Control):
        return event.number == SUSTAIN and (event.value >= 64) != hands.pedal_down
    return isinstance(event, NoteOn)
