"""How often something may be asked for: so often a second, and so often at once. Pure."""

__all__ = ["Allowance"]


class Allowance:
    """``rate`` a second, and ``burst`` at once; it begins full."""

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def take(self, now: float, count: int = 1) -> bool:
        """Whether ``count`` more are allowed at the moment ``now`` (seconds); all of them, or none is taken."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < count:
            return False
        self._left -= count
        return True
