"""Whether an engine grows slower or larger in the course of a set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from livecomposer.evaluation.speed.engine_adapters import EngineAdapter

__all__ = ["measure_growth"]

_STEP = 256
_TOKENS_A_ROUND = 10
_STATUS = Path("/proc/self/status")


def measure_growth(
    early: EngineAdapter, late: EngineAdapter, marks: Sequence[int], *, vocabulary: int, rounds: int
) -> dict[str, Any]:
    """What a token takes after the first of ``marks`` and after the last, in turns, and memory at each of them.

    ``early`` and ``late`` are two of the same kind, each with an engine; ``late`` is fed in steps, as a set would, so
    that everything that moves, moves. ``ms`` and ``rss_mib`` are keyed by the mark; ``rss_mib`` is of the whole
    process, ``None`` where the system does not say; ``x_ms`` is the last by the first. Memory for keys and values is
    touched for the first time up to four windows into a set.
    """
    ids: list[int] = np.random.default_rng(0).integers(0, vocabulary, marks[-1] + _TOKENS_A_ROUND).tolist()
    early.hold(ids[: marks[0]])
    resident = {}
    reached = 0
    for mark in marks:
        for at in (*range(reached + _STEP, mark, _STEP), mark):
            late.hold(ids[:at])
        reached, resident[str(mark)] = mark, _resident_mib()
    first, last = [], []
    for _ in range(rounds):
        first += _tokens(early, ids, marks[0])
        last += _tokens(late, ids, marks[-1])
    medians = [1000 * float(np.median(seconds)) for seconds in (first, last)]
    return {
        "ms": {str(marks[0]): round(medians[0], 4), str(marks[-1]): round(medians[1], 4)},
        "x_ms": round(medians[1] / medians[0], 3),
        "rss_mib": resident,
    }


def _tokens(contender: EngineAdapter, ids: Sequence[int], position: int) -> list[float]:
    contender.hold(ids[:position])
    return contender.take_in(ids[position : position + _TOKENS_A_ROUND])


def _resident_mib() -> float | None:
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    (kib,) = (int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return round(kib / 1024, 1)
