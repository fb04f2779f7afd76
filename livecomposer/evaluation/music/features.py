"""What music is like, as histograms and as single numbers, on notes of one player from 0 on. Pure.

After Yang & Lerch 2020, "On the evaluation of generative models in music" (section 3.1: what is counted), and Wu & Yang
2020, "The Jazz Transformer on the front line" (section 4: groove); scale consistency and empty beats are as MusPy
documents them (Dong et al. 2020, "MusPy: a toolkit for symbolic music generation"). That package is not used: it reads
scores with bars, which what is played has not, and brings music21 along. Where a beat is needed, it is one that
:func:`beat_of` hears.
"""

from collections.abc import Callable, Mapping, Sequence
from math import nan

import numpy as np
import numpy.typing as npt

from livecomposer.events import Note

__all__ = ["HISTOGRAMS", "NUMBERS", "beat_of", "copied", "longest_silence", "numbers_of"]

Floats = npt.NDArray[np.float64]

ONE_CHORD = 0.05
"""Seconds within which keys begin together."""
GRAM = 8
"""Notes of which a repetition is made."""
_BEATS_A_BAR = 4
_POSITIONS = 16  # of a bar, at which a note may begin
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_STEP = 0.01  # seconds, of what a beat is heard in
_SHORTEST_BEAT, _LONGEST_BEAT, _LIKELY_BEAT = 0.3, 1.0, 0.55
_OCTAVES = 0.9  # how far from the likely beat others are likely, in octaves
_BLUR = 3  # steps, either way
_INTERVALS = np.arange(-24.5, 25)  # edges, in semitones; wider ones count as two octaves
_TIMES = np.geomspace(0.03, 8.0, 17)  # edges, in seconds
_LOUDNESS = np.arange(0, 129, 8)
_A_SECOND = np.array([0, 1, 2, 3, 5, 7, 10, 14, 20, 200])


def _pitch_class(notes: Sequence[Note], _: float) -> Floats:
    return np.bincount([note.pitch % 12 for note in notes], minlength=12).astype(np.float64)


def _interval(notes: Sequence[Note], _: float) -> Floats:
    """Between successive notes of the top line: the highest of what begins together."""
    line = [max(note.pitch for note in chord) for chord in _chords(notes)]
    return _counted(np.diff(line), _INTERVALS)


def _onset_interval(notes: Sequence[Note], _: float) -> Floats:
    return _counted(np.diff([chord[0].start for chord in _chords(notes)]), _TIMES)


def _duration(notes: Sequence[Note], _: float) -> Floats:
    return _counted([note.end - note.start for note in notes], _TIMES)


def _velocity(notes: Sequence[Note], _: float) -> Floats:
    return _counted([note.velocity for note in notes], _LOUDNESS)


def _density(notes: Sequence[Note], seconds: float) -> Floats:
    """Of every second, how many notes begin in it."""
    begun = np.bincount([int(note.start) for note in notes if note.start < seconds], minlength=int(seconds))
    return _counted(begun[: max(1, int(seconds))], _A_SECOND)


HISTOGRAMS: Mapping[str, Callable[[Sequence[Note], float], Floats]] = {
    "pitch_class": _pitch_class,
    "interval": _interval,
    "onset_interval": _onset_interval,
    "duration": _duration,
    "velocity": _velocity,
    "density": _density,
}
"""Of notes in order of start within ``seconds``: counts (bins,); all 0 where there is nothing to count."""

NUMBERS = {
    "notes_per_second": "notes begun",
    "scale_consistency": "share of the notes in the major scale that fits most of them",
    "groove": "1 less the share of 16 positions at which two successive bars differ in whether a note begins",
    "empty_beats": "share of the beats in which nothing sounds",
    "repetition": f"share of the runs of {GRAM} notes that were heard before in the same music",
    "self_similarity": "mean cosine between the pitch classes of any two bars",
}
"""The single numbers, and what they mean."""


def numbers_of(notes: Sequence[Note], *, seconds: float, beat: float) -> dict[str, float]:
    """All of :data:`NUMBERS` of ``notes``, in order of start, within ``seconds``; nan where one cannot be told.

    ``beat`` (seconds): four are a bar, the first begins at 0.
    """
    grams = _grams(notes)
    return {
        "notes_per_second": len(notes) / seconds,
        "scale_consistency": _scale_consistency(notes),
        "groove": _groove(notes, seconds, beat * _BEATS_A_BAR),
        "empty_beats": _empty_beats(notes, seconds, beat),
        "repetition": 1 - len(set(grams)) / len(grams) if grams else nan,
        "self_similarity": _self_similarity(notes, seconds, beat * _BEATS_A_BAR),
    }


