"""What is in the shards: hours, pieces, notes, density, pitch and velocity, by split and pack."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from livecomposer.atomic_write import atomic_write
from livecomposer.errors import CorpusError
from livecomposer.events import Role
from livecomposer.tokens.vocabulary import VELOCITY_BINS, VOCABULARY, Kind
from livecomposer.training.augment import moments
from livecomposer.training.corpus import SPLITS, Shard, load_shard, pack_of
from livecomposer.units import STEPS_PER_SECOND

__all__ = ["ALL", "lines", "survey"]

ALL = "all"
"""The row of all packs together."""
DENSEST = 30
"""Pieces of so many notes a second, or more, are counted together."""
_ON = VOCABULARY.ids_of(Kind.NOTE_ON, Role.PERFORMER)
_VELOCITY = VOCABULARY.ids_of(Kind.VELOCITY)
_BIN = 128 // VELOCITY_BINS
_COLUMNS = ("pieces", "hours", "notes", "notes_per_second", "pitch_low", "pitch_mean", "pitch_high", "velocity_mean")


@dataclass(slots=True)
class _Tally:
    pieces: int = 0
    seconds: float = 0.0
    pitches: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(128, np.int64))
    velocities: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(VELOCITY_BINS, np.int64))
    densities: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(DENSEST + 1, np.int64))

    def add(self, ids: npt.NDArray[np.uint16]) -> None:
        """One piece."""
        line = ids.astype(np.int64)
        pitches = line[line < _ON.stop]
        said = np.maximum.accumulate(np.where((line >= _VELOCITY.start) & (line < _VELOCITY.stop), line, 0))
        seconds = float(moments(line)[-1]) / STEPS_PER_SECOND if len(line) else 0.0
        self.pieces += 1
        self.seconds += seconds
        self.pitches += np.bincount(pitches, minlength=128)
        at = (said[line < _ON.stop] - _VELOCITY.start).clip(min=0)
        self.velocities += np.bincount(at, minlength=VELOCITY_BINS)
        self.densities[min(DENSEST, int(len(pitches) / max(seconds, 1 / STEPS_PER_SECOND)))] += 1

    def row(self) -> dict[str, Any]:
        """As in summary.json; what cannot be told of no note is None."""
        notes, there = int(self.pitches.sum()), np.flatnonzero(self.pitches)
        known = notes > 0
        return {
            "pieces": self.pieces,
            "hours": self.seconds / 3600,
            "notes": notes,
            "notes_per_second": notes / self.seconds if self.seconds else None,
            "pitch_low": int(there[0]) if known else None,
            "pitch_mean": float(self.pitches @ np.arange(128) / notes) if known else None,
            "pitch_high": int(there[-1]) if known else None,
            "velocity_mean": float(self.velocities @ (np.arange(VELOCITY_BINS) * _BIN + _BIN / 2) / notes)
            if known
            else None,
            "pitches": self.pitches.tolist(),
            "velocities": self.velocities.tolist(),
            "densities": self.densities.tolist(),
        }


def survey(folder: Path, *, skipped: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Look through the shards in ``folder`` and write summary.json there; returns what it says.

    ``splits``: by split and pack, and :data:`ALL`, each with ``pitches`` (128,), ``velocities`` (32 bins of 4) and
    ``densities`` (pieces of so many notes a second, 31) counted. ``skipped``: the files that were left out, and why.
    Raises :class:`CorpusError` for a shard that cannot be read, or a summary that cannot be written.
    """
    splits = {split: _surveyed(load_shard(folder / f"{split}.npz")) for split in SPLITS}
    result = {"splits": splits, "skipped": [list(one) for one in skipped]}
    path = folder / "summary.json"
    try:
        with atomic_write(path) as partial:
            partial.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CorpusError(f"{path}: not written ({error}); make room") from error
    return result


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The table for a person."""
    yield _line("", "", (name.replace("_per_", "/").replace("second", "s").replace("_", " ") for name in _COLUMNS))
    for split, packs in found["splits"].items():
        for pack, row in packs.items():
            yield _line(split, pack, (_cell(row[name]) for name in _COLUMNS))


def _surveyed(shard: Shard) -> dict[str, dict[str, Any]]:
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    whole = _Tally()
    for i, name in enumerate(shard.names):
        for tally in (tallies[pack_of(name)], whole):
            tally.add(shard.piece(i))
    return {pack: tally.row() for pack, tally in [*sorted(tallies.items()), (ALL, whole)]}


def _line(split: str, pack: str, cells: Iterable[str]) -> str:
    return f"{split:6}{pack:28}" + "".join(f"{cell:>14}" for cell in cells)


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}"
