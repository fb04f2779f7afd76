"""Pieces for two out of a shard: the melody for a performer, the rest as what really went with it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from livecomposer.errors import CorpusError
from livecomposer.evaluation.music.accompaniment_metrics import within
from livecomposer.evaluation.music.baselines import modulated
from livecomposer.events import Note, Role
from livecomposer.tokens.stream import notes_of_ids
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.corpus import Shard, load_shard, pack_of

__all__ = ["Excerpt", "excerpts_of", "in_turn", "load_shard"]

_MELODY_TRACK = 1  # what the shard's ``how`` says of a melody that has a track of its own
_FEWEST_NOTES = 8  # of either player
_FIRST_COMPANION = VOCABULARY.first(Kind.NOTE_ON, Role.COMPANION)
_NOTES_END = VOCABULARY.ids_of(Kind.NOTE_OFF, Role.PERFORMER).stop


@dataclass(frozen=True, slots=True)
class Excerpt:
    """So many ``seconds`` from the melody's first note on, which is at 0. Notes are in order of start."""

    name: str
    seconds: float
    performer: tuple[Note, ...]
    accompaniment: tuple[Note, ...]

    def modulated(self, moment: float, *, semitones: int = 6) -> "Excerpt":
        """Both players go on in another key from ``moment`` (seconds) on."""
        moved = (tuple(modulated(n, moment=moment, semitones=semitones)) for n in (self.performer, self.accompaniment))
        return Excerpt(self.name, self.seconds, *moved)


def excerpts_of(shard: Shard, *, pieces: int, seconds: float, seed: int = 0) -> list[Excerpt]:
    """Up to ``pieces`` pieces whose melody has a track of its own, drawn by ``seed``, evenly from all packs.

    A piece is passed over if either player has fewer than 8 notes in its first ``seconds`` or the melody is over before
    half of them. Raises :class:`CorpusError` where no piece fits, or none is asked for.
    """
    if pieces < 1:
        raise CorpusError(f"{pieces} pieces asked for; wanted at least 1")
    found: list[Excerpt] = []
    melodic = np.flatnonzero(shard.how == _MELODY_TRACK)
    for i in in_turn(shard, np.random.default_rng(seed).permutation(melodic).tolist()):
        excerpt = _excerpt(shard, i, seconds)
        found += [] if excerpt is None else [excerpt]
        if len(found) == pieces:
            break
    if not found:
        raise CorpusError(
            f"{len(shard)} pieces, none with a melody track that leads for {seconds:g} s; prepare shards of such pieces"
        )
    return found


def in_turn(shard: Shard, order: Iterable[int]) -> list[int]:
    """The pieces of ``order``, one of each pack after the other."""
    seen: Counter[str] = Counter()
    turns: list[tuple[int, str, int]] = []
    for i in order:
        pack = pack_of(shard.names[i])
        turns.append((seen[pack], pack, i))
        seen[pack] += 1
    return [i for *_, i in sorted(turns)]


def _excerpt(shard: Shard, i: int, seconds: float) -> Excerpt | None:
    ids = shard.piece(i).astype(np.int64)
    lead = shard.lead[shard.starts[i] : shard.starts[i + 1]]
    notes = notes_of_ids(np.where(lead | (ids >= _NOTES_END), ids, ids + _FIRST_COMPANION).tolist(), origin=0.0)
    begin = min((note.start for note in notes if note.role is Role.PERFORMER), default=0.0)
    chosen = [note for note in notes if begin <= note.start < begin + seconds]
    at_0 = within((replace(n, start=n.start - begin, end=n.end - begin) for n in chosen), (0.0, seconds))
    performer, accompaniment = _of(Role.PERFORMER, at_0), _of(Role.COMPANION, at_0)
    if min(len(performer), len(accompaniment)) < _FEWEST_NOTES or performer[-1].start < seconds / 2:
        return None
    return Excerpt(shard.names[i], seconds, performer, accompaniment)


def _of(role: Role, notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(note for note in notes if note.role is role)
