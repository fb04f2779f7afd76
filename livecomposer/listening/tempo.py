"""The tempo that is tapped: pure."""

from collections import deque
from statistics import median

from livecomposer.beats import HIGHEST_TEMPO, LOWEST_TEMPO

__all__ = ["TapTempo"]

_TAPS = 8
_PAUSE_SECONDS = 60.0 / LOWEST_TEMPO


class TapTempo:
    """Beats a minute from taps: the median of the gaps between the last eight; a pause of 3 s begins anew."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque(maxlen=_TAPS - 1)
        self._last: float | None = None

    def tap(self, moment: float) -> float | None:
        """Take in a tap at ``moment`` (seconds); the tempo, 20 to 300 beats a minute, or ``None`` for a first tap."""
        last, self._last = self._last, moment
        if last is None or moment - last > _PAUSE_SECONDS:
            self._gaps.clear()
            return None
        if moment <= last:
            return None
        self._gaps.append(moment - last)
        return min(max(60.0 / median(self._gaps), LOWEST_TEMPO), HIGHEST_TEMPO)
