"""How fast to learn when: warm-up, a plateau, a straight way down to zero (Hu et al. 2024, "MiniCPM", section 4)."""

__all__ = ["learning_rate_share"]


def learning_rate_share(step: int, *, steps: int, warmup: int, cooldown: int) -> float:
    """Share (0–1) of the peak learning rate at ``step`` of ``steps``."""
    rising = (step + 1) / (warmup + 1)
    falling = (steps - step) / (cooldown + 1)
    return max(0.0, min(1.0, rising, falling))
