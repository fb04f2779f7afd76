"""Whose beat it is: one pulse for the whole session, incoming or our own. Pure.

An incoming clock leads while it is there and may, of several the first that runs, until it stops or is gone. Else our
own pulse does, where something asks for one: a clock that is sent, a metronome, a count-in. Without either there are no
beats, and the companion answers when it likes.
"""

from dataclasses import replace

from livecomposer.beats import Beats
from livecomposer.listening.tempo import TapTempo
from livecomposer.midi.clock import ClockReader
from livecomposer.settings import Settings

__all__ = ["Transport"]


class Transport:
    """Tell it the incoming clock, taps and settings; ask it for the beats. Times in seconds."""

    def __init__(self, settings: Settings, *, began: float) -> None:
        self._settings = settings
        self._incoming = ClockReader(per_bar=settings.beats_per_bar)
        self._sources: dict[int, ClockReader] = {}  # one for each input that a clock ever came from
        self._taps = TapTempo()
        self._own: Beats | None = None
        self.adapt(settings, began)

    def adapt(self, settings: Settings, now: float) -> None:
        """Beat as ``settings`` ask from ``now`` on; our own pulse keeps its place when its tempo changes."""
        self._settings = settings
        per_bar = settings.beats_per_bar
        for each in (self._incoming, *self._sources.values()):
            each.per_bar = per_bar
        if not _asks_for_a_pulse(settings):
            self._own = None
        elif self._own is None:
            first = -float(settings.count_in * per_bar)
            self._own = Beats(tempo=settings.tempo, moment=now, beat=first, per_bar=per_bar)
        else:
            self._own = replace(self._own.at_tempo(settings.tempo, now), per_bar=per_bar)

    def hear(self, data: bytes, moment: float, source: int = 0) -> bool:
        """Take in one message of the clock that comes from ``source``; ``True`` if the one that leads is stopped."""
        if not self.listens:
            return False
        if source not in self._sources:
            fresh = ClockReader(per_bar=self._settings.beats_per_bar) if self._sources else self._incoming
            self._sources[source] = fresh
        leads = self._incoming
        was = leads.running
        self._sources[source].hear(data, moment)
        if not _runs(leads, moment):
            self._incoming = next((each for each in self._sources.values() if _runs(each, moment)), leads)
        return was and not leads.running

    def tap(self, moment: float) -> float | None:
        """The tempo that is tapped, in beats a minute, once there are two taps."""
        return self._taps.tap(moment)

    @property
    def listens(self) -> bool:
        """Whether an incoming clock may lead."""
        return self._settings.clock in ("in", "both")

    @property
    def sends(self) -> bool:
        """Whether the beats are to be sent on as a clock."""
        return self._settings.clock in ("out", "both")

    @property
    def clicks(self) -> bool:
        """Whether the metronome is to be heard."""
        return self._settings.metronome == "on"

    def beats(self, now: float) -> Beats | None:
        """The beats as they are known at ``now``; ``None`` where there are none."""
        leads = self.listens and self._incoming.started  # a keyboard's ticks alone are no song
        return (self._incoming.beats(now) if leads else None) or self._own

    @property
    def runs(self) -> bool:
        """Whether the incoming clock was started, and not stopped since."""
        return self._incoming.running

    def followed(self, now: float) -> Beats | None:
        """The beats of the incoming clock, while it leads and runs."""
        leads = self.listens and self._incoming.started and self._incoming.running
        return self._incoming.beats(now) if leads else None

    def pulse(self, now: float) -> Beats | None:
        """The same, while they run."""
        beats = self.beats(now)
        return beats if beats is not None and beats.running else None


def _runs(reader: ClockReader, now: float) -> bool:
    return reader.running and reader.alive(now)


def _asks_for_a_pulse(settings: Settings) -> bool:
    return settings.clock in ("out", "both") or settings.metronome == "on" or settings.count_in > 0
