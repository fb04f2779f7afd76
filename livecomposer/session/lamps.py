"""What a controller shows: an output port of its own, for lamps and motor faders."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from livecomposer.errors import PortError
from livecomposer.midi import ports

__all__ = ["Lamps", "open_lamps"]


class Lamps:
    """An open port to a controller; closing only closes it: it makes no silence, since nothing sounds there."""

    def __init__(self, port: Any) -> None:
        self.errors = 0
        self._port = port

    @property
    def name(self) -> str:
        """The port's name, as its system lists it."""
        return str(self._port.name)

    def send(self, data: bytes) -> None:
        """Send one message; never raises: ``errors`` counts what could not be sent."""
        try:
            self._port.client.send_message(data)
        except Exception:  # noqa: BLE001  # a controller that was unplugged must not end the music
            self.errors += 1

    def close(self) -> None:
        """Close the port."""
        with suppress(Exception):
            self._port.close()


def open_lamps(
    is_theirs: Callable[[str], bool],
    *,
    offered: Callable[[], Iterable[str]] = ports.outputs,
    open_port: Callable[[str], Any] = ports.open_output,
) -> Lamps | None:
    """The first output whose name ``is_theirs``; ``None`` where there is none, or it cannot be opened."""
    name = next((name for name in offered() if is_theirs(name)), None)
    if name is None:
        return None
    try:
        return Lamps(open_port(name))
    except PortError:
        return None
