"""How many bits a model needs to tell the music: a token, a note, a second.

Whole pieces are scored, every id given BOS and what came before it in the piece. Bits a note and bits a second can be
held against models with another vocabulary; nats a token cannot.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from livecomposer.engine import Engine
from livecomposer.engine.native import NativeEngine
from livecomposer.errors import CorpusError, EngineError
from livecomposer.evaluation.bootstrap import interval_of_ratio
from livecomposer.evaluation.likelihood.streams import stream_of
from livecomposer.events import Role
from livecomposer.model import checkpoint
from livecomposer.model.decoder import Decoder, Network
from livecomposer.tokens import barnote, remi
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.corpus import FINGERPRINTS, Shard, load_shard, pack_of
from livecomposer.units import steps_to_seconds

__all__ = [
    "Likelihood",
    "LogProbs",
    "as_json",
    "chosen_of",
    "decoder_log_probs",
    "engine_log_probs",
    "evaluate",
    "evaluate_checkpoint",
    "packs_of",
    "rows_of",
]

Ids = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
LogProbs = Callable[[Ids], Floats]
"""Natural log of the probability (T,) float64 of each id (T,) of a whole piece, given BOS and all before it."""

_CHUNK = 512  # tokens computed at once
_BAR_SECONDS = 2.0
_BOS = VOCABULARY.id(Kind.BOS)
_FIRST = {"performance": _BOS, "barnote": barnote.BAR, "remi": remi.BOS}
_ON = tuple(VOCABULARY.ids_of(Kind.NOTE_ON, role) for role in Role)
_SHIFT = VOCABULARY.ids_of(Kind.TIME_SHIFT)


@dataclass(frozen=True, slots=True)
class Likelihood:
    """What a model made of some pieces; per-token figures are means over all tokens, not over pieces."""

    pieces: int
    tokens: int  # scored ids; BOS is given, never scored
    notes: int  # note-ons
    nll_per_token: float  # nats
    bits_per_note: float  # all bits, those of shifts, velocities and note-offs included
    bits_per_second: float
    interval: tuple[float, float]  # of bits_per_note, 95 %, percentile bootstrap over pieces (Efron 1979)
    packs: Mapping[str, "Likelihood"] = field(default_factory=dict)  # by the first part of a piece's name


def evaluate(
    log_probs: LogProbs, shard: Shard, *, pieces: int | None = None, seed: int = 0, tokens: str = "performance"
) -> Likelihood:
    """Score whole pieces of ``shard``: all, or ``pieces`` of them drawn by ``seed``, which also seeds the bootstrap.

    ``tokens``: the vocabulary that is scored: the shard's, or ``remi``, in which its pieces are told anew; their notes
    and seconds are counted as they were. Where that is ``barnote``, a bar counts as two seconds.
    Raises :class:`CorpusError` for a shard without pieces, or a choice of pieces in which no note begins.
    """
    if not len(shard) or (pieces is not None and pieces < 1):
        raise CorpusError(f"{len(shard)} pieces, {pieces} asked for; wanted at least 1 of each")
    chosen = chosen_of(shard, pieces=pieces, seed=seed)
    rows = rows_of(log_probs, shard, chosen, tokens=tokens)
    packs = {name: _likelihood(rows[at], seed) for name, at in packs_of(shard, chosen).items()}
    return _likelihood(rows, seed, packs)


def chosen_of(shard: Shard, *, pieces: int | None, seed: int) -> list[int]:
    """The numbers, in order, of ``pieces`` pieces of a shard drawn by ``seed``: of all, for None or too many."""
    if pieces is None or pieces >= len(shard):
        return list(range(len(shard)))
    drawn: list[int] = np.sort(np.random.default_rng(seed).permutation(len(shard))[:pieces]).tolist()
    return drawn


def packs_of(shard: Shard, chosen: Sequence[int]) -> dict[str, list[int]]:
    """By the name of a pack: which of ``chosen``, by their places in it, are of that pack."""
    packs: dict[str, list[int]] = defaultdict(list)
    for row, piece in enumerate(chosen):
        packs[pack_of(shard.names[piece])].append(row)
    return dict(sorted(packs.items()))


def rows_of(log_probs: LogProbs, shard: Shard, chosen: Sequence[int], *, tokens: str = "performance") -> Floats:
    """Tokens, notes, seconds and nats of the ``chosen`` pieces: (pieces, 4) float64."""
    return np.array([_scored(log_probs, shard.piece(piece), tokens) for piece in chosen])


def as_json(likelihood: Likelihood) -> dict[str, Any]:
    """The dict that ``evaluate --json`` prints: every field by its name, ``packs`` one level deep."""
    result = asdict(likelihood) | {"interval": list(likelihood.interval)}
    result["packs"] = {name: as_json(pack) for name, pack in likelihood.packs.items()}
    return result if result["packs"] else {key: value for key, value in result.items() if key != "packs"}


def decoder_log_probs(network: Network, *, device: str = "cpu", first: int = _BOS) -> LogProbs:
    """A network's log probabilities of whole pieces, in constant memory and time linear in the piece.

    Exactly the full forward pass with its sliding window, up to float32 rounding: what a token needs of the past is
    carried from chunk to chunk, as when playing. So in each layer a token has itself and the ``window - 1`` before it,
    BOS included while within reach; through all layers what is up to ``layers * (window - 1)`` tokens back. Positions
    count from BOS, which is ``first``. Moves ``network`` to ``device``.
    """
    network = network.to(device).eval()

    @torch.inference_mode()
    def log_probs(ids: Ids) -> Floats:
        stream = stream_of(network)
        line = torch.from_numpy(np.concatenate(([first], ids)).astype(np.int64)).to(device)
        scores = [torch.zeros(0)]
        for given, encoded in zip(torch.split(line[:-1], _CHUNK), torch.split(line[1:], _CHUNK), strict=True):
            scores.append(-functional.cross_entropy(stream(given).float(), encoded, reduction="none").cpu())
        return torch.cat(scores).double().numpy()

    return log_probs


def engine_log_probs(engine: Engine, *, first: int = _BOS) -> LogProbs:
    """What ``engine``, which takes in one id after the other as it does live, gives each id of whole pieces."""

    def log_probs(ids: Ids) -> Floats:
        engine.feed([first])
        scores = np.empty(len(ids))
        for at, id_ in enumerate(ids.tolist()):
            logits = engine.logits().astype(np.float64)
            scores[at] = logits[id_] - np.logaddexp.reduce(logits)
            engine.advance(id_)
        return scores

    return log_probs


def evaluate_checkpoint(
    folder: Path,
    shard: Path,
    *,
    pieces: int | None = None,
    device: str = "cpu",
    precision: str | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Score a shard's pieces with the checkpoint in ``folder``: the dict of :func:`as_json`.

    With a ``precision`` it is the compiled engine that is scored, at its own pace, one id after the other. Raises
    :class:`CheckpointError`, :class:`CorpusError` or :class:`EngineError` where one cannot be used.
    """
    vocabulary = checkpoint.describe(folder).get("vocabulary")
    tokens = next((name for name, one in FINGERPRINTS.items() if one == vocabulary), "performance")
    network = checkpoint.load(folder, fingerprint=FINGERPRINTS[tokens])
    if precision is None:
        log_probs = decoder_log_probs(network, device=device, first=_FIRST[tokens])
    elif type(network) is Decoder:
        log_probs = engine_log_probs(NativeEngine(network, precision=precision), first=_FIRST[tokens])
    else:
        raise EngineError(f"{folder}: {network.shape.name}; the compiled engine plays rope; leave --precision away")
    return as_json(evaluate(log_probs, load_shard(shard, tokens=tokens), pieces=pieces, seed=seed, tokens=tokens))


