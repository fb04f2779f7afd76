"""How like the real continuation a continuation is: in what it is made of, and in what it is like. Pure.

Each piece's histograms are held against those of its own real continuation: the area that both cover (overlap), and
the Kullback-Leibler divergence from the real one. Beside that whole sets, as in Yang & Lerch 2020, "On the evaluation
of generative models in music" (section 3.2): how far continuations lie from all real ones, against how far these lie
from each other. Every row is to be read beside :data:`ELSEWHERE`, the same piece's next stretch: nearer is no merit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from livecomposer.evaluation.music.accompaniment_comparison import as_good, rows_of
from livecomposer.evaluation.music.features import HISTOGRAMS, NUMBERS, beat_of, copied, numbers_of
from livecomposer.evaluation.music.prompts import Prompt
from livecomposer.events import Note

__all__ = ["ANOTHER", "CHEATS", "COPY", "ELSEWHERE", "MEASURES", "REAL", "Measure", "compare", "scores", "sets"]

REAL, ELSEWHERE, COPY, ANOTHER = "real", "elsewhere", "copy", "another"
CHEATS = (COPY, ANOTHER)
"""What goes on by repeating what was given, and by how another piece really goes on."""
Floats = npt.NDArray[np.float64]
Continuations = Mapping[str, Sequence[Sequence[Note]]]
"""By who made them: one to each prompt, beginning at 0; empty where there is none."""

_SMOOTHED = 0.5  # added to every count (Krichevsky & Trofimov 1981), so that no divergence is endless
_ROUNDING = 1e-9
_GRID = 512  # points at which densities of distances are compared


@dataclass(frozen=True, slots=True)
class Measure:
    """One number. ``better``: 1 where more of it is better, -1 where less is, 0 where it describes."""

    name: str
    unit: str
    meaning: str
    better: int = 0


MEASURES = (
    *(Measure(f"{name}_overlap", "share", "area that both histograms cover", 1) for name in HISTOGRAMS),
    *(Measure(f"{name}_kl", "nats", "divergence from the real one's histogram", -1) for name in HISTOGRAMS),
    *(Measure(f"{name}_off", "", f"difference from the real one's {name}, either way", -1) for name in NUMBERS),
    *(Measure(name, "", meaning) for name, meaning in NUMBERS.items()),
    Measure("copied", "share", "of the runs of 8 pitches, those that were given"),
)


def scores(prompt: Prompt, notes: Sequence[Note]) -> dict[str, float]:
    """Every one of :data:`MEASURES` by name, of ``notes`` as a continuation of ``prompt``; all nan for no note.

    The beat is the one heard in what is given, for every continuation of it alike.
    """
    if not notes:
        return {measure.name: nan for measure in MEASURES}
    beat = beat_of(prompt.notes)
    mine, real = (numbers_of(one, seconds=prompt.seconds, beat=beat) for one in (notes, prompt.real))
    result = {f"{name}_off": abs(mine[name] - real[name]) for name in NUMBERS} | mine
    for name, count in HISTOGRAMS.items():
        counts, wanted = count(notes, prompt.seconds), count(prompt.real, prompt.seconds)
        known = counts.sum() > 0 and wanted.sum() > 0
        result[f"{name}_overlap"] = _overlap(counts, wanted) if known else nan
        result[f"{name}_kl"] = _divergence(wanted, counts) if known else nan
    return {**result, "copied": copied(notes, prompt.notes)}


def compare(prompts: Sequence[Prompt], made: Continuations, *, subject: str, seed: int = 0) -> dict[str, Any]:
    """By measure: what it is, the mean of everyone in ``made``, and ``subject`` less that one, all with intervals.

    Percentile bootstraps over pieces (Efron 1979), 95 %; differences are of pieces where both can be told. ``cheats``
    names those of :data:`CHEATS` that do no worse than :data:`ELSEWHERE`, ``cheats_above_subject`` those that do no
    worse than ``subject``, and ``clearly_worse`` all whose interval of the difference says that ``subject`` is better.
    """
    rows = {
        name: [scores(prompt, notes) for prompt, notes in zip(prompts, played, strict=True)]
        for name, played in made.items()
    }
    return {
        measure.name: _compared(
            measure, {n: np.array([s[measure.name] for s in r]) for n, r in rows.items()}, subject, seed
        )
        for measure in MEASURES
    }


def sets(prompts: Sequence[Prompt], made: Continuations) -> dict[str, dict[str, dict[str, float | None]]]:
    """By histogram and maker: ``overlap`` and ``kl`` of two densities of distances, after Yang & Lerch 2020, 3.2.

    One of the distances (Euclidean, of histograms) from each continuation to every real one, but its own piece's; the
    other of those among the real ones. Densities are Gaussian, as wide as Scott 1992 says. ``None`` for fewer than
    three.
    """
    result: dict[str, dict[str, dict[str, float | None]]] = {}
    for name, count in HISTOGRAMS.items():
        shares = {
            maker: np.array(
                [_share(count(notes, prompt.seconds)) for prompt, notes in zip(prompts, played, strict=True)]
            )
            for maker, played in {**made, REAL: [prompt.real for prompt in prompts]}.items()
        }
        among = _distances(shares[REAL], shares[REAL])
        result[name] = {maker: _set_row(_distances(mine, shares[REAL]), among) for maker, mine in shares.items()}
    return result


def _compared(measure: Measure, values: Mapping[str, Floats], subject: str, seed: int) -> dict[str, Any]:
    rows = rows_of(values, subject, seed)
    better = {name: measure.better * column for name, column in values.items()}
    result: dict[str, Any] = {"unit": measure.unit, "meaning": measure.meaning, "better": measure.better}
    if measure.better:
        there = [name for name in CHEATS if name in values]
        for key, than in (("cheats", ELSEWHERE), ("cheats_above_subject", subject)):
            result[key] = [n for n in there if than in values and as_good(better[n], better[than])]
        others = [name for name in values if name not in (subject, REAL)]
        result["clearly_worse"] = [
            n for n in others if _apart(rows[n]["subject_less_this"]["interval"], measure.better)
        ]
    return {**result, "makers": rows}


def _apart(interval: Sequence[float] | None, better: int) -> bool:
    return interval is not None and min(better * bound for bound in interval) > 0


def _share(counts: Floats) -> Floats:
    total = counts.sum()
    shares: Floats = counts / total if total else np.full(len(counts), nan)
    return shares


def _overlap(counts: Floats, wanted: Floats) -> float:
    return float(np.minimum(_share(counts), _share(wanted)).sum())


def _divergence(wanted: Floats, counts: Floats) -> float:
    p, q = _share(wanted + _SMOOTHED), _share(counts + _SMOOTHED)
    return float((p * np.log(p / q)).sum())


def _distances(mine: Floats, real: Floats) -> Floats:
    """From each of ``mine`` (pieces, bins) to every one of ``real`` but its own piece's, (pairs,)."""
    apart: Floats = np.linalg.norm(mine[:, None] - real[None], axis=2)
    found: Floats = apart[~np.eye(len(mine), dtype=np.bool_)]
    known: Floats = found[~np.isnan(found)]
    return known


def _set_row(mine: Floats, among: Floats) -> dict[str, float | None]:
    if min(len(mine), len(among)) < 2 * 3:
        return {"overlap": None, "kl": None}
    high = 1.5 * float(max(mine.max(), among.max(), _ROUNDING))
    grid = np.linspace(-0.2 * high, high, _GRID)
    p, q = (_share(_density(values, grid) + _ROUNDING) for values in (among, mine))
    return {"overlap": float(np.minimum(p, q).sum()), "kl": float((p * np.log(p / q)).sum())}


def _density(values: Floats, grid: Floats) -> Floats:
    width = max(float(values.std(ddof=1)) * len(values) ** -0.2, _ROUNDING + 0.001 * float(grid[-1]))
    density: Floats = np.exp(-0.5 * ((grid[:, None] - values) / width) ** 2).mean(axis=1) / width
    return density
