"""Keeps the session's time: the thin shell around :class:`.transport.Transport`.

The incoming clock's messages come from a driver's thread; ticks and clicks go to the player a little ahead of their
moments. All else belongs to the loop's thread.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from livecomposer.clocks import Clock
from livecomposer.companion.companion import Companion
from livecomposer.midi.clock import ClockWriter
from livecomposer.playing.metronome import Metronome
from livecomposer.playing.player import Player
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.session.session import Session
from livecomposer.session.transport import Transport
from livecomposer.settings import Settings

__all__ = ["ClockSync", "keep_time"]

_AHEAD_SECONDS = 0.08
_EVERY_SECONDS = 0.02
_SURE_SECONDS = 1.0
"""A tempo is told once it was heard for so long."""


class ClockSync:
    """``on_stop`` is told the moment (seconds) at which the incoming clock was stopped.

    ``retempo`` is told the tempo that was tapped, in beats a minute. ``notify`` is told that a clock is followed, and
    that it is no more.
    """

    def __init__(
        self,
        settings: Settings,
        player: Player,
        *,
        clock: Clock,
        on_stop: Callable[[float], None] = lambda _: None,
        retempo: Callable[[float], None] = lambda _: None,
        notify: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.transport = Transport(settings, began=clock.now())
        self._player = player
        self._clock = clock
        self._on_stop = on_stop
        self._retempo = retempo
        self._notify = notify
        self._since: float | None = None  # when the incoming clock began to lead
        self._reported = False  # that it leads
        self._writer = ClockWriter()
        self._metronome = Metronome()
        self._loop = asyncio.get_running_loop()
        self.adapt(settings)

    def adapt(self, settings: Settings) -> None:
        """Beat as ``settings`` ask from now on."""
        self.transport.adapt(settings, self._clock.now())
        self._metronome.channel = settings.metronome_channel - 1
        self._metronome.high, self._metronome.low = settings.metronome_high, settings.metronome_low

    def tap(self) -> None:
        """Take in a tap."""
        tempo = self.transport.tap(self._clock.now())
        if tempo is not None:
            self._retempo(round(tempo, 1))

    def receive(self, data: bytes, moment: float, source: int = 0) -> None:
        """Take in one message of the clock at an input, which came at ``moment`` (seconds); from any thread."""
        with suppress(RuntimeError):  # the loop has closed
            self._loop.call_soon_threadsafe(self._hear, data, moment, source)

    async def run(self) -> None:
        """Send what is due until cancelled; then whoever follows our clock is told that it has stopped."""
        try:
            while True:
                self._send_ahead()
                await asyncio.sleep(_EVERY_SECONDS)
        finally:
            now = self._clock.now()
            for _, data in self._writer.due(None, now, now):
                self._player.output.realtime(data)

    def _hear(self, data: bytes, moment: float, source: int = 0) -> None:
        if self.transport.hear(data, moment, source):
            self._on_stop(moment)

    def _send_ahead(self) -> None:
        now, transport = self._clock.now(), self.transport
        until, beats = now + _AHEAD_SECONDS, transport.beats(now)
        ticks = self._writer.due(beats if transport.sends else None, now, until)
        clicks = self._metronome.due(beats, now, until, clicks=transport.clicks)
        if ticks or clicks:
            self._player.schedule([*ticks, *clicks])
        self._report_who_leads(now)

    def _report_who_leads(self, now: float) -> None:
        beats, stopped = self.transport.followed(now), not self.transport.runs
        if beats is None:
            if self._reported:
                otherwise = "no beat is followed" if self.transport.beats(now) is None else "our own beat goes on"
                self._notify("the MIDI clock is stopped" if stopped else f"the MIDI clock is gone; {otherwise}")
            self._since, self._reported = None, False
            return
        self._since = now if self._since is None else self._since
        if not self._reported and now - self._since >= _SURE_SECONDS:
            self._reported = True
            self._notify(f"following MIDI clock, {beats.tempo:.0f} bpm")


def keep_time(
    session: Session,
    dispatcher: Dispatcher,
    companion: Companion,
    *,
    clock: Clock,
    notify: Callable[[str], None] = lambda _: None,
) -> ClockSync:
    """A clock by whose beats ``companion`` plays and ``session`` stops, at the orders of ``dispatcher``."""
    clock_sync = ClockSync(
        dispatcher.settings,
        session.player,
        clock=clock,
        on_stop=session.halt,
        retempo=lambda tempo: dispatcher.do("tempo", tempo, source="tap"),
        notify=notify,
    )
    dispatcher.watch(lambda name, _: clock_sync.tap() if name == "tap" else clock_sync.adapt(dispatcher.settings))
    companion.pulse = clock_sync.transport.pulse
    return clock_sync
