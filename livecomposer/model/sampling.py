"""How the next id is drawn from the logits: technique, threshold and creative risk.

Pure, and without chance of its own: the random number is an argument, so that the same logits and the same number
always give the same id, in whatever process they meet.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

__all__ = ["MaskPolicy", "Sampling", "sample"]

_LEAST = 1e-300  # a kind left with less counts as forbidden: made as heavy as it was, it would overflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """What a performer sets.

    ``technique``: ``topk``, ``nucleus`` (Holtzman et al. 2020, section 3.1) or ``random``. ``threshold`` (0–1]: under
    ``topk`` the *fraction of the ids that are allowed* that is kept; under ``nucleus`` the probability that is kept;
    ``random`` keeps all. ``creative_risk`` (above 0): the temperature.
    """

    technique: str = "nucleus"
    threshold: float = 0.98
    creative_risk: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class MaskPolicy:
    """What a mask must not distort: which ids are of one kind, and which say the same in another's name.

    ``kinds`` (V,): the number of each id's kind. ``twins`` (V,): the id that has each id's probability instead of it
    (itself, for most). What is forbidden within a kind is left to the rest of that kind; so where a model believes
    that a note must end which does not sound, some other note ends, rather than one more beginning. ``shifts``: the
    first id and the last + 1 of a scale, ascending; what is forbidden above the lowest that is allowed is the nearest
    one's (the lower of two), so that whoever would wait longer than is allowed waits as long as is allowed, and not a
    moment, and whoever would stop between the lines of a pulse stops on the next one.
    """

    kinds: npt.NDArray[np.int64]
    twins: npt.NDArray[np.int64]
    shifts: tuple[int, int] = (0, 0)

    def heirs(self, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """For each id (V,) the one that has its probability under ``mask``; those that just lose it have themselves."""
        heirs, (first, end) = np.arange(len(mask)), self.shifts
        allowed = first + np.flatnonzero(mask[first:end])
        if allowed.size:
            heirs[allowed[0] : end] = allowed[
                np.searchsorted((allowed[1:] + allowed[:-1]) / 2, heirs[allowed[0] : end])
            ]
        return heirs

    def weighted(self, weights: npt.NDArray[np.float64], mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """Weights (V,), zero where ``mask`` forbids, each kind that is left as heavy as it was."""
        heard = np.bincount(self.heirs(mask)[self.twins], weights, len(weights)).astype(np.float64)
        allowed = heard * mask
        before, after = (np.bincount(self.kinds, mass).astype(np.float64) for mass in (heard, allowed))
        scale = np.divide(before, after, out=np.zeros_like(before), where=after > _LEAST)
        result: npt.NDArray[np.float64] = allowed * scale[self.kinds]
        return result


def sample(
    logits: npt.NDArray[np.float32],
    mask: npt.NDArray[np.bool_],
    sampling: Sampling,
    chance: float,
    policy: MaskPolicy | None = None,
) -> int:
    """The id that ``chance`` in [0, 1) draws from ``logits`` (V,), of those that ``mask`` (V,) allows.

    With a ``policy`` the mask leaves each kind of id its probability; without one, all that is allowed gains alike.
    Raises :class:`ValueError` for a mask that allows nothing, a technique that is unknown, or a creative risk that is
    not above 0.
    """
    ids = np.flatnonzero(mask)
    if not ids.size:
        raise ValueError("the mask allows no id; wanted at least one")
    if not sampling.creative_risk > 0:
        raise ValueError(f"a creative risk of {sampling.creative_risk}; wanted one above 0")
    weights = _weights(logits, mask, sampling.creative_risk, policy)[ids]
    kept = _kept(weights / weights.sum(), sampling)
    cumulative = weights[kept].cumsum()
    drawn = int(cumulative.searchsorted(chance * cumulative[-1], side="right"))
    return int(ids[kept[min(drawn, len(kept) - 1)]])


def _weights(
    logits: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_], creative_risk: float, policy: MaskPolicy | None
) -> npt.NDArray[np.float64]:
    """Unnormalised probabilities (V,), of which those that the mask allows count."""
    exact = logits.astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):  # towards no risk at all, every other weight becomes exactly 0
        if policy is not None:
            spoken = policy.weighted(np.exp((exact - exact.max()) / creative_risk), mask)
            if spoken.sum() > 0:
                return spoken
        weights: npt.NDArray[np.float64] = np.exp((exact - exact[mask].max()) / creative_risk)
        return weights


def _kept(probabilities: npt.NDArray[np.float64], sampling: Sampling) -> npt.NDArray[np.int64]:
    """Indices that stay in play, ascending, of the ids that are allowed; of equals the lower index stays."""
    if sampling.technique == "random":
        return np.arange(len(probabilities))
    ranked = np.sort(probabilities)[::-1]
    if sampling.technique == "topk":
        count = ceil(sampling.threshold * len(ranked) - 1e-9)
    elif sampling.technique == "nucleus":
        count = int(ranked.cumsum().searchsorted(sampling.threshold - 1e-12)) + 1
    else:
        raise ValueError(f"technique {sampling.technique!r}; wanted topk, nucleus or random")
    count = min(max(1, count), len(ranked))
    least = ranked[count - 1]
    kept = np.flatnonzero(probabilities >= least)
    if len(kept) == count:
        return kept
    equals = np.flatnonzero(probabilities == least)
    return np.setdiff1d(kept, equals[count - len(kept) :], assume_unique=True)
