"""How fast to learn when: warm-up, then a plateau and a straight way down, or a cosine.

``wsd``: warm-up, stable, decay (Hu et al. 2024, "MiniCPM", section 4). ``cosine``: warm-up, then half a cosine down to
zero (Loshchilov & Hutter 2017, "SGDR", section 3, without restarts).
"""

from math import cos, pi

__all__ = ["SCHEDULES", "learning_rate_share"]

SCHEDULES = ("wsd", "cosine")


def learning_rate_share(step: int, *, steps: int, warmup: int, cooldown: int, schedule: str = "wsd") -> float:
    """Share (0–1) of the peak learning rate at ``step`` of ``steps``; ``cooldown`` counts under ``wsd`` alone."""
    rising = (step + 1) / (warmup + 1)
    if schedule == "cosine":
        done = min(1.0, max(0, step - warmup) / max(1, steps - warmup))
        return min(1.0, rising, (1 + cos(pi * done)) / 2)
    falling = (steps - step) / (cooldown + 1)
    return max(0.0, min(1.0, rising, falling))
