"""Weights beside other weights and beside models that count: bits a note on the same pieces, pack by pack.

Three kinds of rivals: other checkpoints; a Markov model of the training pieces that also recalls what the piece has
said (:mod:`.markov`); and :data:`COPY`, which knows nothing but what the piece has said.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from livecomposer.errors import CheckpointError, CorpusError
from livecomposer.evaluation.bootstrap import interval_of_ratio
from livecomposer.evaluation.likelihood.bits_per_note import LogProbs, chosen_of, decoder_log_probs, packs_of, rows_of
from livecomposer.evaluation.likelihood.markov import MarkovModel, Recall
from livecomposer.model import checkpoint
from livecomposer.model.card import name_of
from livecomposer.training.corpus import FINGERPRINTS, Shard, load_shard

__all__ = ["ALL", "COPY", "MARKOV", "MODEL", "compare", "compare_checkpoints", "named", "table"]

Floats = npt.NDArray[np.float64]

MODEL, MARKOV, COPY = "model", "markov", "copy"
ALL = "all"
"""The name under which the figures of all packs together stand."""
_MARKOV_ORDER = 8
_NOTES, _NATS = 1, 3  # columns of what rows_of gives


def compare(
    scorers: Mapping[str, LogProbs], shard: Shard, *, pieces: int | None = None, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """By pack, and under :data:`ALL`: ``pieces``, and ``scorers``, each with its bits a note and its interval.

    All score the same pieces. ``more_than_model`` is how many bits a note each needs more than the one named
    :data:`MODEL`, with its interval (:mod:`livecomposer.evaluation.bootstrap`).
    Raises :class:`CorpusError` where no note is scored.
    """
    chosen = chosen_of(shard, pieces=pieces, seed=seed)
    rows = {name: rows_of(log_probs, shard, chosen) for name, log_probs in scorers.items()}
    notes = rows[MODEL][:, _NOTES]
    if not notes.sum():
        raise CorpusError(f"{len(chosen)} pieces without a note; wanted pieces with notes")
    bits = {name: row[:, _NATS] / np.log(2) for name, row in rows.items()}
    places = {**packs_of(shard, chosen), ALL: list(range(len(chosen)))}
    return {
        pack: {"pieces": len(at), "scorers": _compared({n: b[at] for n, b in bits.items()}, notes[at], seed)}
        for pack, at in places.items()
        if notes[at].sum()
    }


def compare_checkpoints(
    folder: Path,
    shard: Path,
    *,
    beside: Sequence[Path] = (),
    train: Path | None = None,
    pieces: int | None = None,
    device: str = "cpu",
    seed: int = 0,
) -> dict[str, Any]:
    """:func:`compare` of the checkpoint in ``folder`` with those of ``beside``, by their folders' names.

    With a ``train`` shard, also :data:`MARKOV`, which counts it, and :data:`COPY`. All are computed in float32 or
    better. Raises :class:`CheckpointError` or :class:`CorpusError` where one cannot be used.
    """
    scored = load_shard(shard)
    folders = {MODEL: folder, **named(beside, taken=(MODEL, MARKOV, COPY, ALL))}
    scorers = {name: _scorer(one, device) for name, one in folders.items()}
    if train is not None:
        scorers[MARKOV] = MarkovModel.train(load_shard(train), _MARKOV_ORDER).log_probabilities
        scorers[COPY] = MarkovModel((), Recall()).log_probabilities
    return {"seed": seed, "packs": compare(scorers, scored, pieces=pieces, seed=seed)}


def named(beside: Sequence[Path], *, taken: Sequence[str]) -> dict[str, Path]:
    """Checkpoints by their names; none twice, none ``taken``.

    Raises :class:`CheckpointError`.
    """
    found: dict[str, Path] = {}
    for folder in beside:
        name = name_of(folder)
        if name in {*taken, *found}:
            raise CheckpointError(f"--beside {folder}: {name!r} is in the table already; give it another name")
        found[name] = folder
    return found


def table(result: Mapping[str, Any]) -> str:
    """The result as lines for a person, in Markdown: a * where the model needs fewer bits, intervals apart from 0."""
    names = list(result["packs"][ALL]["scorers"])
    lines = ["| bits a note | pieces | " + " | ".join(names) + " |", "|---|---:|" + "---:|" * len(names)]
    for pack, found in result["packs"].items():
        cells = " | ".join(_cell(found["scorers"][name]) for name in names)
        lines.append(f"| {pack} | {found['pieces']} | {cells} |")
    return "\n".join(lines)


def _scorer(folder: Path, device: str) -> LogProbs:
    return decoder_log_probs(checkpoint.load(folder, fingerprint=FINGERPRINTS["performance"]), device=device)


def _compared(bits: Mapping[str, Floats], notes: Floats, seed: int) -> dict[str, dict[str, Any]]:
    """``bits`` of each scorer (pieces,), and ``notes`` (pieces,), as ratios of their sums."""
    result: dict[str, dict[str, Any]] = {}
    for name, mine in bits.items():
        interval = interval_of_ratio(mine, notes, seed)
        result[name] = {"bits_per_note": float(mine.sum() / notes.sum()), "interval": interval}
        if name != MODEL:
            more = mine - bits[MODEL]
            result[name]["more_than_model"] = float(more.sum() / notes.sum())
            result[name]["more_interval"] = interval_of_ratio(more, notes, seed)
    return result


def _cell(row: Mapping[str, Any]) -> str:
    if "more_interval" not in row:
        low, high = row["interval"]
        return f"{row['bits_per_note']:.2f} ({low:.2f}–{high:.2f})"
    low, high = row["more_interval"]
    mark = "*" if low > 0 else ""
    return f"{row['bits_per_note']:.2f}{mark} ({low:+.2f} to {high:+.2f})"