def copied(notes: Sequence[Note], source: Sequence[Note]) -> float:
    """The share of the runs of :data:`GRAM` pitches in ``notes`` that are in ``source`` too; nan without any."""
    grams, there = _grams(notes), set(_grams(source))
    return sum(gram in there for gram in grams) / len(grams) if grams else nan


def longest_silence(notes: Sequence[Note], *, seconds: float) -> float:
    """The longest time, in seconds, in which nothing sounds."""
    silence = reached = 0.0
    for note in notes:
        silence = max(silence, note.start - reached)
        reached = max(reached, note.end)
    return max(silence, seconds - reached)


def beat_of(notes: Sequence[Note]) -> float:
    """The beat of ``notes``, in seconds from 0.3 to 1: where their onsets best meet themselves again.

    The autocorrelation of the onsets, weighted towards 0.55 s as listeners do (Ellis 2007, "Beat tracking by dynamic
    programming", section 3.2).
    """
    if len(notes) < 2:
        return _LIKELY_BEAT
    first = min(note.start for note in notes)
    struck = np.bincount([round((note.start - first) / _STEP) for note in notes])
    level = np.convolve(np.sqrt(struck), np.bartlett(2 * _BLUR + 3)[1:-1])
    lags = np.arange(round(_SHORTEST_BEAT / _STEP), round(_LONGEST_BEAT / _STEP) + 1)
    level = np.concatenate((level, np.zeros(int(lags[-1]))))
    met = np.array([level[lag:] @ level[:-lag] for lag in lags])
    weight = np.exp(-0.5 * (np.log2(lags * _STEP / _LIKELY_BEAT) / _OCTAVES) ** 2)
    return float(lags[int(np.argmax(met * weight))]) * _STEP


def _chords(notes: Sequence[Note]) -> list[list[Note]]:
    """What begins together, in order."""
    chords: list[list[Note]] = []
    for note in notes:
        if chords and note.start - chords[-1][0].start < ONE_CHORD:
            chords[-1].append(note)
        else:
            chords.append([note])
    return chords


def _counted(values: npt.ArrayLike, edges: npt.NDArray[np.generic]) -> Floats:
    """How many fall between ``edges``; what lies beyond falls into the outermost bins."""
    inside = np.clip(np.asarray(values, np.float64), edges[0], np.nextafter(float(edges[-1]), 0))
    return np.histogram(inside, bins=edges)[0].astype(np.float64)


def _grams(notes: Sequence[Note]) -> list[tuple[int, ...]]:
    pitches = [note.pitch for note in notes]
    return [tuple(pitches[i : i + GRAM]) for i in range(len(pitches) - GRAM + 1)]


def _scale_consistency(notes: Sequence[Note]) -> float:
    classes = _pitch_class(notes, 0.0)
    return max(float(np.roll(classes, -key)[list(_MAJOR)].sum()) for key in range(12)) / len(notes) if notes else nan


def _groove(notes: Sequence[Note], seconds: float, bar: float) -> float:
    bars = int(seconds / bar + 1e-9)
    if bars < 2 or not notes:
        return nan
    begins = np.zeros((bars * _POSITIONS + 1,), np.bool_)
    begins[[min(round(note.start / bar * _POSITIONS), bars * _POSITIONS) for note in notes]] = True
    positions = begins[:-1].reshape(bars, _POSITIONS)
    return 1 - float((positions[1:] != positions[:-1]).mean())


def _empty_beats(notes: Sequence[Note], seconds: float, beat: float) -> float:
    beats = max(1, int(seconds / beat + 1e-9))
    sounds = np.zeros(beats, np.bool_)
    for note in notes:
        sounds[int(note.start / beat) : max(int(note.start / beat), int(np.ceil(note.end / beat)) - 1) + 1] = True
    return 1 - float(sounds.mean())


def _self_similarity(notes: Sequence[Note], seconds: float, bar: float) -> float:
    """After Foote 1999, "Visualizing music and audio using self-similarity", on pitch classes and how long they sound.

    Of bars in which nothing sounds none is like another.
    """
    bars = int(seconds / bar + 1e-9)
    if bars < 2 or not notes:
        return nan
    chroma = np.zeros((bars, 12))
    for note in notes:
        for at in range(int(note.start / bar), min(bars, int(note.end / bar) + 1)):
            chroma[at, note.pitch % 12] += max(0.0, min(note.end, (at + 1) * bar) - max(note.start, at * bar))
    length = np.linalg.norm(chroma, axis=1, keepdims=True)
    chroma = np.divide(chroma, length, out=np.zeros_like(chroma), where=length > 0)
    alike = chroma @ chroma.T
    return float((alike.sum() - np.trace(alike)) / (bars * (bars - 1)))
