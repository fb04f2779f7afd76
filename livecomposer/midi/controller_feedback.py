"""What a controller shows: an output port of its own, for lamps and motor faders, found again when it was unplugged."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from livecomposer.errors import PortError
from livecomposer.faults import Fault, Faults
from livecomposer.midi import ports
from livecomposer.midi.connection import Lost
from livecomposer.midi.port_watcher import Link, Offer
from livecomposer.midi.reconnecting_port import SETTLE_SECONDS, ReconnectingPort

__all__ = ["ControllerFeedback", "open_lamps"]


class ControllerFeedback:
    """A port to a controller, or to one that is awaited: a port whose name contains ``wanted``.

    Closing only closes it: it makes no silence, since nothing sounds there. May be called from any thread.
    """

    def __init__(
        self,
        port: ports.Port | None,
        *,
        wanted: str,
        faults: Faults | None = None,
        open_at: Callable[..., ports.Port] = ports.open_at,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._faults = faults or Faults()
        self.returned: Callable[[], object] = lambda: None
        """Called when the controller is there again, and shows nothing; in the port watcher's thread."""
        self._port = ReconnectingPort("output", wanted, port, open_at=open_at)
        self._pause = pause

    @property
    def name(self) -> str:
        """The port's name, as its system lists it; empty while it is away."""
        return self._port.name if self._port.open else ""

    def send(self, data: bytes) -> None:
        """Send one message; never raises: what could not be sent is counted."""
        try:
            self._port.send(data)
        except Exception as error:  # noqa: BLE001  # a controller that was unplugged must not end the music
            self._faults.count(Fault.FEEDBACK_FAILED, error)

    def heal(self, offer: Offer, connect: Callable[[Link], None], notify: Callable[[str], None]) -> None:
        """Mend what is broken, now that there is what ``offer`` says; from one thread.

        Raises :class:`PortError` where a port that is there does not open; it is tried again at the next offer.
        """
        for step in self._port.mended(offer, connect):
            if not isinstance(step, Lost):
                self._pause(SETTLE_SECONDS)
                self.returned()
                notify(f"controller {step.name!r} is shown what is")

    def close(self) -> None:
        """Close the port; once closed nothing happens."""
        try:
            self._port.close()
        except Exception as error:  # noqa: BLE001  # nor may one that is closed late
            self._faults.count(Fault.FEEDBACK_FAILED, error)


def open_lamps(
    parts: Sequence[str],
    *,
    faults: Faults | None = None,
    offered: Callable[[], Iterable[str]] = ports.outputs,
    open_port: Callable[[str], ports.Port] = ports.open_output,
) -> ControllerFeedback:
    """The first output whose name contains one of ``parts``; one that is not there, or not to be had, is awaited."""
    for name in offered():
        part = next((part for part in parts if part.casefold() in name.casefold()), None)
        if part is not None:
            with suppress(PortError):
                return ControllerFeedback(open_port(name), wanted=part, faults=faults)
    return ControllerFeedback(None, wanted=parts[0], faults=faults)
