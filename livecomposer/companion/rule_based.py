"""A partner by rule, without an engine: it plays the performer's chord on the performer's pulse.

A baseline to be beaten, and what can play while the engine is down. Asked the same as
:class:`.accompaniment.Accompaniment`; it never wants anything. Pure.
"""

import random
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from statistics import fmean, median

from livecomposer.events import Event, NoteEvent, NoteOff, NoteOn, Role
from livecomposer.listening.chord_recognition import chord_of
from livecomposer.settings import Settings

__all__ = ["RuleBased"]

_WINDOW = 2.0  # seconds from which the chord is estimated
_BASS_COUNTS = 1.5
_STRUCK = 0.1  # a key counts as held at least so long (seconds)
_SAME_ONSET = 0.05
_LONGEST_GAP = 2.0  # a longer one between keys is a rest and tells no pulse
_SLOWEST, _FASTEST = 0.8, 0.4  # seconds between strikes; twice as slow is the same pulse
_FOLLOWS = 0.5  # the share of a difference from the performer's key that is made up for
_NEAR = 0.4  # of a beat: a key further off tells nothing of the pulse
_PATTERNS = (("bass", "chord"), ("bass", "chord", "chord"), ("bass", "chord", "bass", "chord", "chord", "chord"))
_LOWEST_BASS, _LOWEST_CHORD, _HIGHEST_CHORD = 36, 48, 67
_BELOW_MELODY = 3  # semitones at least
_BASS_SOFTER, _CHORD_SOFTER = 0.85, 0.7


@dataclass(slots=True)
class _Key:
    start: float
    pitch: int
    velocity: int
    end: float = inf


