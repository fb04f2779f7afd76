"""How the next id is drawn from the logits: technique, threshold and creative risk.

Pure, and without chance of its own: the random number is an argument, so that the same logits and the same number
always give the same id, in whatever process they meet.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

__all__ = ["Sampling", "sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """What a performer sets.

    ``technique``: ``topk``, ``nucleus`` (Holtzman et al. 2020, section 3.1) or ``random``. ``threshold`` (0–1]: under
    ``topk`` the *fraction of the vocabulary* that is kept; under ``nucleus`` the probability that is kept; ``random``
    keeps all. ``creative_risk`` (above 0): the temperature.
    """

    technique: str = "nucleus"
    threshold: float = 0.95
    creative_risk: float = 1.0


def sample(logits: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float) -> int:
    """The id that ``chance`` in [0, 1) draws from ``logits`` (V,), of those that ``mask`` (V,) allows.

    Raises :class:`ValueError` for a mask that allows nothing, a technique that is unknown, or a creative risk that is
    not above 0.
    """
    ids = np.flatnonzero(mask)
    if not ids.size:
        raise ValueError("the mask allows no id; wanted at least one")
    if not sampling.creative_risk > 0:
        raise ValueError(f"a creative risk of {sampling.creative_risk}; wanted one above 0")
    allowed = logits[ids].astype(np.float64)
    with np.errstate(over="ignore"):  # towards no risk at all, every other id's weight becomes exactly 0
        weights = np.exp((allowed - allowed.max()) / sampling.creative_risk)
    kept = _kept(weights / weights.sum(), sampling, len(logits))
    cumulative = np.cumsum(weights[kept])
    return int(ids[kept[np.searchsorted(cumulative, chance * cumulative[-1], side="right").clip(0, len(kept) - 1)]])


def _kept(probabilities: npt.NDArray[np.float64], sampling: Sampling, size: int) -> npt.NDArray[np.int64]:
    """Indices that stay in play, ascending; of equals the lower index stays."""
    if sampling.technique == "random":
        return np.arange(len(probabilities))
    order = np.argsort(-probabilities, kind="stable")
    if sampling.technique == "topk":
        count = ceil(sampling.threshold * size - 1e-9)
    elif sampling.technique == "nucleus":
        count = int(np.searchsorted(np.cumsum(probabilities[order]), sampling.threshold - 1e-12)) + 1
    else:
        raise ValueError(f"technique {sampling.technique!r}; wanted topk, nucleus or random")
    return np.sort(order[: max(1, count)])
