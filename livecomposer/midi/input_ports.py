"""Every keyboard that is listened to: several as one, each found again when it was unplugged, none heard that is us.

What a driver's callback does here is quick, and never waits for a port to open or close.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from threading import Lock
from typing import Any, NamedTuple

from livecomposer.clocks import Clock
from livecomposer.errors import PortError
from livecomposer.messages import is_channel_message
from livecomposer.midi import ports
from livecomposer.midi.clock import is_clock_message
from livecomposer.midi.connection import Arrived, Lost, Open
from livecomposer.midi.echo_guard import EchoGuard
from livecomposer.midi.merge import Merge
from livecomposer.midi.port_watcher import Link, Offer
from livecomposer.midi.reconnecting_port import ReconnectingPort

__all__ = ["InputPorts"]


class _Source(NamedTuple):
    """One input: its port, there or awaited, and what only it knows."""

    port: ReconnectingPort
    guard: EchoGuard


class InputPorts:
    """Inputs, open or awaited; all that they hear goes to ``input_path``, one message at a time.

    ``wanted``: names as for :func:`livecomposer.midi.ports.open_input`, an empty one for the first there is. One that
    is not there is told and awaited. ``on_realtime`` is given the messages of clocks, with the moment (seconds) and the
    number of the input. ``notify`` is called in any thread.
    """

    def __init__(
        self,
        wanted: Sequence[str],
        *,
        input_path: Callable[[bytes], None],
        clock: Clock,
        on_realtime: Callable[[bytes, float, int], None] | None = None,
        notify: Callable[[str], None] = lambda _: None,
        open_port: Callable[[str], ports.Port] = ports.open_input,
        open_at: Callable[..., ports.Port] = ports.open_at,
    ) -> None:
        self._input_path = input_path
        self._clock = clock
        self._on_realtime = on_realtime
        self._notify = notify
        self._open_at = open_at
        self._merge = Merge()
        self._lock = Lock()
        self._told_of_loop = False
        self._closed = False
        self._sources: list[_Source] = []
        for name in wanted:
            self._sources.append(self._source(name, self._opened(name, open_port)))
            self._listen(len(self._sources) - 1)

    @property
    def name(self) -> str:
        """Names of the ports that are there."""
        return ", ".join(source.port.name for source in self._sources if source.port.open) or "nobody yet"

    def sent(self, data: bytes) -> None:
        """Know ``data``, which is just about to be sent, should it come back; from any thread."""
        now = self._clock.now()
        for source in self._sources:
            source.guard.sent(data, now)

    def heal(self, offer: Offer, connect: Callable[[Link], None], notify: Callable[[str], None]) -> None:
        """Mend what is broken, now that there is what ``offer`` says; from one thread.

        Raises :class:`PortError` where a port that is there does not open; it is tried again at the next offer.
        """
        for i, source in enumerate(self._sources):
            for step in source.port.mended(offer, connect):
                match step:
                    case Lost():
                        source.guard.forget()
                        self._let_go(i)
                        notify(f"input {step.name!r} is gone; its keys are let go, and it is awaited")
                    case Open():
                        self._listen(i)
                        notify(f"input {step.name!r} is there and is listened to")
                    case Arrived():
                        notify(f"input {step.name!r} is connected")

    def change(self, wanted: Sequence[str], open_port: Callable[[str], ports.Port | None]) -> None:
        """Listen to ``wanted`` instead, and let go of what was held; never while :meth:`heal` is under way.

        ``open_port`` gives ``None`` for what is to be awaited. Raises what it raises, and then nothing has changed.
        """
        fresh: list[_Source] = []
        try:
            fresh.extend(self._source(name, open_port(name)) for name in wanted)
        except PortError:
            _close(fresh)
            raise
        _close(before := self._sources)
        self._sources = [] if self._closed else fresh
        for i in range(len(before)):
            self._let_go(i)
        for i in range(len(self._sources)):
            self._listen(i)
        if self._closed:  # while they were being opened
            _close(fresh)

    def close(self) -> None:
        """Stop listening; once closed nothing happens."""
        self._closed = True
        _close(self._sources)

    def _opened(self, wanted: str, open_port: Callable[[str], ports.Port]) -> ports.Port | None:
        try:
            return open_port(wanted)
        except PortError as error:
            self._notify(f"{error}; until then it is awaited" if wanted else "no keyboard is connected; one is awaited")
            return None

    def _source(self, wanted: str, port: ports.Port | None) -> _Source:
        return _Source(ReconnectingPort("input", wanted, port, open_at=self._open_at), EchoGuard())

    def _listen(self, i: int) -> None:
        port = self._sources[i].port
        with port.lock:
            if port.open is not None:
                client = port.open.client
                client.ignore_types(sysex=True, timing=self._on_realtime is None, active_sense=True)
                client.set_callback(partial(self._receive, i))

    def _receive(self, i: int, message: tuple[Sequence[int], float], _data: Any) -> None:
        data = bytes(message[0])  # the driver's own delta times are not to be trusted on every system
        if self._on_realtime is not None and is_clock_message(data):
            self._on_realtime(data, self._clock.now(), i)
        with self._lock:
            if is_channel_message(data) and self._is_music(i, data):
                self._input_path(data)

    def _is_music(self, i: int, data: bytes) -> bool:
        guard = self._sources[i].guard
        if guard.is_echo(data, self._clock.now()):
            if guard.looped and not self._told_of_loop:
                self._told_of_loop = True
                self._notify("what is sent comes back to the input, and is not taken for yours; undo that connection")
            return False
        return self._merge.take(i, data)

    def _let_go(self, i: int) -> None:
        with self._lock:
            for data in self._merge.leave(i):
                self._input_path(data)


def _close(sources: Iterable[_Source]) -> None:
    for source in sources:
        source.port.close()
