"""Where sound goes out as MIDI: a sink for the player's thread and the thru of the driver's.

A synthesiser that is unplugged and comes back is told to be silent, and then all that stands: programs, controllers,
the pedal if it is down. What was struck meanwhile is past.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Self

from livecomposer.channel_state import ChannelState
from livecomposer.errors import PortError
from livecomposer.messages import silence
from livecomposer.midi import ports
from livecomposer.midi.connection import Arrived, Connect, Connection, Lost, Open
from livecomposer.midi.port_watcher import Link, Offer

__all__ = ["OutputPort"]

_LINGER_SECONDS = 0.1
"""JACK drops what a port sent in the period in which it closes; two of the longest usual periods fit in here."""
_SETTLE_SECONDS = 0.05
"""Nor does it bring anything over a connection in the period in which that is made."""


class OutputPort:
    """An open MIDI output; a context manager, safe to use from several threads.

    ``wanted`` is as for :func:`livecomposer.midi.ports.open_output`, which may raise :class:`PortError`; one that is
    ``patient`` waits instead. ``errors`` counts the messages that could not be sent; sending never raises. What is sent
    while nobody is there is dropped.
    """

    latency = 0.0
    """Seconds from sending to sounding that are known of: none."""

    def __init__(
        self,
        wanted: str,
        *,
        patient: bool = False,
        open_port: Callable[[str], ports.Port] = ports.open_output,
        open_at: Callable[..., ports.Port] = ports.open_at,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.errors = 0
        self.on_send: Callable[[bytes], None] = lambda _: None
        """Told each channel message just before it is sent; must be quick."""
        self._lock = Lock()
        self._channel_state = ChannelState()
        self._closed = False
        self._open_at = open_at
        self._pause = pause
        self._port: ports.Port | None = None
        try:
            self._port = open_port(wanted)
        except PortError:
            if not patient:
                raise
        self._away = self._port is None
        self._own = self._port.own if self._port else ""
        self._name = self._port.name if self._port else wanted
        self._connection = Connection(wanted, is_input=False, port=self._port)

    @property
    def name(self) -> str:
        """The port's name, as its system lists it; what was wanted, while it was never there."""
        return self._name

    @property
    def away(self) -> bool:
        """Whether nobody is there to be played to, as far as is known."""
        return self._away

    def send(self, data: bytes) -> None:
        """Send one whole message at once; a message that fails, or comes after closing, is counted in ``errors``."""
        with self._lock:
            self._send(data)

    def realtime(self, data: bytes) -> None:
        """Send one system message, as of a clock; as :meth:`send`, but that nothing sounds of it."""
        self.send(data)

    def heal(self, offer: Offer, connect: Callable[[Link], None], notify: Callable[[str], None]) -> None:
        """Mend what is broken, now that there is what ``offer`` says; from one thread.

        Raises :class:`PortError` where a port that is there does not open; it is tried again at the next offer.
        """
        for step in self._connection.look(offer):
            match step:
                case Lost():
                    self._leave(step)
                    notify(f"output {step.name!r} is gone; {'it is awaited' if step.last else 'the others play on'}")
                case Open():
                    self._reopen(step, offer)
                    notify(f"output {step.name!r} is there and is played to")
                case Connect():
                    connect(step.link)
                case Arrived():
                    self._rejoin(hush=step.first)
                    notify(f"output {step.name!r} is connected")

    def close(self) -> None:
        """Silence the channels that were used, then close the port; once closed nothing happens."""
        with self._lock:
            if self._closed:
                return
            for message in silence(self._channel_state.channels):
                self._send(message)
            self._closed = True
            if self._port is not None:
                if self._channel_state.channels:
                    self._pause(_LINGER_SECONDS)
                self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _leave(self, lost: Lost) -> None:
        with self._lock:
            self._away = self._away or lost.last
            if not lost.dead or self._port is None:
                return
            gone, self._port = self._port, None
        gone.abandon() if gone.own else gone.close()

    def _reopen(self, found: Open, offer: Offer) -> None:
        port = self._open_at("output", found.system, found.name, taken=offer.clients, again=self._own)
        with self._lock:
            closed = self._closed
            if not closed:
                self._port, self._own, self._name = port, port.own, port.name
        if closed:  # while it was being opened
            port.close()
            return
        self._connection.opened(port)
        self._rejoin(hush=True)

    def _rejoin(self, *, hush: bool) -> None:
        """Make sure that whoever is there knows what stands; ``hush``: and that nothing stale sounds."""
        self._pause(_SETTLE_SECONDS)
        with self._lock:
            self._away = False
            channels = self._channel_state.channels if hush else []
            for message in [*silence(channels), *self._channel_state.messages()]:
                self._put(message)

    def _send(self, data: bytes) -> None:
        if self._closed:  # rtmidi would crash the process
            self.errors += 1
            return
        if data and data[0] < 0xF0:
            self._channel_state.note(data)
        if not self._away:
            self._put(data)

    def _put(self, data: bytes) -> None:
        try:
            if self._port is not None:
                if data[0] < 0xF0:
                    self.on_send(data)
                self._port.client.send_message(data)
        except Exception:  # noqa: BLE001  # neither the player nor the driver can mend a port
            self.errors += 1
