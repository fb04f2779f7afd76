"""Notes sent out of one port and heard on another, which a cable or a patch connects: how long each was under way."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Self

from livecomposer.clocks import Clock
from livecomposer.errors import PortError
from livecomposer.events import NoteOff, NoteOn
from livecomposer.messages import encode
from livecomposer.midi import ports
from livecomposer.midi.input_path import InputPath, Played
from livecomposer.midi.output_port import OutputPort

__all__ = ["Input", "RoundTrips", "loop_back"]

_LONGEST_TRIP = 0.5
_PROBE_SECONDS = 0.1
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.003, 0.013  # uneven, so that no period of a driver's is always met alike
_VELOCITY = 1


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Seconds from just before a note was sent to its stamp in the driver's callback; and how many never came."""

    seconds: tuple[float, ...]
    lost: int


class Input:
    """One open MIDI input; a context manager. What it hears is given to ``input_path``, in the driver's thread.

    For one who listens to a single port that stays; a performer's ports are :class:`.input_ports.InputPorts`.

    ``wanted`` is as for :func:`livecomposer.midi.ports.open_input`, which may raise :class:`PortError`.
    """

    def __init__(
        self,
        wanted: str,
        *,
        input_path: Callable[[bytes], None],
        open_port: Callable[[str], ports.Port] = ports.open_input,
    ) -> None:
        self._input_path = input_path
        self._port = open_port(wanted)
        self._port.client.ignore_types(sysex=True, timing=True, active_sense=True)
        self._port.client.set_callback(self._receive)

    @property
    def name(self) -> str:
        """The port's name, as its system lists it."""
        return self._port.name

    def close(self) -> None:
        """Stop listening; once closed nothing happens."""
        self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self, message: tuple[Sequence[int], float], _data: Any) -> None:
        self._input_path(bytes(message[0]))  # the driver's own delta times are not to be trusted on every system


def loop_back(
    wanted_input: str,
    wanted_output: str,
    *,
    clock: Clock,
    count: int = 200,
    patience: float = 20.0,
    opened: Callable[[str, str], None] = lambda *_: None,
    open_input: Callable[[str], ports.Port] = ports.open_input,
    open_output: Callable[[str], ports.Port] = ports.open_output,
) -> RoundTrips:
    """Send ``count`` notes, one after the other; names are as for :func:`livecomposer.midi.ports.open_input`.

    Waits up to ``patience`` seconds for a first note to come back. ``opened`` is told both ports' names once they are
    open. Raises :class:`PortError` where a port cannot be opened, or nothing comes back.
    """
    heard: SimpleQueue[Played] = SimpleQueue()
    with (
        Input(wanted_input, input_path=InputPath(clock=clock, deliver=heard.put), open_port=open_input) as input_,
        OutputPort(wanted_output, open_port=open_output) as output_port,
    ):
        opened(input_.name, output_port.name)
        if not _connected(output_port, heard, patience, clock):
            raise PortError(
                f"nothing sent to {output_port.name!r} came back on {input_.name!r} within {patience:g} s; connect the "
                "output to the input, by a cable or a patch, and name both: --input PORT --output PORT"
            )
        trips = list(_trips(output_port, heard, count, clock))
    return RoundTrips(tuple(trip for trip in trips if trip is not None), sum(trip is None for trip in trips))


def _connected(output_port: OutputPort, heard: SimpleQueue[Played], patience: float, clock: Clock) -> bool:
    tries = max(1, round(patience / _PROBE_SECONDS))
    return any(_trip(output_port, heard, 0, clock, longest=_PROBE_SECONDS) is not None for _ in range(tries))


def _trips(output_port: OutputPort, heard: SimpleQueue[Played], count: int, clock: Clock) -> Iterator[float | None]:
    draw = random.Random(count)
    for number in range(count):
        time.sleep(draw.uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE))
        yield _trip(output_port, heard, 1 + number % 127, clock, longest=_LONGEST_TRIP)


def _trip(
    output_port: OutputPort, heard: SimpleQueue[Played], pitch: int, clock: Clock, *, longest: float
) -> float | None:
    sent = clock.now()
    output_port.send(encode(NoteOn(sent, pitch, _VELOCITY), channel=0))
    try:
        while True:
            event = heard.get(timeout=longest).event
            if isinstance(event, NoteOn) and event.pitch == pitch:
                return event.time - sent
    except Empty:
        return None
    finally:
        output_port.send(encode(NoteOff(sent, pitch), channel=0))
