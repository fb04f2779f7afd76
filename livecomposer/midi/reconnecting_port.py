"""One port of ours over a set: opened again whenever what it belongs to is back, and not left open after the end."""

from collections.abc import Callable, Iterator
from threading import RLock

from livecomposer.midi import ports
from livecomposer.midi.connection import Arrived, Connect, Connection, Lost, Open
from livecomposer.midi.port_watcher import Link, Offer

__all__ = ["SETTLE_SECONDS", "ReconnectingPort"]

SETTLE_SECONDS = 0.05
"""JACK brings nothing over a connection in the period in which that is made."""


class ReconnectingPort:
    """Mended by one thread; any may send and close. ``kind``: input or output; ``wanted``: as for opening.

    ``open`` is ``None`` while it is awaited, and once closed. ``lock`` is held while it is sent to or exchanged;
    whoever must keep more in step holds it too.
    """

    def __init__(
        self, kind: str, wanted: str, port: ports.Port | None, *, open_at: Callable[..., ports.Port] = ports.open_at
    ) -> None:
        self.open = port
        self.name = port.name if port else wanted
        """What it was opened to last, as its system lists it; what is wanted, while it was never there."""
        self.own = port.own if port else ""
        self.closed = False
        self.lock = RLock()
        self._kind = kind
        self._connection = Connection(wanted, is_input=kind == "input", port=port)
        self._open_at = open_at

    def send(self, data: bytes) -> None:
        """Send one message, if it is there; raises what the driver raises."""
        with self.lock:
            if self.open is not None:
                self.open.client.send_message(data)

    def mended(self, offer: Offer, connect: Callable[[Link], None]) -> Iterator[Lost | Open | Arrived]:
        """Mend it, now that there is what ``offer`` says; what has become of it, step by step: a loss before it closes.

        Raises :class:`PortError` where a port that is there does not open; it is tried again at the next offer.
        """
        for step in self._connection.look(offer):
            match step:
                case Connect():
                    connect(step.link)
                case Lost():
                    yield step
                    if step.dead:
                        self._leave()
                case Open() if self._reopened(step, offer):
                    yield step
                case Arrived():
                    yield step

    def close(self) -> None:
        """Close it; once closed nothing happens."""
        with self.lock:
            self.closed = True
            gone, self.open = self.open, None
        if gone is not None:
            gone.close()

    def _leave(self) -> None:
        with self.lock:
            gone, self.open = self.open, None
        if gone is not None:
            gone.abandon() if gone.own else gone.close()

    def _reopened(self, found: Open, offer: Offer) -> bool:
        port = self._open_at(self._kind, found.system, found.name, taken=offer.clients, again=self.own)
        with self.lock:
            if not self.closed:
                self.open, self.name, self.own = port, port.name, port.own
                self._connection.opened(port)
                return True
        port.close()  # we were closed while it was being opened
        return False
