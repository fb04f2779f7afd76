"""MIDI clock, 24 to the beat, in and out: pure. Messages and their moments in, beats out; and the reverse.

A message arrives off its moment by anything up to a driver's period or a thread's switch, and on a busy machine one may
be lost. So the beat is not taken from the last tick but from a straight line through the last four beats' ticks: the
least-squares fit of their moments to their numbers. (The other way is a delay-locked loop: F. Adriaensen, "Using a DLL
to filter time", Linux Audio Conference 2005; a fit over a window forgets the old tempo altogether, and knows a new one
after half a beat.) Messages: MIDI 1.0 Detailed Specification, System Real Time Messages and Song Position Pointer.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf
from statistics import fmean

import numpy as np

from livecomposer.beats import HIGHEST_TEMPO, LOWEST_TEMPO, Beats

__all__ = ["CONTINUE", "START", "STOP", "TICK", "TICKS_PER_BEAT", "ClockReader", "ClockWriter", "is_clock_message"]

TICKS_PER_BEAT = 24
TICK, START, CONTINUE, STOP, POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2

_LENGTHS = {TICK: 1, START: 1, CONTINUE: 1, STOP: 1, POSITION: 3}
_TICKS_PER_SIXTEENTH = 6
_WINDOW = 4 * TICKS_PER_BEAT
_FEWEST = 12
"""Ticks of which a tempo is told, and ticks in a row, all too early or all too late, that are a new one; half a beat.
Fewer odd ones are accidents and left out."""
_TOLERANCE_SECONDS = 0.002
_TOLERANCE_ERRORS = 4.0
"""A tick is odd when it is farther from the line than this many times the window's own error, and 2 ms."""
_WHOLE = 0.25
"""Ticks: what comes late by a whole number of ticks, to within this, comes after a loss."""
_SILENCE_SECONDS = 0.5
"""Without a tick for so long the clock is gone; the slowest one leaves 125 ms between ticks."""
_POSITIONS = 1 << 14
"""A song position wraps after so many sixteenths: half an hour of song at 120."""
_LEAD_SECONDS = 0.001
"""A start comes so long before its first tick, as MIDI 1.0 advises."""
_SAME = 1e-6


def is_clock_message(data: Sequence[int]) -> bool:
    """Whether ``data`` is exactly one message of the clock: tick, start, continue, stop or song position."""
    return bool(data) and _LENGTHS.get(data[0]) == len(data) and all(0 <= byte < 0x80 for byte in data[1:])


class ClockReader:
    """Follows a clock: tell it every message with its moment (seconds), in order; ask it for the beats.

    Before the first start or continue it does not run, though its ticks tell the tempo. The song begins at the first
    tick after a start; a position holds for the first tick after the next continue.
    """

    def __init__(self, *, per_bar: int = 4) -> None:
        self.per_bar = per_bar
        self.running = False
        self.started = False
        """Whether there ever was a start or a continue."""
        self._next = 0  # number of the next tick, whether the song runs or not
        self._begun = 0  # number of the tick that is the song's beginning
        self._standing = 0  # the song's next tick, while it stands
        self._ticks: deque[tuple[int, float]] = deque(maxlen=_WINDOW)
        self._odd: list[tuple[int, float]] = []
        self._line: _Line | None = None
        self._heard = -inf

    def hear(self, data: Sequence[int], moment: float) -> None:
        """Take in one message; anything but a clock's is passed over."""
        if not is_clock_message(data):
            return
        match data[0]:
            case 0xF8:
                self._tick(moment)
            case 0xFA:
                self._run_from(0)
            case 0xFB if not self.running:
                self._run_from(self._standing)
            case 0xFC if self.running:
                self.running, self._standing = False, self._next - self._begun
            case 0xF2:
                self._go_to(_TICKS_PER_SIXTEENTH * (data[1] | data[2] << 7))

    def alive(self, now: float) -> bool:
        """Whether a tick has come lately."""
        return now - self._heard <= _SILENCE_SECONDS

    def beats(self, now: float) -> Beats | None:
        """The beats as far as they are known at ``now``; ``None`` without a clock, or before half a beat of it."""
        line = self._line
        if line is None or not self.alive(now):
            return None
        tempo = 60.0 / (line.spacing * TICKS_PER_BEAT)
        if not LOWEST_TEMPO / 2 <= tempo <= HIGHEST_TEMPO * 2:
            return None
        song = self._next - self._begun if self.running else self._standing
        moment, beat = line.moment_of(self._next), song / TICKS_PER_BEAT
        return Beats(tempo=tempo, moment=moment, beat=beat, running=self.running, per_bar=self.per_bar)

    def _run_from(self, song: int) -> None:
        self.running = self.started = True
        self._begun = self._next - song

    def _go_to(self, song: int) -> None:
        self._standing = song
        if self.running:
            self._run_from(song)

    def _tick(self, moment: float) -> None:
        if not self.alive(moment):
            self._ticks.clear()
            self._odd.clear()
        self._place(self._next, moment)
        self._next += 1
        self._heard = moment
        self._line = _fitted(self._ticks) or self._line

    def _place(self, number: int, moment: float) -> None:
        """Among the ticks of the line; or, where it is far from it, among the odd ones."""
        off = self._line.distance(number, moment) if self._line is not None and len(self._ticks) >= _FEWEST else 0.0
        if not off:
            self._odd.clear()
            self._ticks.append((number, moment))
            return
        self._odd.append((number, moment))
        if len(self._odd) >= _FEWEST and self._line is not None:
            self._take_up(self._line.lost(self._odd))

    def _take_up(self, lost: int) -> None:
        """Believe the odd ticks: so many were lost before them; or, if none was, the old line holds no more."""
        if not lost:
            self._ticks.clear()
        self._next += lost
        self._ticks.extend((number + lost, moment) for number, moment in self._odd)
        self._odd.clear()


