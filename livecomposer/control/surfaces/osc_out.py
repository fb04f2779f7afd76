"""OSC out: what happens, reported to one address, and the command line's own words to a session that runs.

=========================================  =====================================================================
``/livecomposer/<name> value``             a command was done; an action has no value
``/livecomposer/note role pitch velocity`` a key, ``performer`` or ``companion``; velocity 0: it comes up
``/livecomposer/turn role``                whose turn it is
``/livecomposer/meter/<name> value``       once a second; those in ms as median and maximum
=========================================  =====================================================================
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pythonosc.udp_client import UDPClient

from livecomposer.control.surfaces.osc_in import PREFIX, decoded, encoded, message
from livecomposer.errors import PortError, SettingError
from livecomposer.events import Role
from livecomposer.faults import Fault, Faults
from livecomposer.session.background import background
from livecomposer.session.commands.frontend_api import FrontendApi
from livecomposer.session.ports.opening import in_loop

__all__ = ["OscSender", "asked", "metered", "reporting"]

_LOOK_SECONDS = 0.05
_METER_LOOKS = 20
_ANSWER_SECONDS = 2.0
_LARGEST = 65536
_SHOWN = ("p50", "max")


class OscSender:
    """Sends to ``target`` (host, port), never waits, never raises: what did not leave is counted.

    Made, it waits until the host's address is known; raises :class:`PortError` for a host that is not.
    """

    def __init__(self, target: tuple[str, int], faults: Faults) -> None:
        self._faults = faults
        host, port = target
        try:
            self._client = UDPClient(socket.gethostbyname(host), port)
        except (OSError, UnicodeError) as error:
            raise PortError(f"osc_target: no host {host!r} is known ({error}); wanted host:port") from error

    def send(self, name: str, *values: Any) -> None:
        """Say one thing."""
        try:
            self._client.send(message(PREFIX + name, *values))
        except OSError as error:
            self._faults.count(Fault.OSC_UNSENT, error)

    def changed(self, name: str, value: Any) -> None:
        """A command was done."""
        self.send(name, *(() if value is None else (value,)))

    def note(self, role: Role, data: bytes) -> None:
        """A message of one of the players, told if it is a key's."""
        if data[0] & 0xE0 == 0x80:
            struck = data[0] & 0xF0 == 0x90
            self.send("note", role.name.lower(), data[1], data[2] if struck else 0)

    def close(self) -> None:
        """Close the socket."""
        self._client.close()


def metered(summary: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    """Names and values of a session's meters, as they are told."""
    for name, value in summary.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}/{shown}", float(value[shown])) for shown in _SHOWN)
        elif isinstance(value, int | float):
            yield name, float(value)


@asynccontextmanager
async def reporting(api: FrontendApi, target: tuple[str, int]) -> AsyncIterator[OscSender | None]:
    """Tell ``target`` until left; a host that is not known is told, and the music goes on without."""
    try:
        sender = await asyncio.to_thread(OscSender, target, api.meters.faults)
    except PortError as error:
        api.notify(str(error))
        yield None
        return

    note = in_loop(sender.note)

    def listener(_moment: float, role: Role, data: bytes) -> None:
        note(role, data)

    unwatch = api.dispatcher.watch(sender.changed)
    api.session.listeners.append(listener)
    try:
        async with background(_look(api, sender)):
            yield sender
    finally:
        api.session.listeners.remove(listener)
        unwatch()
        sender.close()


async def _look(api: FrontendApi, sender: OscSender) -> None:
    answering = False
    for look in range(2**62):
        if answering != api.session.answering:
            answering = not answering
            sender.send("turn", "companion" if answering else "performer")
        if look % _METER_LOOKS == 0:
            for name, value in metered(api.meters.summary()):
                sender.send(f"meter/{name}", value)
        await asyncio.sleep(_LOOK_SECONDS)


def asked(target: tuple[str, int], name: str, value: str = "") -> Any:
    """Have a session that runs elsewhere do a command; what it is set to then, or ``None`` for what has no value.

    Without a value a number, choice or text is only asked for. Raises :class:`SettingError` with the session's own
    words, :class:`PortError` where nobody answers within 2 s.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(_ANSWER_SECONDS)
        where = "{}:{}".format(*target)
        try:
            line.connect(target)
            line.send(encoded(PREFIX + name, *([value] if value else [])))
            line.send(encoded(PREFIX + "list", *([] if name == "learn" else [name])))
            while True:
                for address, values in decoded(line.recv(_LARGEST)) or []:
                    if address == PREFIX + "error":
                        raise SettingError(str(values[0]))
                    if address == PREFIX + "list":
                        return values[2] if len(values) > 2 and name != "learn" else None
        except OSError as error:
            raise PortError(
                f"nobody answers at {where} by OSC; start livecomposer jam, or say --to HOST:PORT"
            ) from error
