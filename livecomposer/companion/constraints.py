"""What the settings and the performer's recent playing ask of the companion, as limits. Pure, but that a chart is read.

Recent is what was struck in the 2 s before the latest key; so while the performer is silent or holds a chord, the last
that was known goes on to count.
"""

from collections import deque
from dataclasses import replace
from itertools import pairwise
from math import ceil, floor
from pathlib import Path
from statistics import fmean, median

import numpy as np

from livecomposer.beats import Beats
from livecomposer.companion import chord_chart as charts
from livecomposer.companion.scales import scale_of
from livecomposer.errors import SettingError
from livecomposer.events import Event, NoteOn, Role
from livecomposer.listening.tonality import Tonality
from livecomposer.settings import Settings
from livecomposer.tokens.limits import Harmony, Limits, Lines
from livecomposer.tokens.vocabulary import VELOCITY_BINS, velocity_bin
from livecomposer.units import STEPS_PER_SECOND

__all__ = ["Constraints"]

_RECENT_SECONDS = 2.0
_FEWEST_KEYS = 4  # of which a loudness is told
_MOST_KEYS = 64
_BEYOND_SPLIT = 2
"""The performer changes sides when the median of the recent pitches is so many semitones past the split."""
_WIDEST_BINS = 16
_MOST_LEFT_OUT = 8  # of the twelve pitch classes
_PER_BEAT = 4  # sixteenths
_SOFTER_BINS = 4
"""The companion may always be so much softer than the performer: 16 of MIDI's 127 velocities."""


class Constraints:
    """Hears the performer and says what the companion must keep to, as ``settings`` ask.

    A chart begins with the performer's first key, or at ``began`` (seconds), and goes round until the end. Raises
    :class:`SettingError` for a scale or a chart that cannot be had, and for a range that leaves nothing to play.
    """

    def __init__(self, settings: Settings, *, began: float | None = None) -> None:
        self._began = began
        self._beats: Beats | None = None  # whose sixteenths are kept to
        self._recent: deque[NoteOn] = deque(maxlen=_MOST_KEYS)
        self._tonality = Tonality()
        self._high: bool | None = None  # on which side of the split the performer plays
        self._settings = settings
        self._harmony = _agreed(settings)

    def adapt(self, settings: Settings) -> None:
        """Keep to ``settings`` from now on; raises as at the beginning, and then nothing has changed."""
        before = self._settings
        if any(getattr(settings, name) != getattr(before, name) for name in _HARMONIC):
            self._harmony = _agreed(settings)
        self._settings = settings

    def begin(self, moment: float, beats: Beats) -> None:
        """A piece begins at ``moment`` (seconds): forget the performer, and keep to ``beats`` until the next key."""
        self._began, self._beats, self._high = moment, beats, None
        self._recent.clear()
        self._tonality = Tonality()

    def hear(self, event: Event) -> None:
        """Take in what the performer did."""
        if not isinstance(event, NoteOn) or event.role is not Role.PERFORMER:
            return
        self._began = event.time if self._began is None else self._began
        self._beats = None
        self._recent.append(event)
        self._tonality.hear(event)
        self._take_sides()

    def together(self, *, origin: float) -> Limits:
        """What to keep to while both play; step 0 is at ``origin`` (seconds)."""
        settings, lowest, highest = self._settings, self._settings.lowest, self._settings.highest
        if settings.split and self._high is not None:
            lowest, highest = _sides(settings)[0 if self._high else 1]
        softest, loudest = self._dynamics()
        limits = self.alone(origin=origin)
        harmony = limits.harmony or self._heard(lowest, highest)
        limits = replace(limits, lowest=lowest, highest=highest, harmony=harmony)
        return replace(limits, softest=softest, loudest=loudest)

    def alone(self, *, origin: float) -> Limits:
        """The same where the companion plays by itself: there is no one to make room for."""
        settings, harmony = self._settings, self._harmony
        if harmony is not None and self._began is not None:
            harmony = replace(harmony, offset=(origin - self._began) * STEPS_PER_SECOND)
        return Limits.from_seconds(
            max_rest=settings.max_rest,
            max_note=settings.max_note,
            polyphony=settings.polyphony,
            lowest=settings.lowest,
            highest=settings.highest,
            density=settings.density,
            harmony=harmony,
            lines=None if self._beats is None else _sixteenths(self._beats, origin),
        )

    def _heard(self, lowest: int, highest: int) -> Harmony | None:
        """The pitch classes that fit best what was just played, the fewer the more it is followed."""
        follow = self._settings.follow_harmony
        if not follow:
            return None
        classes = self._tonality.best(12 - round(follow * _MOST_LEFT_OUT))
        pitches = np.array([[pitch % 12 in classes for pitch in range(128)]], dtype=np.bool_)
        return Harmony((0.0,), pitches) if pitches[0, lowest : highest + 1].any() else None

    def _take_sides(self) -> None:
        split = self._settings.split
        middle = median(key.pitch for key in self._lately(fewest=1))
        margin = 0 if self._high is None else _BEYOND_SPLIT
        if middle >= split + margin:
            self._high = True
        elif middle < split - margin:
            self._high = False

    def _dynamics(self) -> tuple[int, int]:
        """Softest and loudest bin: around the mean of what was struck lately, the nearer the more it is followed."""
        follow = self._settings.follow_dynamics
        if not follow or not self._recent:
            return 0, VELOCITY_BINS - 1
        mean = fmean(velocity_bin(key.velocity) for key in self._lately(fewest=_FEWEST_KEYS))
        shared = (1 - follow) * _WIDEST_BINS
        return max(0, floor(mean - shared - _SOFTER_BINS)), min(VELOCITY_BINS - 1, ceil(mean + shared))

    def _lately(self, *, fewest: int) -> list[NoteOn]:
        since = self._recent[-1].time - _RECENT_SECONDS
        keys = list(self._recent)
        return [key for i, key in enumerate(keys) if key.time >= since or i >= len(keys) - fewest]


