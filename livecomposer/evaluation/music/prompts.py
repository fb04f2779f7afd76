"""Beginnings of pieces out of a shard, and how they really go on."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from livecomposer.errors import CorpusError
from livecomposer.evaluation.music.accompaniment_metrics import within
from livecomposer.evaluation.music.excerpts import in_turn
from livecomposer.events import Note, events_of_notes
from livecomposer.midi.files import Recording, Track
from livecomposer.tokens.stream import notes_of_ids
from livecomposer.training.corpus import Shard, pack_of

__all__ = ["Prompt", "prompts_of", "recording_of", "strangers_of"]

_FEWEST_NOTES = 8  # of each part


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is given, ``given`` seconds from the piece's first note on, and the ``seconds`` behind it.

    ``real`` is how the piece goes on, ``elsewhere`` the next stretch of it, empty where the piece is over before its
    end. Each begins at 0; notes are in order of start, and cut to their stretch.
    """

    name: str
    given: float
    seconds: float
    notes: tuple[Note, ...]
    real: tuple[Note, ...]
    elsewhere: tuple[Note, ...]

    def again(self) -> tuple[Note, ...]:
        """What is given, over and over: as a continuation."""
        rounds = range(int(self.seconds // self.given) + 1)
        notes = [_later(note, turn * self.given) for turn in rounds for note in self.notes]
        return tuple(within((note for note in notes if note.start < self.seconds), (0.0, self.seconds)))


def prompts_of(
    shard: Shard, *, pieces: int | None = None, a_pack: int | None = None, given: float, seconds: float, seed: int = 0
) -> list[Prompt]:
    """Beginnings of up to ``pieces`` pieces, at most ``a_pack`` of one pack, drawn by ``seed``, evenly from all packs.

    A piece that ends before the continuation would, or has fewer than 8 notes in either, is passed over. Raises
    :class:`CorpusError` where none fits, or none is asked for.
    """
    if min(pieces or 1, a_pack or 1) < 1 or 0 in (pieces, a_pack):
        raise CorpusError(f"{pieces if a_pack is None else a_pack} pieces asked for; wanted at least 1")
    order = np.random.default_rng(seed).permutation(len(shard)).tolist()
    found: list[Prompt] = []
    of_pack: Counter[str] = Counter()
    for i in in_turn(shard, order):
        pack = pack_of(shard.names[i])
        if (pieces is not None and len(found) == pieces) or (a_pack is not None and of_pack[pack] == a_pack):
            continue
        prompt = _prompt(shard, i, given, seconds)
        found += [] if prompt is None else [prompt]
        of_pack[pack] += prompt is not None
    if not found:
        raise CorpusError(f"{len(shard)} pieces, none of {given + seconds:g} s; ask for fewer seconds")
    return found


def strangers_of(prompts: Sequence[Prompt]) -> list[tuple[Note, ...]]:
    """For each of ``prompts`` how another of the same pack really goes on, or of any where it is alone in its pack."""
    of_pack: defaultdict[str, list[int]] = defaultdict(list)
    for i, prompt in enumerate(prompts):
        of_pack[pack_of(prompt.name)].append(i)
    other = [(i + 1) % len(prompts) for i in range(len(prompts))]
    for alike in of_pack.values():
        if len(alike) > 1:
            for i, next_ in zip(alike, [*alike[1:], alike[0]], strict=True):
                other[i] = next_
    return [prompts[i].real for i in other]


def recording_of(notes: Sequence[Note], *, name: str = "performer") -> Recording:
    """As if read from a file of one track."""
    return Recording((Track(name, tuple(events_of_notes(notes))),))


def _prompt(shard: Shard, i: int, given: float, seconds: float) -> Prompt | None:
    notes = notes_of_ids(shard.piece(i).tolist(), origin=0.0)
    end = max((note.end for note in notes), default=0.0)
    if end < given + seconds:
        return None
    edges = (0.0, given, given + seconds, given + 2 * seconds)
    parts = [_stretch(notes, low, high) for low, high in pairwise(edges)]
    if min(len(parts[0]), len(parts[1])) < _FEWEST_NOTES:
        return None
    elsewhere = parts[2] if end >= edges[-1] and len(parts[2]) >= _FEWEST_NOTES else ()
    return Prompt(shard.names[i], given, seconds, parts[0], parts[1], elsewhere)


def _stretch(notes: Sequence[Note], low: float, high: float) -> tuple[Note, ...]:
    """What begins between ``low`` and ``high`` (seconds), told from ``low`` on."""
    begun = (_later(note, -low) for note in notes if low <= note.start < high)
    return tuple(within(begun, (0.0, high - low)))


def _later(note: Note, by: float) -> Note:
    return replace(note, start=note.start + by, end=note.end + by)
