"""All that has sounded, in time order, as the ids that the model reads.

Events come nearly in order: the companion's are committed a little ahead of their moment, the performer's arrive at
theirs. So the last moments stay loose until nothing can come before them; everything older is encoded once.
"""

import copy
from bisect import insort

from livecomposer.events import Event, NoteEvent, NoteOff, NoteOn, Role
from livecomposer.listening.buffer import Buffer
from livecomposer.tokens.codec import Encoder, Sustain
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

__all__ = ["Tape"]

_BOS = VOCABULARY.id(Kind.BOS)
LOOSE_SECONDS = 1.0
"""How far behind the newest event another may still come."""
LONGEST_SILENCE = 3.0
"""A longer silence is told to the model as this one, so that an idle hour costs nothing (seconds)."""
_SLACK = 1.25
"""The window may grow to this share of ``input_duration`` before it is cut back, as each cut costs a whole feed."""


class Tape:
    """Remembers ``input_duration`` seconds of both players, and tells them as ids from one origin."""

    def __init__(self, *, input_duration: float) -> None:
        self.input_duration = input_duration
        self._buffer = Buffer(seconds=input_duration)
        self._begin()

    def _begin(self) -> None:
        self._encoder = Encoder()
        self._sustain = {role: Sustain() for role in Role}
        self._ids = [_BOS]
        self._loose: list[NoteEvent] = []
        self._opened: float | None = None
        self._newest = 0.0

    @property
    def empty(self) -> bool:
        """Whether nothing was played yet."""
        return self._opened is None

    def add(self, event: Event) -> None:
        """Put ``event`` on the tape; one that comes too late counts as simultaneous with what was encoded last."""
        self._buffer.add(event)
        if self._has_grown(event):
            self._rewrite(event.time)
        else:
            self._write(event)

    def sounding(self, role: Role) -> set[int]:
        """Pitches that ``role`` has sounding at the end of the tape, through the pedal included."""
        pitches = {pitch for sounding_role, pitch in self._encoder.sounding if sounding_role is role}
        for event in self._loose:
            if event.role is role:
                (pitches.add if isinstance(event, NoteOn) else pitches.discard)(event.pitch)
        return pitches

    def cut(self, role: Role, after: float) -> None:
        """Take back what ``role`` was to play from ``after`` on, and end there what it has sounding."""
        self._loose = [event for event in self._loose if event.role is not role or event.time < after]
        self._buffer.cut(role, after)
        for pitch in sorted(self.sounding(role)):
            self.add(NoteOff(after, pitch, role))

    def ids(self) -> list[int]:
        """BOS and everything on the tape."""
        return self._told()[0]

    def ids_until(self, moment: float) -> tuple[list[int], float]:
        """Everything on the tape and the time from there to ``moment``; and the moment of step 0 (seconds)."""
        ids, encoder = self._told()
        return ids + encoder.advance(moment), encoder.origin

    def _told(self) -> tuple[list[int], Encoder]:
        encoder = copy.deepcopy(self._encoder)
        return self._ids + [id_ for event in self._loose for id_ in encoder.encode(event)], encoder

    def _write(self, event: Event) -> None:
        if self._opened is None:
            self._opened = self._newest = self._encoder.origin = event.time
        self._settle(event.time - LOOSE_SECONDS)
        self._skip_silence(event.time)
        for heard in self._sustain[event.role].apply(event):
            insort(self._loose, heard, key=lambda other: other.time)
            self._newest = max(self._newest, heard.time)

    def _settle(self, until: float) -> None:
        count = sum(1 for event in self._loose if event.time <= until)
        for event in self._loose[:count]:
            self._ids += self._encoder.encode(event)
        del self._loose[:count]

    def _skip_silence(self, moment: float) -> None:
        excess = moment - self._newest - LONGEST_SILENCE
        if excess > 0 and not self._loose:
            self._encoder.origin += excess

    def _has_grown(self, event: Event) -> bool:
        """Only the performer's key cuts the window back: a reply can follow it only after a silence."""
        long = self._opened is not None and event.time - self._opened > self.input_duration * _SLACK
        return long and isinstance(event, NoteOn) and event.role is Role.PERFORMER

    def _rewrite(self, now: float) -> None:
        self._begin()
        for event in self._buffer.window(now):
            self._write(event)
