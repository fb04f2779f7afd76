"""What passed between the two: calls and replies, as far back as they can be taken back. Pure.

An exchange is a call of the performer's and the companion's turn that answers it; where both play at once, all since
the companion came in.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from livecomposer.companion.plan import Plan
from livecomposer.companion.tape import Tape
from livecomposer.events import (
    Control,
    Event,
    NoteEvent,
    NoteOff,
    NoteOn,
    Other,
    Role,
    events_of_notes,
    in_order,
    notes_of_events,
)

__all__ = ["Exchange", "UndoHistory", "whole"]

_MOST_EXCHANGES = 16
"""The oldest can no longer be taken back once there are more."""
_MOST_EVENTS = 20_000
"""Of one part; the oldest go first, as from any buffer."""


def whole(events: Iterable[Event], end: float) -> list[Event]:
    """``events`` in time order, none after ``end`` (seconds); what sounds then ends there."""
    events = [event for event in events if event.time <= end]
    notes = notes_of_events((event for event in events if isinstance(event, NoteOn | NoteOff)), end=end)
    return in_order([*events_of_notes(notes), *(event for event in events if isinstance(event, Control | Other))])


def _few() -> deque[Event]:
    return deque(maxlen=_MOST_EVENTS)


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One of them; ``start`` is the moment of the call's first key, in seconds."""

    start: float
    tape: Tape
    """As it was when the turn began; whoever plays on it copies it first."""
    plan: Plan | None
    call: Sequence[Event]
    heard: deque[Event] = field(default_factory=_few)
    """What the performer did since the turn began."""
    reply: deque[NoteEvent] = field(default_factory=lambda: deque(maxlen=_MOST_EVENTS))
    """The companion's events, as far as they are fixed."""
    together: bool = False
    """Whether both play at once."""
    opens: bool = False
    """Whether it opened a piece from nothing: what is on the tape was forgotten."""

    @property
    def interrupted(self) -> bool:
        """Whether the performer has struck a key since the turn began."""
        return any(isinstance(event, NoteOn) for event in self.heard)

    def end(self, now: float) -> float:
        """When the last of it is over, at the latest ``now``."""
        last = max((event.time for event in (*self.heard_parts, *self.reply)), default=self.start)
        return min(last, now)

    @property
    def heard_parts(self) -> tuple[Event, ...]:
        """The performer's part of it."""
        return (*self.call, *self.heard) if self.together else tuple(self.call)

    def parts(self, now: float) -> dict[Role, list[Event]]:
        """Both parts up to ``now``, counted from the start, each note with its end."""
        end = self.end(now) - self.start
        parts: dict[Role, Iterable[Event]] = {Role.PERFORMER: self.heard_parts, Role.COMPANION: self.reply}
        return {
            role: whole((replace(event, time=max(0.0, event.time - self.start)) for event in events), end)
            for role, events in parts.items()
        }


class UndoHistory:
    """Tell it what happens; ask it for the last one. Times in seconds."""

    def __init__(self) -> None:
        self._done: deque[Exchange] = deque(maxlen=_MOST_EXCHANGES)
        self._recent = _few()

    @property
    def last(self) -> Exchange | None:
        """The one that is going on, or the one before."""
        return self._done[-1] if self._done else None

    @property
    def recent(self) -> Sequence[Event]:
        """What the performer did lately, the oldest first."""
        return self._recent

    def hear(self, event: Event) -> None:
        """The performer did something."""
        self._recent.append(event)
        if self._done:
            self._done[-1].heard.append(event)

    def begin(self, start: float, *, tape: Tape, plan: Plan | None, together: bool, opens: bool = False) -> None:
        """The companion has taken its turn, to a call that began at ``start``; ``tape`` is a copy of its own."""
        call = tuple(event for event in self._recent if event.time >= start)
        self._done.append(Exchange(start=start, tape=tape, plan=plan, call=call, together=together, opens=opens))

    def play(self, events: Iterable[NoteEvent]) -> None:
        """The companion's next events are fixed."""
        if self._done:
            self._done[-1].reply.extend(events)

    def cut(self, moment: float) -> None:
        """The companion falls silent at ``moment``."""
        if not self._done:
            return
        reply = self._done[-1].reply
        kept = [event for event in reply if event.time < moment]
        sounding = {note.pitch for note in notes_of_events(kept, end=moment) if note.end == moment}
        reply.clear()
        reply.extend([*kept, *(NoteOff(moment, pitch, Role.COMPANION) for pitch in sorted(sounding))])

    def take_back(self) -> Exchange | None:
        """Forget the last one, and return it; what was heard since belongs to the one before."""
        if not self._done:
            return None
        gone = self._done.pop()
        if self._done:
            self._done[-1].heard.extend(gone.heard)
        return gone
