"""The calls that drove a companion, as text: exact, and a few bytes each. Pure.

``w1200`` is a letter (which call), how many microseconds after the call before, and, behind a colon, what it was
given or gave. Moments are whole microseconds before a companion is told them, so that nothing is lost in writing.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from livecomposer.beats import Beats
from livecomposer.events import Event, NoteEvent, NoteOn
from livecomposer.messages import decode, encode

__all__ = [
    "Call",
    "as_json",
    "beats_of",
    "decoded",
    "encoded",
    "encoded_beats",
    "encoded_event",
    "encoded_events",
    "event_of",
    "grid",
]

_CALL = re.compile(r"([A-Za-z])(-?[0-9]+)(?::(\S*))?")


def grid(moment: float) -> float:
    """The nearest whole microsecond, in seconds."""
    return round(moment * 1e6) / 1e6


@dataclass(frozen=True, slots=True)
class Call:
    """``what`` is one letter, ``at`` whole microseconds, ``with_`` free of white space."""

    what: str
    at: int
    with_: str = ""

    @property
    def moment(self) -> float:
        """Seconds, exactly as the companion was told."""
        return self.at / 1e6


def encoded(calls: Iterable[Call], *, since: int) -> str:
    """The text of ``calls``, whose first moment is counted from ``since`` (microseconds)."""
    words = []
    for call in calls:
        words.append(f"{call.what}{call.at - since}" + (f":{call.with_}" if call.with_ else ""))
        since = call.at
    return " ".join(words)


def decoded(text: str, *, since: int) -> Iterator[Call]:
    """The calls in a text; raises :class:`ValueError` for what is none."""
    for word in text.split():
        found = _CALL.fullmatch(word)
        if found is None:
            raise ValueError(f"{word[:40]!r} is no call")
        since += int(found[2])
        yield Call(found[1], since, found[3] or "")


def as_json(value: Any) -> str:
    """JSON without a blank."""
    return json.dumps(value, separators=(",", ":")).replace(" ", "\\u0020")


def encoded_event(event: Event) -> str:
    """What the performer did, as the bytes of a message; its moment is the call's."""
    return encode(event, channel=0).hex()


def event_of(call: Call) -> Event:
    """The event back; raises :class:`ValueError` for what is none."""
    event = decode(bytes.fromhex(call.with_), time=call.moment)
    if event is None:
        raise ValueError(f"{call.with_!r} is no message")
    return event


def encoded_events(events: Iterable[NoteEvent], *, at: int) -> str:
    """What the companion plays: pitch, velocity (0 for a note-off) and microseconds after ``at``."""
    return ",".join(
        f"{event.pitch}.{event.velocity if isinstance(event, NoteOn) else 0}.{round(event.time * 1e6) - at}"
        for event in events
    )


def encoded_beats(beats: Beats | None) -> str:
    """A pulse, exactly."""
    values = None if beats is None else [beats.tempo, beats.moment, beats.beat, beats.running, beats.per_bar]
    return as_json(values)


def beats_of(text: str) -> Beats | None:
    """The pulse back; raises :class:`ValueError` for what is none."""
    values = json.loads(text)
    if values is None:
        return None
    tempo, moment, beat, running, per_bar = values
    return Beats(tempo=tempo, moment=moment, beat=beat, running=running, per_bar=per_bar)
