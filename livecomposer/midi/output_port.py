"""Where sound goes out as MIDI: a sink for the player's thread and the thru of the driver's.

A synthesiser that is unplugged and comes back is told to be silent, and then all that stands: programs, controllers,
the pedal if it is down. What was struck meanwhile is past.
"""

import time
from collections.abc import Callable
from typing import Self

from livecomposer.channel_state import ChannelState
from livecomposer.errors import PortError
from livecomposer.faults import Fault, Faults
from livecomposer.messages import silence
from livecomposer.midi import ports
from livecomposer.midi.connection import Arrived, Lost, Open
from livecomposer.midi.port_watcher import Link, Offer
from livecomposer.midi.reconnecting_port import SETTLE_SECONDS, ReconnectingPort

__all__ = ["OutputPort"]

_LINGER_SECONDS = 0.1
"""JACK drops what a port sent in the period in which it closes; two of the longest usual periods fit in here."""


class OutputPort:
    """An open MIDI output; a context manager, safe to use from several threads.

    ``wanted`` is as for :func:`livecomposer.midi.ports.open_output`, which may raise :class:`PortError`; one that is
    ``patient`` waits instead. Sending never raises: what could not be sent is counted. What is sent while nobody is
    there is dropped.
    """

    latency = 0.0
    """Seconds from sending to sounding that are known of: none."""

    def __init__(
        self,
        wanted: str,
        *,
        patient: bool = False,
        faults: Faults | None = None,
        open_port: Callable[[str], ports.Port] = ports.open_output,
        open_at: Callable[..., ports.Port] = ports.open_at,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._faults = faults or Faults()
        self.on_send: Callable[[bytes], None] = lambda _: None
        """Told each channel message just before it is sent; must be quick."""
        self._channel_state = ChannelState()
        self._pause = pause
        port = None
        try:
            port = open_port(wanted)
        except PortError:
            if not patient:
                raise
        self._port = ReconnectingPort("output", wanted, port, open_at=open_at)
        self._away = port is None

    @property
    def name(self) -> str:
        """The port's name, as its system lists it; what was wanted, while it was never there."""
        return self._port.name

    @property
    def away(self) -> bool:
        """Whether nobody is there to be played to, as far as is known."""
        return self._away

    def send(self, data: bytes) -> None:
        """Send one whole message at once; one that fails, or comes after closing, is counted."""
        with self._port.lock:
            self._send(data)

    def realtime(self, data: bytes) -> None:
        """Send one system message, as of a clock; as :meth:`send`, but that nothing sounds of it."""
        self.send(data)

    def heal(self, offer: Offer, connect: Callable[[Link], None], notify: Callable[[str], None]) -> None:
        """Mend what is broken, now that there is what ``offer`` says; from one thread.

        Raises :class:`PortError` where a port that is there does not open; it is tried again at the next offer.
        """
        for step in self._port.mended(offer, connect):
            match step:
                case Lost():
                    self._away = self._away or step.last
                    notify(f"output {step.name!r} is gone; {'it is awaited' if step.last else 'the others play on'}")
                case Open():
                    self._rejoin(hush=True)
                    notify(f"output {step.name!r} is there and is played to")
                case Arrived():
                    self._rejoin(hush=step.first)
                    notify(f"output {step.name!r} is connected")

    def close(self) -> None:
        """Silence the channels that were used, then close the port; once closed nothing happens."""
        with self._port.lock:
            if self._port.closed:
                return
            for message in silence(self._channel_state.channels):
                self._send(message)
            if self._port.open is not None and self._channel_state.channels:
                self._pause(_LINGER_SECONDS)
            self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rejoin(self, *, hush: bool) -> None:
        """Make sure that whoever is there knows what stands; ``hush``: and that nothing stale sounds."""
        self._pause(SETTLE_SECONDS)
        with self._port.lock:
            self._away = False
            channels = self._channel_state.channels if hush else []
            for message in [*silence(channels), *self._channel_state.messages()]:
                self._put(message)

    def _send(self, data: bytes) -> None:
        if self._port.closed:
            self._faults.count(Fault.OUTPUT_FAILED, f"{self.name} is closed")
            return
        if data and data[0] < 0xF0:
            self._channel_state.note(data)
        if not self._away:
            self._put(data)

    def _put(self, data: bytes) -> None:
        try:
            if data[0] < 0xF0:
                self.on_send(data)
            self._port.send(data)
        except Exception as error:  # noqa: BLE001  # neither the player nor the driver can mend a port
            self._faults.count(Fault.OUTPUT_FAILED, error)
