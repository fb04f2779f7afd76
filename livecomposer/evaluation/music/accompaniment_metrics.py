"""How well two players go together, as numbers on notes. Pure.

Everything is measured within a span of time. Notes count with the time they sound within it, onsets where they fall
within it. A number that cannot be told (a share of nothing) is nan, and is never counted as 0 or 1.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log2, nan

from livecomposer.events import Note

__all__ = ["METRICS", "Metric", "scores", "within"]

Span = tuple[float, float]
"""From, to, in seconds."""

CONSONANT = frozenset({0, 3, 4, 5, 7, 8, 9})
"""Intervals modulo the octave, in semitones: unison, thirds, fourth, fifth, sixths."""
AROUND = 1.0
"""Seconds around a moment whose pitch classes make its harmony."""
NEAR = 0.04
"""An onset is on the pulse if it is no farther from it than this (seconds)."""
_ONE_CHORD = 0.03  # keys that follow each other within this begin together
_LONGEST_BEAT = 2.0  # between onsets farther apart the middle is no pulse


@dataclass(frozen=True, slots=True)
class Metric:
    """One number. ``rises``: more of it is better; where it does not, it describes and has no better side."""

    name: str
    unit: str
    meaning: str
    rises: bool = True


METRICS = (
    Metric("consonance", "share", "of the time in which both sound, that at consonant intervals (3, 4, 5, 7, 8, 9, 0)"),
    Metric("harmony", "share", "of the companion's time, that on pitch classes of the real accompaniment within 1 s"),
    Metric("harmony_met", "share", "of the real accompaniment's time, that on pitch classes of the companion's"),
    Metric("harmony_both", "share", "harmonic mean of harmony and harmony_met"),
    Metric("pulse", "share", "of the companion's onsets within 40 ms of a performer's onset or the middle of two"),
    Metric("pulse_gain", "-1 to 1", "pulse, less what onsets at moments drawn by chance would have"),
    Metric("presence", "share", "of the performer's time, that in which the companion sounds too"),
    Metric("density", "notes/s", "the companion's notes", rises=False),
    Metric("register", "semitones", "the companion's mean pitch above the performer's", rises=False),
    Metric("overlap", "share", "of the companion's time, that between the performer's extreme pitches", rises=False),
    Metric("pitch_classes", "of 12", "pitch classes that the companion plays", rises=False),
    Metric("variety", "bits", "entropy of pairs of successive intervals of the companion", rises=False),
)


def scores(
    performer: Sequence[Note], companion: Sequence[Note], accompaniment: Sequence[Note], *, span: Span
) -> dict[str, float]:
    """Every one of :data:`METRICS` by name, of ``companion`` with ``performer``, within ``span``.

    ``accompaniment`` is what really went with the performer; it has a ``harmony`` of 1 by definition, since the
    harmony around a moment is what it plays then. A companion that is silent has presence, density and harmony met of
    0, and nearly everything else untold.
    """
    performer, companion, accompaniment = (_near(notes, span) for notes in (performer, companion, accompaniment))
    heard, played, real = (within(notes, span) for notes in (performer, companion, accompaniment))
    fits = _coverage(played, accompaniment, where_known=True)
    met = _coverage(real, companion, where_known=False)
    on_pulse, chance = _pulse(performer, companion, span)
    return {
        "consonance": _consonance(heard, played),
        "harmony": fits,
        "harmony_met": met,
        "harmony_both": _both(fits, met),
        "pulse": on_pulse,
        "pulse_gain": on_pulse - chance,
        "presence": _presence(heard, played),
        "density": len(_onsets(companion, span)) / (span[1] - span[0]),
        "register": _mean_pitch(played) - _mean_pitch(heard),
        "overlap": _overlap(heard, played),
        "pitch_classes": float(len({note.pitch % 12 for note in played})) if played else nan,
        "variety": _variety(companion, span),
    }


def within(notes: Iterable[Note], span: Span) -> list[Note]:
    """What of ``notes`` sounds within ``span``, cut to it."""
    start, end = span
    return [
        replace(note, start=max(note.start, start), end=min(note.end, end))
        for note in notes
        if note.start < end and note.end > start
    ]


def _near(notes: Iterable[Note], span: Span) -> list[Note]:
    """All that may have a say in ``span``."""
    reach = max(AROUND, _LONGEST_BEAT) + NEAR
    return [note for note in notes if note.start < span[1] + reach and note.end > span[0] - reach]


def _consonance(heard: Sequence[Note], played: Sequence[Note]) -> float:
    """Of every second that a note of each sounds with one of the other, the share at a consonant interval."""
    good = total = 0.0
    for one in played:
        for other in heard:
            seconds = _shared(one, other.start, other.end)
            total += seconds
            good += seconds if (one.pitch - other.pitch) % 12 in CONSONANT else 0.0
    return good / total if total else nan


def _coverage(notes: Sequence[Note], of: Sequence[Note], *, where_known: bool) -> float:
    """Of the time of ``notes``, the share at which ``of`` has their pitch class within :data:`AROUND` seconds.

    ``where_known``: time around which ``of`` has nothing at all is left out.
    """
    spans_of: dict[int, list[Span]] = {}
    for note in of:
        spans_of.setdefault(note.pitch % 12, []).append((note.start - AROUND, note.end + AROUND))
    harmonies = {pitch_class: _union(spans) for pitch_class, spans in spans_of.items()}
    known = _union(span for spans in harmonies.values() for span in spans)
    covered = sum(_shared(note, *span) for note in notes for span in harmonies.get(note.pitch % 12, ()))
    total = sum(_shared(note, *span) for note in notes for span in known) if where_known else _seconds(notes)
    return covered / total if total else nan


def _both(fits: float, met: float) -> float:
    if not met or met != met:  # noqa: PLR0124  nan: there is nothing to be met
        return met
    return 2 * fits * met / (fits + met) if fits else 0.0


def _pulse(performer: Sequence[Note], companion: Sequence[Note], span: Span) -> tuple[float, float]:
    """The share of the companion's onsets on the performer's pulse, and the share of ``span`` that is on it.

    The latter is what the onsets would have on average if all were shifted around the span by one random time.
    """
    pulse = _union((beat - NEAR, beat + NEAR) for beat in _beats(performer))
    onsets = _onsets(companion, span)
    if not onsets or not pulse:
        return nan, nan
    on_it = sum(any(start - 1e-9 <= note.start <= end + 1e-9 for start, end in pulse) for note in onsets)
    covered = sum(max(0.0, min(end, span[1]) - max(start, span[0])) for start, end in pulse)
    return on_it / len(onsets), covered / (span[1] - span[0])


def _beats(performer: Sequence[Note]) -> list[float]:
    """The performer's onsets, chords taken as one, and the middles between them."""
    onsets: list[float] = []
    for start in sorted(note.start for note in performer):
        if not onsets or start - onsets[-1] > _ONE_CHORD:
            onsets.append(start)
    middles = [(one + two) / 2 for one, two in pairwise(onsets) if two - one <= _LONGEST_BEAT]
    return sorted(onsets + middles)


