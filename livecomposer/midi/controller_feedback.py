"""What a controller shows: an output port of its own, for lamps and motor faders, found again when it was unplugged."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from threading import Lock

from livecomposer.errors import PortError
from livecomposer.midi import ports
from livecomposer.midi.connection import Arrived, Connect, Connection, Lost, Open
from livecomposer.midi.port_watcher import Link, Offer

__all__ = ["ControllerFeedback", "open_lamps"]

_SETTLE_SECONDS = 0.05
"""JACK brings nothing over a connection in the period in which that is made."""


class ControllerFeedback:
    """A port to a controller, or to one that is awaited: a port whose name contains ``wanted``.

    Closing only closes it: it makes no silence, since nothing sounds there. May be called from any thread.
    """

    def __init__(
        self,
        port: ports.Port | None,
        *,
        wanted: str,
        open_at: Callable[..., ports.Port] = ports.open_at,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.errors = 0
        self.returned: Callable[[], object] = lambda: None
        """Called when the controller is there again, and shows nothing; in the port watcher's thread."""
        self._port = port
        self._own = port.own if port else ""
        self._connection = Connection(wanted, is_input=False, port=port)
        self._open_at = open_at
        self._pause = pause
        self._lock = Lock()
        self._closed = False

    @property
    def name(self) -> str:
        """The port's name, as its system lists it; empty while it is away."""
        return self._port.name if self._port else ""

    def send(self, data: bytes) -> None:
        """Send one message; never raises: ``errors`` counts what could not be sent."""
        with self._lock:
            try:
                if self._port is not None:
                    self._port.client.send_message(data)
            except Exception:  # noqa: BLE001  # a controller that was unplugged must not end the music
                self.errors += 1

    def heal(self, offer: Offer, connect: Callable[[Link], None], notify: Callable[[str], None]) -> None:
        """Mend what is broken, now that there is what ``offer`` says; from one thread.

        Raises :class:`PortError` where a port that is there does not open; it is tried again at the next offer.
        """
        for step in self._connection.look(offer):
            match step:
                case Lost(dead=True):
                    self._leave()
                case Open():
                    self._reopen(step, offer)
                    self._show_again(step.name, notify)
                case Connect():
                    connect(step.link)
                case Arrived():
                    self._show_again(step.name, notify)

    def close(self) -> None:
        """Close the port; once closed nothing happens."""
        with self._lock, suppress(Exception):
            self._closed = True
            gone, self._port = self._port, None
            if gone is not None:
                gone.close()

    def _leave(self) -> None:
        with self._lock:
            gone, self._port = self._port, None
        if gone is not None:
            gone.abandon() if gone.own else gone.close()

    def _reopen(self, found: Open, offer: Offer) -> None:
        port = self._open_at("output", found.system, found.name, taken=offer.clients, again=self._own)
        with self._lock:
            if not self._closed:
                self._port, self._own = port, port.own
                self._connection.opened(port)
                return
        port.close()  # we were closed while it was being opened

    def _show_again(self, name: str, notify: Callable[[str], None]) -> None:
        self._pause(_SETTLE_SECONDS)
        self.returned()
        notify(f"controller {name!r} is shown what is")


def open_lamps(
    parts: Sequence[str],
    *,
    offered: Callable[[], Iterable[str]] = ports.outputs,
    open_port: Callable[[str], ports.Port] = ports.open_output,
) -> ControllerFeedback:
    """The first output whose name contains one of ``parts``; one that is not there, or not to be had, is awaited."""
    for name in offered():
        part = next((part for part in parts if part.casefold() in name.casefold()), None)
        if part is not None:
            with suppress(PortError):
                return ControllerFeedback(open_port(name), wanted=part)
    return ControllerFeedback(None, wanted=parts[0])
