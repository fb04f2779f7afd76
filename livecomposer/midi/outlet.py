"""Where sound goes out as MIDI: a sink for the player's thread and the thru of the driver's."""

import time
from collections.abc import Callable
from threading import Lock
from types import TracebackType
from typing import Self

from livecomposer.midi import ports
from livecomposer.midi.wire import silence

__all__ = ["Outlet"]

_LINGER_SECONDS = 0.1
"""JACK drops what a port sent in the period in which it closes; two of the longest usual periods fit in here."""


class Outlet:
    """An open MIDI output; a context manager, safe to use from several threads.

    ``wanted`` is as for :func:`livecomposer.midi.ports.open_output`, which may raise :class:`PortError`. ``errors``
    counts the messages that could not be sent; sending never raises.
    """

    latency = 0.0
    """Seconds from sending to sounding that are known of: none."""

    def __init__(self, wanted: str, *, open_port: Callable[[str], ports.Port] = ports.open_output) -> None:
        self.errors = 0
        self._lock = Lock()
        self._used: set[int] = set()
        self._closed = False
        self._port = open_port(wanted)

    @property
    def name(self) -> str:
        """The port's name, as its system lists it."""
        return self._port.name

    def send(self, data: bytes) -> None:
        """Send one whole message at once; a message that fails, or comes after closing, is counted in ``errors``."""
        with self._lock:
            self._send(data)

    def close(self) -> None:
        """Silence the channels that were used, then close the port; once closed nothing happens."""
        with self._lock:
            if self._closed:
                return
            for message in silence(sorted(self._used)):
                self._send(message)
            self._closed = True
            if self._used:
                time.sleep(_LINGER_SECONDS)
            self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, data: bytes) -> None:
        try:
            if self._closed:  # rtmidi would crash the process
                raise OSError("sent after closing")
            self._port.client.send_message(data)
            if data[0] < 0xF0:
                self._used.add(data[0] & 0x0F)
        except Exception:  # noqa: BLE001  # neither the player nor the driver can mend a port
            self.errors += 1
