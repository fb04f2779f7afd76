"""How fast the engine is by itself, beside what bounds it from below and what it saves from above.

Everything is measured in one process and in turns (a few tokens, one floor, one full recomputation, and so on round
after round), so that whatever else the machine does weighs on all of them alike.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from livecomposer.engine.cpu import CpuEngine
from livecomposer.engine.reference import ReferenceEngine
from livecomposer.model import checkpoint
from livecomposer.model.decoder import Decoder

__all__ = ["CONTEXTS", "FEEDS", "bench_engine", "measure"]

CONTEXTS = (64, 512, 1024)
"""Ids already taken in when a token is measured."""
FEEDS = (8, 64, 512)
"""New ids in one feed: a key, a phrase, half a window."""
ROUNDS = 20
_TOKENS_A_ROUND = 10
_WARM_UP_ROUNDS = 2

Times = dict[str, list[float]]


def bench_engine(
    model: Path,
    *,
    threads: int = 1,
    contexts: Sequence[int] = CONTEXTS,
    rounds: int = ROUNDS,
    progress: Callable[[float], None] = lambda _: None,
) -> dict[str, Any]:
    """Rows of ``bench engine --json``, one for each of ``contexts``; ``progress`` is told how many rows are done.

    ``ms_median`` and ``ms_p99`` are of taking in one token; ``floor_ms`` of reading all the weights once (summing
    each tensor), which no token can do without: from memory, or from the processor's cache if they fit into it, as
    they would for a token; ``eager_ms`` of the naive way to the same token, the whole context computed anew with
    nothing cached; ``feed_ms`` of so many new ids at once; ``rewind_ms`` of forgetting the last ten. All but the p99
    are medians, in milliseconds. Raises :class:`CheckpointError`.
    """
    decoder = checkpoint.load(model)
    rows = []
    with _threads(threads):
        for context in contexts:
            times = measure(decoder, context, rounds=rounds)
            rows.append({**_engine_facts(decoder, threads), "context": context, **_row(times)})
            progress(len(rows))
    return {"rows": rows, "model": str(model), "weights_mib": round(_weight_bytes(decoder) / 2**20, 2)}


def measure(decoder: Decoder, context: int, *, rounds: int) -> Times:
    """Seconds of each part, by name: ``token``, ``floor``, ``eager``, ``rewind`` and ``feed 8``, ….

    ``rounds`` of each, but ten times as many of ``token``.
    """
    draw = np.random.default_rng(context)
    ids: list[int] = draw.integers(0, decoder.shape.vocabulary, context + max(FEEDS)).tolist()
    subject = _Subject(decoder, CpuEngine(decoder), ReferenceEngine(decoder), ids, context)
    for _ in range(_WARM_UP_ROUNDS):
        subject.round(defaultdict(list))
    times: Times = defaultdict(list)
    for _ in range(rounds):
        subject.round(times)
    return dict(times)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is measured at one context; between rounds its engine holds just that context."""

    decoder: Decoder
    engine: CpuEngine
    naive: ReferenceEngine
    ids: list[int]
    context: int

    def round(self, times: Times) -> None:
        """Measure every part once, and a token ten times."""
        held = self.ids[: self.context]
        self.engine.feed(held)
        self.naive.feed(held)
        for id_ in self.ids[self.context :][:_TOKENS_A_ROUND]:
            with _timed(times, "token"):
                self.engine.advance(id_)
        with _timed(times, "rewind"):
            self.engine.rewind(self.context)
        with _timed(times, "floor"):
            _read_weights(self.decoder)
        with _timed(times, "eager"):
            self.naive.logits()
        for count in FEEDS:
            with _timed(times, f"feed {count}"):
                self.engine.feed(self.ids[: self.context + count])
            self.engine.rewind(self.context)


@contextmanager
def _timed(times: Times, name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    times[name].append(time.perf_counter() - began)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@torch.inference_mode()
def _read_weights(decoder: Decoder) -> None:
    for weight in decoder.parameters():
        weight.sum()


def _weight_bytes(decoder: Decoder) -> int:
    return sum(weight.numel() * weight.element_size() for weight in decoder.parameters())


def _engine_facts(decoder: Decoder, threads: int) -> dict[str, Any]:
    params = sum(weight.numel() for weight in decoder.parameters())
    return {"backend": "cpu", "precision": "float32", "params": params, "threads": threads}


def _row(times: Times) -> dict[str, Any]:
    return {
        "ms_median": _ms(times["token"]),
        "ms_p99": _ms(times["token"], 0.99),
        "floor_ms": _ms(times["floor"]),
        "eager_ms": _ms(times["eager"]),
        "feed_ms": {str(count): _ms(times[f"feed {count}"]) for count in FEEDS},
        "rewind_ms": _ms(times["rewind"]),
        "tokens": len(times["token"]),
    }


def _ms(seconds: Sequence[float], share: float = 0.5) -> float:
    return round(1000 * float(np.quantile(seconds, share)), 4)
