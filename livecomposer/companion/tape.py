"""All that has sounded, in time order, as the ids that the model reads.

Events come nearly in order: the companion's are committed a little ahead of their moment, the performer's arrive at
theirs. So the last second stays loose, as events; everything older is encoded once.
"""

from bisect import insort

from livecomposer.events import Event, NoteOff, NoteOn, Role
from livecomposer.listening.buffer import Buffer
from livecomposer.tokens.codec import Encoder, Sustain
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

__all__ = ["LONGEST_SILENCE", "SLACK", "Tape"]

_BOS = VOCABULARY.id(Kind.BOS)
_LOOSE_SECONDS = 1.0
SLACK = 1.25
"""The window may grow to this share of what is remembered before it is cut back: each cut is a whole feed."""
LONGEST_SILENCE = 3.0
"""A longer silence is told to the model as this one, so that an idle hour costs nothing (seconds)."""


class _Encoding:
    """Events to ids, each player's pedal applied and long silences shortened."""

    def __init__(self, origin: float) -> None:
        self.encoder = Encoder(origin=origin)
        self.left_out = 0.0  # seconds
        self._sustain = {role: Sustain() for role in Role}
        self._reached = origin

    def copy(self) -> "_Encoding":
        twin = _Encoding(self._reached)
        twin.encoder, twin.left_out = self.encoder.copy(), self.left_out
        twin._sustain = {role: sustain.copy() for role, sustain in self._sustain.items()}
        return twin

    def notify(self, event: Event) -> list[int]:
        self._shorten_silence(event.time)
        heard = self._sustain[event.role].apply(event)
        return [id_ for note_event in heard for id_ in self.encoder.encode(note_event)]

    def advance(self, moment: float) -> list[int]:
        self._shorten_silence(moment)
        return self.encoder.advance(moment)

    def _shorten_silence(self, moment: float) -> None:
        by = max(0.0, moment - self._reached - LONGEST_SILENCE)
        self.encoder.origin += by
        self.left_out += by
        self._reached = max(self._reached, moment)


class Tape:
    """Remembers ``input_duration`` seconds of both players, and tells them as ids from one origin."""

    def __init__(self, *, input_duration: float, slack: float = SLACK, began: float = 0.0) -> None:
        self._slack = slack
        self._input_duration = input_duration
        self._buffer = Buffer(seconds=input_duration)
        self._loose: list[Event] = []
        self._empty = True
        self._begin(began)

    def _begin(self, moment: float) -> None:
        self._opened = moment
        self._ending: tuple[list[int], _Encoding] | None = None  # what is loose, told; until something changes
        self._encoding = _Encoding(moment)
        self._ids = [_BOS]

    def copy(self) -> "Tape":
        """An independent twin, for taking back what comes after."""
        twin = Tape(input_duration=self._input_duration, slack=self._slack)
        twin._buffer, twin._loose, twin._empty = self._buffer.copy(), self._loose.copy(), self._empty
        twin._opened, twin._encoding, twin._ids = self._opened, self._encoding.copy(), self._ids.copy()
        return twin

    def adapt(self, *, input_duration: float, slack: float | None = None) -> None:
        """Remember so many seconds from now on; what was forgotten stays so. ``slack``: as at the beginning."""
        self._input_duration = self._buffer.seconds = input_duration
        self._slack = self._slack if slack is None else slack

    @property
    def empty(self) -> bool:
        """Whether nothing was played yet."""
        return self._empty

    def add(self, event: Event) -> None:
        """Put ``event`` on the tape; one that comes over a second late counts as simultaneous with others."""
        if self._empty:
            self._begin(event.time)
            self._empty = False
        elif self._has_grown(event):
            self._rewrite(event.time)
        self._settle(event.time - _LOOSE_SECONDS)
        insort(self._loose, event, key=lambda other: other.time)

    def trim(self, now: float) -> None:
        """Cut the window back if it has grown: at a moment when nobody waits for the feed that it costs."""
        if now - self._opened > self._input_duration * SLACK:
            self._ending = None
            self._rewrite(now)

    def cut(self, role: Role, after: float) -> None:
        """Take back what ``role`` was to play from ``after`` on, and end there what it has sounding."""
        self._loose = [event for event in self._loose if event.role is not role or event.time < after]
        self._ending = None
        for pitch in sorted(self._encoded_ending()[1].encoder.sounding_pitches(role)):
            self.add(NoteOff(after, pitch, role))

    def ids(self) -> list[int]:
        """BOS and everything on the tape."""
        return self._encoded()[0]

    def ids_until(self, moment: float) -> tuple[list[int], float]:
        """Everything on the tape and the time from there to ``moment``; and the moment of step 0 (seconds)."""
        ids, encoding = self._encoded()
        encoding = encoding.copy()
        return ids + encoding.advance(moment), encoding.encoder.origin

    @property
    def settled(self) -> list[int]:
        """The ids at the beginning that only grow, until the window is cut back; a live view."""
        return self._ids

    def sounding(self, role: Role) -> set[int]:
        """The pitches that ``role`` has sounding where the tape ends."""
        return self._encoded_ending()[1].encoder.sounding_pitches(role)

    @property
    def origin(self) -> float:
        """The moment (seconds) of step 0, as silences are shortened so far."""
        return self._encoded_ending()[1].encoder.origin

    @property
    def left_out(self) -> float:
        """The seconds by which silences are shortened so far; fewer once the window has been cut back."""
        return self._encoded_ending()[1].left_out

    def _encoded(self) -> tuple[list[int], _Encoding]:
        ending, encoding = self._encoded_ending()
        return self._ids + ending, encoding

    def _encoded_ending(self) -> tuple[list[int], _Encoding]:
        """The ids of what is loose, and the encoding behind them: encoded once, and not to be gone on with."""
        if self._ending is None:
            encoding = self._encoding.copy()
            self._ending = [id_ for event in self._loose for id_ in encoding.notify(event)], encoding
        return self._ending

    def _settle(self, until: float) -> None:
        self._ending = None
        count = sum(1 for event in self._loose if event.time <= until)
        for event in self._loose[:count]:
            self._buffer.add(event)
            self._ids += self._encoding.notify(event)
        del self._loose[:count]

    def _has_grown(self, event: Event) -> bool:
        """Only the performer's key cuts the window back: a reply can follow it only after a silence."""
        long = event.time - self._opened > self._input_duration * self._slack
        return long and isinstance(event, NoteOn) and event.role is Role.PERFORMER

    def _rewrite(self, now: float) -> None:
        self._settle(now)
        window = self._buffer.window(now)
        self._begin(window[0].time if window else now)
        for event in window:
            self._ids += self._encoding.notify(event)