@dataclass(frozen=True, slots=True)
class _Line:
    """Seconds at tick 0, seconds a tick, and how far ticks are from it (root of the mean square, seconds)."""

    first: float
    spacing: float
    error: float

    def moment_of(self, number: float) -> float:
        return self.first + number * self.spacing

    def distance(self, number: int, moment: float) -> float:
        """Seconds, if they are too many to be jitter; else 0."""
        off = moment - self.moment_of(number)
        return off if abs(off) > max(_TOLERANCE_SECONDS, _TOLERANCE_ERRORS * self.error) else 0.0

    def lost(self, ticks: Sequence[tuple[int, float]]) -> int:
        """How many ticks these come late, if they come late by a whole number of them and are as fast; else 0."""
        late = [(moment - self.moment_of(number)) / self.spacing for number, moment in ticks]
        whole, half = round(fmean(late)), len(late) // 2
        even = abs(fmean(late) - whole) < _WHOLE and abs(fmean(late[half:]) - fmean(late[:half])) < _WHOLE
        return max(0, whole) if even else 0


def _fitted(ticks: Sequence[tuple[int, float]]) -> _Line | None:
    """The straight line through ticks, if they are enough."""
    if len(ticks) < _FEWEST:
        return None
    numbers, moments = np.array(ticks).T
    middle, mean = float(numbers.mean()), float(moments.mean())
    across = numbers - middle
    spacing = float(across @ (moments - mean) / (across @ across))
    error = float(np.sqrt(np.mean((moments - mean - across * spacing) ** 2)))
    return _Line(mean - spacing * middle, spacing, error) if spacing > 0 else None


class ClockWriter:
    """Says by which messages a pulse is told: show it the beats as they are, again and again; it repeats nothing."""

    def __init__(self) -> None:
        self._running = False
        self._next = 0  # the song's next tick
        self._told = -inf

    def due(self, beats: Beats | None, now: float, until: float) -> list[tuple[float, bytes]]:
        """What is to be sent from ``now`` up to the moment ``until`` (seconds), with its moments, in order.

        A pulse that begins is told by a start where its song does, or by the position of the next sixteenth and a
        continue; one that has jumped by half a beat or more, by a stop before that; one that stands, or is ``None``,
        by a stop.
        """
        since = max(now, self._told)
        if beats is None or not beats.running:
            return self._stop(since)
        self._told = max(until, since)
        stop: list[tuple[float, bytes]] = []
        if self._running and abs(_tick_after(beats, since) - self._next) > TICKS_PER_BEAT // 2:
            stop = self._stop(since)
        begin = [] if self._running else self._begin(beats, since, until)
        return [*stop, *begin, *self._ticks(beats, since, until)]

    def _stop(self, since: float) -> list[tuple[float, bytes]]:
        stopped, self._running = self._running, False
        return [(since, bytes([STOP]))] if stopped else []

    def _begin(self, beats: Beats, since: float, until: float) -> list[tuple[float, bytes]]:
        sixteenth = max(0, -(-_tick_after(beats, since) // _TICKS_PER_SIXTEENTH))
        number = _TICKS_PER_SIXTEENTH * sixteenth
        moment = beats.moment_of(number / TICKS_PER_BEAT)
        if moment > until:
            return []
        self._running, self._next = True, number
        before = max(since, moment - _LEAD_SECONDS)
        if number == 0:
            return [(before, bytes([START]))]
        position = sixteenth % _POSITIONS
        return [(before, bytes([POSITION, position & 0x7F, position >> 7])), (before, bytes([CONTINUE]))]

    def _ticks(self, beats: Beats, since: float, until: float) -> list[tuple[float, bytes]]:
        due: list[tuple[float, bytes]] = []
        while self._running and (moment := beats.moment_of(self._next / TICKS_PER_BEAT)) <= until:
            due.append((max(since, moment), bytes([TICK])))
            self._next += 1
        return due


def _tick_after(beats: Beats, moment: float) -> int:
    """The number of the first tick at ``moment`` or after."""
    return ceil(beats.beat_at(moment) * TICKS_PER_BEAT - _SAME)
