"""Where the beat is only a hint: onsets that come near a sixteenth of the pulse are placed on it. Pure."""

from collections.abc import Callable
from dataclasses import replace
from math import inf

from livecomposer.beats import Beats
from livecomposer.events import NoteEvent, NoteOn

__all__ = ["BeatSnap", "placing_of"]

_PER_BEAT = 4


class BeatSnap:
    """Places one plan's events, told in order, by ``beats``.

    ``hint`` (0–1): how near an onset must come, as a share of half a sixteenth; 1 leaves none where it was. A note
    that is moved later keeps its length; one that is moved earlier ends when it was to end.
    """

    def __init__(self, beats: Beats, hint: float) -> None:
        self._beats = beats
        self._reach = hint * beats.period / _PER_BEAT / 2
        self._moved: dict[int, float] = {}  # how much later a note began than was planned
        self._ended: dict[int, float] = {}

    def placed(self, event: NoteEvent, *, earliest: float) -> NoteEvent:
        """``event`` at its new moment; none before ``earliest`` (seconds), nor before its key's last note ends."""
        pitch, moment = event.pitch, event.time
        if isinstance(event, NoteOn):
            line = self._line(moment)
            if abs(line - moment) <= self._reach and line >= earliest:
                moment = line
            moment = max(moment, self._ended.get(pitch, -inf))
            self._moved[pitch] = max(0.0, moment - event.time)
        else:
            moment += self._moved.pop(pitch, 0.0)
            self._ended[pitch] = moment
        return replace(event, time=moment)

    def _line(self, moment: float) -> float:
        """The sixteenth that is nearest to ``moment``."""
        return self._beats.moment_of(round(self._beats.beat_at(moment) * _PER_BEAT) / _PER_BEAT)


def placing_of(pulse: Callable[[float], Beats | None], now: float, hint: float) -> BeatSnap | None:
    """By the beats at ``now``; ``None`` without a hint or a pulse."""
    beats = pulse(now) if hint > 0 else None
    return None if beats is None else BeatSnap(beats, hint)
