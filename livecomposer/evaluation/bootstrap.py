"""How sure a figure over pieces is: the pieces are drawn again and again (percentile bootstrap; Efron 1979)."""

import numpy as np
import numpy.typing as npt

__all__ = ["interval_of_mean", "interval_of_ratio"]

_RESAMPLES = 2000
_CONFIDENCE = 0.95

Floats = npt.NDArray[np.float64]


def interval_of_ratio(above: Floats, below: Floats, seed: int) -> tuple[float, float]:
    """Bounds (95 %) of the ratio of the sums of ``above`` and ``below``, (pieces,) each; of one piece they coincide.

    One ``seed`` draws the same pieces each time: of differences between two that scored the same, it is paired.
    """
    drawn = np.random.default_rng(seed).integers(len(above), size=(_RESAMPLES, len(above)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = above[drawn].sum(axis=1) / below[drawn].sum(axis=1)
    low, high = np.nanquantile(ratios, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return float(low), float(high)


def interval_of_mean(values: Floats, seed: int) -> tuple[float, float]:
    """As :func:`interval_of_ratio`, of the mean."""
    return interval_of_ratio(values, np.ones(len(values)), seed)