def _scored(log_probs: LogProbs, ids: Ids, tokens: str) -> tuple[float, float, float, float]:
    """Tokens, notes, seconds and nats of one piece."""
    encoded = np.array(remi.encoded_anew(ids.tolist())) if tokens == "remi" else ids
    nats = -log_probs(encoded)
    assert nats.shape == encoded.shape
    if tokens == "barnote":
        pitched = (ids >= barnote.PITCHES.start) & (ids < barnote.PITCHES.stop)
        bars = np.count_nonzero(ids == barnote.BAR)
        return len(ids), int(np.count_nonzero(pitched)), _BAR_SECONDS * bars, float(nats.sum())
    notes = sum(int(np.count_nonzero((ids >= on.start) & (ids < on.stop))) for on in _ON)
    shifts = ids[(ids >= _SHIFT.start) & (ids < _SHIFT.stop)].astype(np.int64) - _SHIFT.start + 1
    return len(encoded), notes, steps_to_seconds(int(shifts.sum())), float(nats.sum())


def _likelihood(rows: Floats, seed: int, packs: Mapping[str, Likelihood] | None = None) -> Likelihood:
    """Sums of ``rows`` (pieces, 4) as :func:`rows_of` gives them, and their bootstrap."""
    tokens, notes, seconds, nats = rows.sum(axis=0).tolist()
    if not notes:
        raise CorpusError(f"{len(rows)} pieces with {tokens:.0f} tokens and no note; wanted pieces with notes")
    bits = nats / np.log(2)
    return Likelihood(
        pieces=len(rows),
        tokens=int(tokens),
        notes=int(notes),
        nll_per_token=nats / tokens,
        bits_per_note=float(bits / notes),
        bits_per_second=float(bits / seconds) if seconds else float("inf"),
        interval=interval_of_ratio(rows[:, 3] / np.log(2), rows[:, 1], seed),
        packs=packs or {},
    )
