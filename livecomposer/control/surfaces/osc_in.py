"""OSC in: every command by its name, as ``/livecomposer/<name> [value]``, over UDP.

A number, choice or text without a value is a question: it is answered to whoever asked. ``/livecomposer/list [name]``
answers with all there is, ``/livecomposer/learn <name>`` binds the next knob or key. What is wrong is answered with
``/livecomposer/error``; packets that are no OSC are counted and passed over.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from threading import Event as Flag
from threading import Thread
from typing import Any

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from livecomposer.control.surfaces.midi_learn import MidiLearn
from livecomposer.errors import PortError, SettingError
from livecomposer.faults import Fault, Faults
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.session.commands.table import COMMANDS, Command, Kind, command

__all__ = ["PREFIX", "Receiver", "Responder", "decoded", "encoded", "host_and_port", "message", "received"]

PREFIX = "/livecomposer/"

_MOST_WAITING = 256
_LARGEST = 65536
_LOOK_SECONDS = 0.2
_Reply = tuple[str, tuple[Any, ...]]


def host_and_port(name: str, text: str) -> tuple[str, int]:
    """``host:port`` as the setting ``name`` has it; raises :class:`SettingError`."""
    host, _, port = text.strip().rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 <= int(port[:9]) < 65536):
        raise SettingError(f"{name} = {text!r}: wanted host:port, such as 127.0.0.1:8766")
    return host, int(port)


def message(address: str, *values: Any) -> OscMessage:
    """One OSC message; what is on or off goes as 1 or 0, which every program understands."""
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(int(value) if isinstance(value, bool) else value)
    return builder.build()


def encoded(address: str, *values: Any) -> bytes:
    """The same as it is sent."""
    return bytes(message(address, *values).dgram)


def decoded(packet: bytes) -> list[tuple[str, tuple[Any, ...]]] | None:
    """The messages in a packet, those in bundles included and done at once; ``None`` for what is no OSC."""
    try:
        return [(timed.message.address, tuple(map(_rounded, timed.message))) for timed in OscPacket(packet).messages]
    except Exception:  # noqa: BLE001  # whatever a stranger's bytes do to the parser
        return None


class Responder:
    """What a message asks for, done, and what is answered. In the loop's thread."""

    def __init__(self, dispatcher: Dispatcher, learning: MidiLearn | None = None) -> None:
        self._dispatcher = dispatcher
        self._learning = learning

    def answer(self, address: str, values: tuple[Any, ...], *, source: str = "osc") -> list[_Reply]:
        """Do what the message says; addresses that are not ours are none of our business."""
        name = address.removeprefix(PREFIX)
        if name == address:
            return []
        try:
            return list(self._answered(name, values, source))
        except SettingError as error:
            return [(PREFIX + "error", (" ".join(str(error).split()),))]

    def _answered(self, name: str, values: tuple[Any, ...], source: str) -> Iterator[_Reply]:
        if name == "list":
            wanted = [command(str(value)) for value in values] or COMMANDS.values()
            yield from ((PREFIX + "list", self._line(one)) for one in wanted)
        elif name == "learn":
            if self._learning is None:
                raise SettingError("learn: there are no controllers in this session; start it with a MIDI input")
            self._learning.learn(str(values[0]) if values else "")
        elif values or command(name).kind in (Kind.ACTION, Kind.SWITCH):
            self._do(command(name), values, source)
        else:
            yield PREFIX + name, (self._dispatcher.value(name),)

    def _do(self, wanted: Command, values: tuple[Any, ...], source: str) -> None:
        if wanted.kind is not Kind.ACTION:
            self._dispatcher.do(wanted.name, values[0] if values else None, source=source)
        elif not values or values[0]:  # a button on a page sends 0 when it is let go
            self._dispatcher.do(wanted.name, source=source)

    def _line(self, wanted: Command) -> tuple[Any, ...]:
        value = self._dispatcher.value(wanted.name)
        return wanted.name, wanted.kind.value, *(() if value is None else (value,))


class Receiver:
    """Listens in a thread of its own, so that ``panic`` waits for nobody: ``silence`` is called there and then.

    All else is handed to ``soon`` (a loop's ``call_soon_threadsafe``). At most 256 messages wait; more are dropped
    and counted. Raises :class:`PortError` where the address cannot be had.
    """

    def __init__(
        self,
        address: tuple[str, int],
        responder: Responder,
        *,
        silence: Callable[[], None],
        soon: Callable[..., object],
        faults: Faults,
    ) -> None:
        self._faults = faults
        self._responder = responder
        self._silence = silence
        self._soon = soon
        self._waiting = 0
        self._closed = Flag()
        logging.getLogger().addFilter(_is_no_strangers)
        self._socket = _bound(address)
        self._thread = Thread(target=self._listen, name="osc", daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host and port."""
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    def close(self) -> None:
        """Stop; once closed nothing happens."""
        self._closed.set()
        self._thread.join()
        self._socket.close()

    def take(self, packet: bytes, sender: Any) -> None:
        """Take in one packet, in the thread that received it; never raises."""
        messages = decoded(packet)
        if messages is None:
            self._faults.count(Fault.OSC_MALFORMED, f"from {sender}")
            return
        for address, values in messages:
            if address == PREFIX + "panic" and (not values or values[0]):
                self._silence()
            if self._waiting >= _MOST_WAITING:
                self._faults.count(Fault.OSC_CROWDED_OUT, f"{address} from {sender}")
                continue
            self._waiting += 1
            with suppress(RuntimeError):  # the loop has closed
                self._soon(self._answer, address, values, sender)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                packet, sender = self._socket.recvfrom(_LARGEST)
            except (
                OSError
            ):  # nothing came for a while; or an answer could not be delivered, which some systems tell here
                continue
            self.take(packet, sender)

    def _answer(self, address: str, values: tuple[Any, ...], sender: Any) -> None:
        self._waiting -= 1
        for where, what in self._responder.answer(address, values):
            try:
                self._socket.sendto(encoded(where, *what), sender)
            except OSError as error:
                self._faults.count(Fault.OSC_UNSENT, error)


@asynccontextmanager
async def received(
    address: tuple[str, int],
    responder: Responder,
    *,
    silence: Callable[[], None],
    notify: Callable[[str], None],
    faults: Faults,
) -> AsyncIterator[Receiver | None]:
    """Listen until left; an address that cannot be had is told, and the music goes on without."""
    soon = asyncio.get_running_loop().call_soon_threadsafe
    try:
        receiver = Receiver(address, responder, silence=silence, soon=soon, faults=faults)
    except PortError as error:
        notify(str(error))
        yield None
        return
    try:
        yield receiver
    finally:
        await asyncio.to_thread(receiver.close)


def _is_no_strangers(record: logging.LogRecord) -> bool:
    """The parser prints a line for each oddity in a packet; here they are counted."""
    return "pythonosc" not in record.pathname


def _bound(address: tuple[str, int]) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        where = "{}:{}".format(*address)
        raise PortError(f"no OSC at {where} ({error.strerror}); is another session running? --osc HOST:PORT") from error
    listening.settimeout(_LOOK_SECONDS)
    return listening


def _rounded(value: Any) -> Any:
    """OSC's numbers have 24 bits: 0.95 arrives as 0.949999988, and was not meant so."""
    return float(f"{value:.7g}") if isinstance(value, float) else value
