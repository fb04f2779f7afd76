"""Partners held against each other on the same excerpts: means, intervals over pieces, and paired differences.

Intervals are percentile bootstraps over pieces (Efron 1979), 95 %. A number that cannot be told of a piece is left out
there, so that differences are of pieces where both can be told.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from livecomposer.evaluation.bootstrap import interval_of_mean
from livecomposer.evaluation.music.accompaniment_metrics import METRICS, Metric, Span, scores
from livecomposer.evaluation.music.baselines import drone, unison
from livecomposer.evaluation.music.excerpts import Excerpt
from livecomposer.events import Note

__all__ = [
    "CHEATS",
    "CURVED",
    "REAL",
    "Partner",
    "as_good",
    "baselines_of",
    "compare",
    "curves",
    "play",
    "rows_of",
    "summary",
]

Partner = Callable[[Excerpt], Sequence[Note]]
"""Given an excerpt, the companion's notes; a live one must look at its performer alone."""
Companions = Mapping[str, Sequence[Sequence[Note]]]
"""By partner: its notes to each excerpt."""
Floats = npt.NDArray[np.float64]

REAL = "real"
CHEATS = ("shuffled", "silence", "drone", "unison")
CURVED = ("consonance", "harmony", "harmony_both", "pulse_gain", "presence", "density")
"""The metrics that curves are drawn of."""
WINDOW = 2.0
"""Seconds of one point of a curve."""
_ROUNDING = 1e-9


def baselines_of(excerpts: Sequence[Excerpt]) -> dict[str, Partner]:
    """The real accompaniment, and the :data:`CHEATS`: what they play they learn from ``excerpts`` by name.

    ``shuffled`` plays the next excerpt's real accompaniment; ``drone`` knows the key of the excerpt's first half. In
    an excerpt that is changed later they go on as if nothing had happened, but for ``real`` and ``unison``.
    """
    others = [*excerpts[1:], *excerpts[:1]]
    shuffled = {one.name: other.accompaniment for one, other in zip(excerpts, others, strict=True)}
    pedal = {one.name: drone(_first_half(one), seconds=one.seconds) for one in excerpts}
    return {
        REAL: lambda excerpt: excerpt.accompaniment,
        "shuffled": lambda excerpt: shuffled[excerpt.name],
        "silence": lambda _: (),
        "drone": lambda excerpt: pedal[excerpt.name],
        "unison": lambda excerpt: unison(excerpt.performer),
    }


def play(
    excerpts: Sequence[Excerpt], partners: Mapping[str, Partner], *, progress: Callable[[float], None] = lambda _: None
) -> dict[str, list[Sequence[Note]]]:
    """Let every partner play to every excerpt; ``progress`` is told how many excerpts are done."""
    played: dict[str, list[Sequence[Note]]] = {name: [] for name in partners}
    for done, excerpt in enumerate(excerpts, 1):
        for name, partner in partners.items():
            played[name].append(partner(excerpt))
        progress(done)
    return played


def compare(
    excerpts: Sequence[Excerpt], companions: Companions, *, subject: str, reference: str = REAL, seed: int = 0
) -> dict[str, Any]:
    """By metric: what it is, each partner's mean, and ``subject`` less that partner, all with intervals.

    ``cheats`` names those of :data:`CHEATS` that do no worse than ``reference``: their mean difference from it is 0 or
    more or, where a metric has no better side, their mean lies within its interval. ``cheats_above_subject``: those
    whose mean difference from ``subject`` is 0 or more. What cannot be told is ``None``.
    """
    values = {name: _scored(excerpts, played) for name, played in companions.items()}
    return {
        metric.name: _compared(metric, {name: rows[:, n] for name, rows in values.items()}, subject, reference, seed)
        for n, metric in enumerate(METRICS)
    }


def curves(
    excerpts: Sequence[Excerpt], companions: Companions, *, around: float = 0.0, seed: int = 0
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """By metric of :data:`CURVED` and partner: means and intervals in windows of 2 s, one of which begins ``around``.

    ``at`` is the window's beginning in seconds from ``around``. ``excerpts`` last equally long.
    """
    seconds = min(excerpt.seconds for excerpt in excerpts)
    first = around % WINDOW
    starts = [first + WINDOW * n for n in range(int((seconds - first + 1e-9) // WINDOW))]
    result: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in CURVED}
    for partner, played in companions.items():
        points = [(start, _scored(excerpts, played, span=(start, start + WINDOW))) for start in starts]
        for n, metric in enumerate(METRICS):
            if metric.name in CURVED:
                at = [{"at": start - around, **summary(rows[:, n], seed)} for start, rows in points]
                result[metric.name][partner] = at
    return result


def _first_half(excerpt: Excerpt) -> list[Note]:
    return [n for n in (*excerpt.performer, *excerpt.accompaniment) if n.start < excerpt.seconds / 2]


def _scored(excerpts: Sequence[Excerpt], played: Sequence[Sequence[Note]], *, span: Span | None = None) -> Floats:
    """(pieces, metrics)."""
    rows = [
        scores(one.performer, notes, one.accompaniment, span=span or (0.0, one.seconds))
        for one, notes in zip(excerpts, played, strict=True)
    ]
    return np.array([[row[metric.name] for metric in METRICS] for row in rows])


def _compared(metric: Metric, values: Mapping[str, Floats], subject: str, reference: str, seed: int) -> dict[str, Any]:
    rows = rows_of(values, subject, seed)
    there = {name: values[name] for name in CHEATS if name in values}
    if metric.rises:
        cheats = [name for name, column in there.items() if as_good(column, values[reference])]
    else:
        cheats = [name for name, column in there.items() if _inside(column, rows[reference]["interval"])]
    above = [name for name, column in there.items() if metric.rises and as_good(column, values[subject])]
    about = {"unit": metric.unit, "meaning": metric.meaning, "rises": metric.rises}
    return {**about, "partners": rows, "cheats": cheats, "cheats_above_subject": above}


def rows_of(values: Mapping[str, Floats], subject: str, seed: int) -> dict[str, dict[str, Any]]:
    """By name the summary of ``values`` (pieces,), with that of what the ``subject`` has more, piece by piece."""
    rows = {name: summary(column, seed) for name, column in values.items()}
    for name, column in values.items():
        if name != subject:
            rows[name]["subject_less_this"] = summary(values[subject] - column, seed)
    return rows


def as_good(values: Floats, than: Floats) -> bool:
    """Whether ``values`` (pieces,) are on the average no lower, over the pieces where both are known."""
    more = _known(values - than)
    return len(more) > 0 and bool(more.mean() >= -_ROUNDING)


def _inside(values: Floats, interval: Sequence[float] | None) -> bool:
    known = _known(values)
    return interval is not None and len(known) > 0 and bool(interval[0] <= known.mean() <= interval[1])


def summary(values: Floats, seed: int) -> dict[str, Any]:
    """Mean, interval and how many of ``values`` (pieces,) there are; of one piece the interval is a point."""
    known = _known(values)
    if not len(known):
        return {"mean": None, "interval": None, "pieces": 0}
    return {"mean": float(known.mean()), "interval": interval_of_mean(known, seed), "pieces": len(known)}


def _known(values: Floats) -> Floats:
    return values[~np.isnan(values)]