class RuleBased:
    """Bass and chord in turn, below the melody; it begins with the performer and rests ``settings.alone`` s after."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._settings = settings
        self._pattern = random.Random(seed).choice(_PATTERNS)
        self._keys: deque[_Key] = deque(maxlen=256)  # the oldest are forgotten: nobody plays more in two seconds
        self._onsets: deque[float] = deque(maxlen=9)
        self._sounding: dict[int, float] = {}  # pitch to start
        self._next = inf  # the next strike
        self._strikes = 0
        self._heard_at = -inf
        self.plan = None
        """Nothing is asked of an engine."""
        self.turns = 0
        self.decided_at: float | None = None
        """When it last came in."""
        self.plans = self.kept = self.missed = 0

    def adapt(self, settings: Settings) -> None:
        """Play with ``settings`` from now on."""
        self._settings = settings

    def hear(self, event: Event) -> bool:
        """Take in what the performer did. ``False``: what the player has, it keeps."""
        if isinstance(event, NoteOff):
            self._heard_at = event.time
            for key in self._keys:
                if key.pitch == event.pitch and key.end == inf:
                    key.end = event.time
        elif isinstance(event, NoteOn):
            self._heard_at = event.time
            self._keys.append(_Key(event.time, event.pitch, event.velocity))
            self._feel(event.time)
        return False

    def look(self, now: float) -> None:
        """Nothing changes by itself but by :meth:`commit`."""

    def want(self, now: float) -> None:  # noqa: ARG002 - it needs no engine
        """Nothing, ever."""
        return

    def replanned(self, now: float) -> float | None:  # noqa: ARG002 - it plans no further than a strike
        """``None``: there is no plan."""
        return None

    @property
    def idle(self) -> bool:
        """Whether nothing is going on."""
        return self._next == inf and not self._sounding

    def lost(self) -> None:
        """The engine has forgotten everything; it was never asked."""

    def give_way(self, moment: float) -> None:  # noqa: ARG002 - nothing is fixed further than a horizon ahead
        """Play nothing until the next key; whoever asks for it ends what sounds."""
        self._next = inf
        self._sounding.clear()

    def commit(self, now: float) -> list[NoteEvent]:
        """What the player must have now: the strike that is due within the commit horizon, ends of notes, the rest."""
        until, rest = now + self._settings.horizon, self._heard_at + self._settings.alone
        events: list[NoteEvent] = []
        while self._next <= min(until, rest):
            events += self._strike(max(self._next, now), now)
        too_long = [pitch for pitch, start in self._sounding.items() if start + self._settings.max_note <= until]
        events += [self._end(pitch, self._sounding[pitch] + self._settings.max_note) for pitch in sorted(too_long)]
        if rest <= until:
            events += [self._end(pitch, max(rest, now)) for pitch in sorted(self._sounding)]
            self._next = inf
        return sorted(events, key=lambda event: event.time)

    def next_look(self, now: float) -> float | None:  # noqa: ARG002 - what is overdue stays the next moment
        """The next moment at which :meth:`commit` may have something new if nothing happens."""
        if self.idle:
            return None
        ends = (start + self._settings.max_note for start in self._sounding.values())
        return min(self._next, self._heard_at + self._settings.alone, *ends) - self._settings.horizon

    def _feel(self, moment: float) -> None:
        """Come in with the performer's key, or lean towards it."""
        if not self._onsets or moment - self._onsets[-1] > _SAME_ONSET:
            self._onsets.append(moment)
        if self._next == inf:
            self._next, self._strikes = moment + self._settings.horizon, 0
            self.turns += 1
            self.decided_at = moment
            return
        beat = self._beat
        off = (moment - self._next + beat / 2) % beat - beat / 2
        if abs(off) < _NEAR * beat:
            self._next = max(self._next + _FOLLOWS * off, moment)

    @property
    def _beat(self) -> float:
        """Seconds between strikes: the usual distance of the performer's keys, halved or doubled into the range."""
        gaps = [two - one for one, two in pairwise(self._onsets) if two - one < _LONGEST_GAP]
        beat = median(gaps) if gaps else _FASTEST
        while beat < _FASTEST:
            beat *= 2
        while beat >= _SLOWEST:
            beat /= 2
        return beat

    def _strike(self, moment: float, now: float) -> list[NoteEvent]:
        self._next = moment + self._beat
        events: list[NoteEvent] = [self._end(pitch, moment) for pitch in sorted(self._sounding)]
        voices, softer = self._voices(now)
        loudness = fmean(key.velocity for key in self._keys) if self._keys else 0.0
        for pitch in sorted({pitch for voice in voices if (pitch := self._within_reach(voice)) is not None}):
            if len(self._sounding) == self._settings.polyphony:
                break
            self._sounding[pitch] = moment
            events.append(NoteOn(moment, pitch, min(127, max(1, round(loudness * softer))), Role.COMPANION))
        self._strikes += 1
        return events

    def _voices(self, now: float) -> tuple[list[int], float]:
        """The pitches of the next strike, and how loud it is beside the performer."""
        while len(self._keys) > 1 and self._keys[0].end < now - _WINDOW:
            self._keys.popleft()
        keys = [key for key in self._keys if key.end >= now - _WINDOW]
        if not keys:
            return [], 0.0
        bass, melody = min(key.pitch for key in keys), max(key.pitch for key in keys)
        weights = [0.0] * 12
        for key in keys:
            held = max(min(key.end, now) - max(key.start, now - _WINDOW), _STRUCK)
            weights[key.pitch % 12] += held * (_BASS_COUNTS if key.pitch == bass else 1.0)
        chord = chord_of(weights, bass=bass)
        assert chord is not None  # every key weighs something
        if self._pattern[self._strikes % len(self._pattern)] == "bass":
            return [_LOWEST_BASS + (chord.root - _LOWEST_BASS) % 12], _BASS_SOFTER
        top = min(max(melody - _BELOW_MELODY, _LOWEST_CHORD + 11), _HIGHEST_CHORD)
        return sorted(top - (top - tone) % 12 for tone in chord.classes), _CHORD_SOFTER

    def _within_reach(self, pitch: int) -> int | None:
        """The pitch, or the nearest of its name that the settings leave to the companion."""
        lowest, highest = self._settings.lowest, self._settings.highest
        near = lowest + (pitch - lowest) % 12 if pitch < lowest else highest - (highest - pitch) % 12
        fitting = pitch if lowest <= pitch <= highest else near
        return fitting if lowest <= fitting <= highest else None

    def _end(self, pitch: int, moment: float) -> NoteOff:
        del self._sounding[pitch]
        return NoteOff(moment, pitch, Role.COMPANION)
