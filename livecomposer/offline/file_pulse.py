"""The beats of a file as a pulse that a companion may be drawn to. Pure."""

from bisect import bisect_right
from collections.abc import Callable

from livecomposer.beats import Beats
from livecomposer.midi.files import Recording

__all__ = ["pulse_of"]


def pulse_of(recording: Recording) -> Callable[[float], Beats | None]:
    """The beats at a moment (seconds from the start of the file), of the tempo that it has there.

    Beyond the last beat its tempo goes on; none where the file tells time in frames.
    """
    moments = recording.beats
    per_bar = max(1, round(recording.quarters_per_bar))

    def pulse(now: float) -> Beats | None:
        if len(moments) < 2:
            return None
        beat = min(max(0, bisect_right(moments, now) - 1), len(moments) - 2)
        tempo = 60.0 / (moments[beat + 1] - moments[beat])
        return Beats(tempo=tempo, moment=moments[beat], beat=float(beat), per_bar=per_bar)

    return pulse