def _presence(heard: Sequence[Note], played: Sequence[Note]) -> float:
    sounding, company = (_union((note.start, note.end) for note in notes) for notes in (heard, played))
    total = sum(end - start for start, end in sounding)
    shared = sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in sounding for b in company)
    return shared / total if total else nan


def _overlap(heard: Sequence[Note], played: Sequence[Note]) -> float:
    if not heard or not (total := _seconds(played)):
        return nan
    pitches = [note.pitch for note in heard]
    return _seconds(note for note in played if min(pitches) <= note.pitch <= max(pitches)) / total


def _variety(companion: Sequence[Note], span: Span) -> float:
    """Bits; 0 for fewer than two pairs."""
    onsets = sorted(_onsets(companion, span), key=lambda note: (note.start, note.pitch))
    if not onsets:
        return nan
    intervals = [two.pitch - one.pitch for one, two in pairwise(onsets)]
    counts = Counter(pairwise(intervals))
    return sum(n / counts.total() * log2(counts.total() / n) for n in counts.values())


def _onsets(notes: Iterable[Note], span: Span) -> list[Note]:
    return [note for note in notes if span[0] <= note.start < span[1]]


def _mean_pitch(notes: Sequence[Note]) -> float:
    """Weighted by time."""
    total = _seconds(notes)
    return sum(note.pitch * (note.end - note.start) for note in notes) / total if total else nan


def _seconds(notes: Iterable[Note]) -> float:
    return sum(note.end - note.start for note in notes)


def _shared(note: Note, start: float, end: float) -> float:
    return max(0.0, min(note.end, end) - max(note.start, start))


def _union(spans: Iterable[Span]) -> list[Span]:
    """The same time, told without overlaps and in order."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
