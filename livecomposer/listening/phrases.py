"""Where the performer's phrase ends: by a trigger at once, or by a silence that adapts to the player."""

from bisect import insort
from collections import deque
from dataclasses import dataclass
from math import ceil, inf
from typing import Self

from livecomposer.errors import SettingError
from livecomposer.events import SUSTAIN, Control, Event, NoteOff, NoteOn, Role

__all__ = ["Phrase", "PhraseEnd", "Trigger"]

_ORDINARY_SPACING = 0.25
_SHORTEST_SPACING = 0.08
_MEMORY = 16
_PRIOR = 4
_QUANTILE = 0.75
_PEDAL_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Trigger:
    """What ends a phrase at once: a key's note-on, or a controller that rises to 64 or above."""

    kind: str
    """``cc``, ``pedal`` (the same on the wire) or ``key``."""
    number: int
    """Controller 0–119, or pitch 0–127."""

    @classmethod
    def parse(cls, spec: str) -> Self | None:
        """A trigger from ``cc:20``, ``pedal:66`` or ``key:21``; ``None`` from an empty text.

        Raises :class:`SettingError` for anything else.
        """
        kind, _, number = spec.strip().partition(":")
        if not kind and not number:
            return None
        highest = {"cc": 119, "pedal": 119, "key": 127}.get(kind, -1)
        if not (number.isascii() and number.isdigit() and int(number[:9]) <= highest):
            raise SettingError(
                f"trigger = {spec!r}: wanted cc:NUMBER or pedal:NUMBER (0 to 119), key:PITCH (0 to 127), or nothing"
            )
        return cls(kind, int(number))

    def matches(self, event: Event) -> bool:
        """Whether ``event`` is of this key or controller, whatever its value."""
        if self.kind == "key":
            return isinstance(event, NoteOn | NoteOff) and event.pitch == self.number
        return isinstance(event, Control) and event.number == self.number


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that has ended: from its first onset to its last onset or release, in seconds, and its onsets."""

    start: float
    end: float
    notes: int


class PhraseEnd:
    """Decides when the performer's phrase has ended. Tell it all events with ``hear``; ask it with ``check``.

    The rule. A phrase has at least one note. It ends at once by the trigger, or when after its last *sign of life*
    (an onset, the release of a key, the pedal's release of what it sustained) nothing has happened for

    ========================  ==================================================================
    what sounds               silence that ends the phrase
    ========================  ==================================================================
    nothing                   ``W`` = ``wait`` × spacing / 0.25 s, from ``wait`` / 2 to ``wait_max``
    through the pedal alone   2 × ``W``, at most ``wait_max``
    a key is held             ``wait_max``
    ========================  ==================================================================

    *Spacing* is this player's own: the upper quartile of the last 16 gaps between onsets. Gaps under 0.08 s (chords,
    rolls, tremolo) tell nothing about phrasing and gaps over ``wait_max`` lie between phrases: neither counts. The
    memory begins with four gaps of 0.25 s, so that ``W`` begins at ``wait``; one odd gap in steady playing does not
    move it, the first two gaps of a slow player do. With ``wait`` = 0.6 s, ``W`` is 2.4 times the spacing, which
    forgives a hand shift of twice the usual gap. The memory goes on through the phrases: who is interrupted and plays
    on within ``wait_max`` is given more time from then on.

    Whatever is held or pedalled, ``wait_max`` after the last sign of life is the end. A key held through it is
    forgotten; a note-off that is lost slows one phrase down, not all. ``wait_max`` wins where ``wait`` is longer.

    The companion's events are ignored. Times in seconds; an event earlier than the one before counts as simultaneous.
    """

    def __init__(self, *, wait: float = 0.6, wait_max: float = 2.0, trigger: Trigger | None = None) -> None:
        self.wait = wait
        self.wait_max = wait_max
        self.trigger = trigger
        self.ended: Phrase | None = None
        """The last phrase that ended."""
        self._gaps = deque([_ORDINARY_SPACING] * _PRIOR, maxlen=_MEMORY)
        self._last_onset: float | None = None
        self._pedal_down = False
        self._trigger_down = False
        self.reset()

    @property
    def spacing(self) -> float:
        """Seconds between onsets that are usual for this player."""
        ordered: list[float] = []
        for gap in self._gaps:
            insort(ordered, gap)
        return ordered[ceil(_QUANTILE * len(ordered)) - 1]

    @property
    def patience(self) -> float:
        """Seconds of silence that end the phrase as things stand."""
        if self._held:
            return self.wait_max
        adapted = max(self.wait * self.spacing / _ORDINARY_SPACING, self.wait / 2)
        return min(adapted * (_PEDAL_PATIENCE if self._sustained else 1.0), self.wait_max)

    def consumes(self, event: Event) -> bool:
        """Whether ``event`` belongs to the trigger and is not music."""
        return self.trigger is not None and event.role is Role.PERFORMER and self.trigger.matches(event)

    def hear(self, event: Event) -> bool:
        """Take note of ``event``; ``True`` if the phrase ends right now by the trigger."""
        if event.role is not Role.PERFORMER:
            return False
        if self.consumes(event):
            return self._pull(event)
        if isinstance(event, NoteOn):
            self._strike(event)
        elif isinstance(event, NoteOff):
            self._lift(event)
        elif isinstance(event, Control) and event.number == SUSTAIN:
            self._tread(event)
        return False

    def check(self, now: float) -> bool:
        """``True`` exactly once when the phrase has ended by silence at ``now``."""
        due = self._due()
        return due is not None and now >= due and self._finish()

    def next_check(self, now: float) -> float | None:
        """The earliest moment at which ``check`` can be true if nothing happens; ``None`` between phrases."""
        due = self._due()
        return None if due is None else max(due, now)

    def reset(self) -> None:
        """Give up the phrase in progress; the player's spacing and the pedals stay as they are."""
        self._notes = 0
        self._begun = -inf
        self._last = -inf
        self._held: set[int] = set()
        self._sustained: set[int] = set()

    def _due(self) -> float | None:
        return self._last + self.patience if self._notes else None

    def _finish(self) -> bool:
        if not self._notes:
            return False
        self.ended = Phrase(self._begun, self._last, self._notes)
        self.reset()
        return True

    def _pull(self, event: Event) -> bool:
        if isinstance(event, Control):
            was_down, self._trigger_down = self._trigger_down, event.value >= 64
            return self._trigger_down and not was_down and self._finish()
        return isinstance(event, NoteOn) and self._finish()

    def _strike(self, event: NoteOn) -> None:
        if self._last_onset is not None and _SHORTEST_SPACING <= event.time - self._last_onset <= self.wait_max:
            self._gaps.append(event.time - self._last_onset)
        self._last_onset = max(event.time, self._last_onset or event.time)
        self._begun = self._begun if self._notes else event.time
        self._notes += 1
        self._live(event.time)
        self._held.add(event.pitch)
        self._sustained.discard(event.pitch)

    def _lift(self, event: NoteOff) -> None:
        if event.pitch not in self._held:
            return
        self._held.discard(event.pitch)
        if self._pedal_down:
            self._sustained.add(event.pitch)
        self._live(event.time)

    def _tread(self, event: Control) -> None:
        self._pedal_down = event.value >= 64
        if self._sustained and not self._pedal_down:
            self._sustained.clear()
            self._live(event.time)

    def _live(self, time: float) -> None:
        self._last = max(self._last, time)
