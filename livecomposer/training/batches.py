"""Cuts from pieces, as batches: the same seed and step always give the same batch, so that a run resumes exactly."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from livecomposer.events import Role
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.augment import Bools, Ids, duet, hand_over, jitter, louder, slip, stretch, transpose
from livecomposer.training.corpus import Shard
from livecomposer.units import STEPS_PER_SECOND

__all__ = ["IN_TURN", "TOGETHER", "Augmentation", "batch", "framed", "validation_cuts"]

IN_TURN, TOGETHER = range(2)
"""Modes: how the two share the music."""

_BOS = VOCABULARY.id(Kind.BOS)
_PAD = VOCABULARY.id(Kind.PAD)
_ON = VOCABULARY.ids_of(Kind.NOTE_ON, Role.PERFORMER)
_OFF = VOCABULARY.ids_of(Kind.NOTE_OFF, Role.PERFORMER)
_VELOCITY = VOCABULARY.ids_of(Kind.VELOCITY)
_STEP_MS = 1000 / STEPS_PER_SECOND
_WRITTEN = 0.1
"""Changes of velocity a note below which music counts as written down, not played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How far a cut may be changed."""

    by_seconds: bool = True  # every second is drawn as often; else every token, and so dense music more often
    transpose_down: int = 6  # semitones
    transpose_up: int = 5
    stretch: float = 0.1  # at most this share faster or slower
    velocity_bins: int = 2  # louder or softer, in bins of 32
    accompany: float = 0.5  # share of cuts with a melody in which one player has it and the other the rest
    behind_ms_max: int = 30  # most that the companion is behind the performer in such a cut, as it is live; 10 at least
    late_entry: float = 0.25  # share of such cuts in which the companion enters within the first half
    jitter_ms: float = 10.0  # spread of onsets in such a cut, where the music is written, not played
    slips: float = 0.0  # share of the performer's notes in such a cut that are wrong, doubled or missing, as 0.02
    takeover: float = 0.7  # share of the other cuts in which two players take turns
    turns_max: int = 3  # most changes of player in such a cut


def batch(shard: Shard, *, seed: int, step: int, rows: int, length: int, augmentation: Augmentation) -> tuple[Ids, Ids]:
    """Ids (rows, length + 1), each row BOS and a cut of one piece, padded where the piece ends; and modes (rows,).

    The mode is :data:`TOGETHER` where both play at once, :data:`IN_TURN` where one does at a time.
    """
    chance = np.random.default_rng((seed, step))
    drawn = [_row(shard, chance, length, augmentation) for _ in range(rows)]
    return np.stack([ids for ids, _ in drawn]), np.array([mode for _, mode in drawn], dtype=np.int64)


def validation_cuts(shard: Shard, *, rows: int, length: int) -> Iterator[Ids]:
    """Cuts (1, length + 1) spread evenly over the shard, unchanged, the performer alone."""
    if not len(shard):
        return
    for at in np.linspace(0, max(0, len(shard.ids) - length), rows).astype(np.int64):
        ids, _ = _cut(shard, int(at), length)
        yield _framed(ids, length)[None]


def _row(shard: Shard, chance: np.random.Generator, length: int, augmentation: Augmentation) -> tuple[Ids, int]:
    margin = int(length * augmentation.stretch) + 1  # what stretching may take away
    ids, lead = _cut(shard, _drawn(shard, chance, by_seconds=augmentation.by_seconds), length + margin)
    lead = lead[ids < _OFF.stop]  # note by note, for shifts come and go
    ids = transpose(ids, int(chance.integers(-augmentation.transpose_down, augmentation.transpose_up + 1)))
    ids = stretch(ids, 1 + augmentation.stretch * chance.uniform(-1, 1))
    ids = louder(ids, int(chance.integers(-augmentation.velocity_bins, augmentation.velocity_bins + 1)))
    if lead.any() and not lead.all() and chance.random() < augmentation.accompany:
        return _framed(_together(ids, lead, chance, augmentation), length), TOGETHER
    if chance.random() < augmentation.takeover:
        turns = np.sort(chance.integers(0, len(ids) + 1, chance.integers(1, augmentation.turns_max + 1)))
        ids = hand_over(ids, turns, first=Role(int(chance.integers(2))))
    return _framed(ids, length), IN_TURN


def _drawn(shard: Shard, chance: np.random.Generator, *, by_seconds: bool) -> int:
    """Where in the shard a cut is to lie: an index of its ids."""
    if by_seconds and shard.times[-1]:
        return int(np.searchsorted(shard.times, chance.integers(shard.times[-1]), side="right"))
    return int(chance.integers(len(shard.ids)))


def _together(ids: Ids, lead: Bools, chance: np.random.Generator, augmentation: Augmentation) -> Ids:
    """The melody, which ``lead`` (notes begun and ended,) marks, for one player, the rest for the other."""
    notes = np.count_nonzero(ids < _ON.stop)
    changes = np.count_nonzero((ids >= _VELOCITY.start) & (ids < _VELOCITY.stop))
    if augmentation.jitter_ms and changes < _WRITTEN * notes:
        ids = jitter(ids, augmentation.jitter_ms / _STEP_MS, chance)
    companions = lead if chance.random() < 0.5 else ~lead
    behind = int(chance.integers(1, max(1, int(augmentation.behind_ms_max / _STEP_MS)) + 1))
    entry = int(chance.integers(len(ids) // 2 + 1)) if chance.random() < augmentation.late_entry else -1
    if augmentation.slips:
        ids, companions = slip(ids, companions, augmentation.slips, chance)
    return duet(ids, companions, behind=behind, entry=entry)


def _cut(shard: Shard, at: int, length: int) -> tuple[Ids, Bools]:
    """Up to ``length`` ids of the piece around ``at``, and which are of the melody.

    Cuts begin at a piece's start as often as anywhere else.
    """
    piece = int(np.searchsorted(shard.starts, at, side="right")) - 1
    start, end = int(shard.starts[piece]), int(shard.starts[piece + 1])
    begin = max(start, min(at - length // 2, end - length))
    cut = slice(begin, min(begin + length, end))
    before = _velocity_before(shard, begin, start)
    ids = np.concatenate((before, shard.ids[cut].astype(np.int64)))
    return ids, np.concatenate((np.zeros(len(before), np.bool_), shard.lead[cut]))


def _velocity_before(shard: Shard, begin: int, start: int) -> Ids:
    """The velocity in force at ``begin``, so that a cut says it first, as a performance does."""
    before = shard.ids[max(start, begin - 512) : begin]
    said: Ids = before[(before >= _VELOCITY.start) & (before < _VELOCITY.stop)].astype(np.int64)
    return said[-1:]


def _framed(ids: Ids, length: int) -> Ids:
    return framed(ids, length, first=_BOS, pad=_PAD)


def framed(ids: Ids, length: int, *, first: int, pad: int) -> Ids:
    """A row (length + 1,): ``first``, then of ``ids`` as many as there is room for, padded where they end."""
    row = np.full(length + 1, pad, dtype=np.int64)
    row[0] = first
    row[1 : 1 + len(ids)] = ids[:length]
    return row