def _sixteenths(beats: Beats, origin: float) -> Lines:
    period = beats.period / _PER_BEAT * STEPS_PER_SECOND
    return Lines(period, (beats.moment_of(0.0) - origin) * STEPS_PER_SECOND % period)


_HARMONIC = ("lowest", "highest", "split", "scale", "chords")


def _sides(settings: Settings) -> tuple[tuple[int, int], tuple[int, int]]:
    """The pitches below the split and from it on, ends included; without one, all of them twice."""
    if not settings.split:
        return (settings.lowest, settings.highest), (settings.lowest, settings.highest)
    below = settings.lowest, min(settings.highest, settings.split - 1)
    return below, (max(settings.lowest, settings.split), settings.highest)


def _agreed(settings: Settings) -> Harmony | None:
    """The harmony that ``settings`` ask for, of which every chord can be played on both sides of the split."""
    scale = scale_of(settings.scale) if settings.scale else None
    chart = charts.read(Path(settings.chords)) if settings.chords else None
    rows = [(f"scale {settings.scale}", scale)] if scale else [("any pitch", frozenset(range(12)))]
    if chart is not None:
        rows = [(f"bar {one.bar}, {one.symbol}", _beside(one.classes, scale)) for one in chart.changes]
    for name, classes in rows:
        _refuse_silence(settings, name, classes)
    if chart is None and scale is None:
        return None
    pitches = np.array([[pitch % 12 in classes for pitch in range(128)] for _, classes in rows], dtype=np.bool_)
    if chart is None:
        return Harmony((0.0,), pitches)
    starts = tuple(one.start * STEPS_PER_SECOND for one in chart.changes)
    assert all(one < other for one, other in pairwise(starts))
    return Harmony(starts, pitches, length=chart.length * STEPS_PER_SECOND)


def _beside(chord: frozenset[int], scale: frozenset[int] | None) -> frozenset[int]:
    """The chord's tones; where a scale is set, its notes too, but for those a semitone beside a tone foreign to it."""
    if scale is None:
        return chord or frozenset(range(12))
    foreign = chord - scale
    return chord | {note for note in scale if not any((note - tone) % 12 in (1, 11) for tone in foreign)}


def _refuse_silence(settings: Settings, name: str, classes: frozenset[int]) -> None:
    for low, high in _sides(settings):
        if not any(pitch % 12 in classes for pitch in range(low, high + 1)):
            got = ", ".join(f"{one} {getattr(settings, one)}" for one in ("lowest", "highest", "split"))
            raise SettingError(f"{got}: nothing of {name} is left to play on one side; wanted a wider range")
