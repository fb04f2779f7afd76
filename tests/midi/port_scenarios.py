"""What real JACK ports do, one fact a process: ``python port_scenarios.py NAME`` prints the outcome as JSON.

A driver that crashes or hangs takes this process with it, not the tests'. The other programs' clients have no callback.
"""

import contextlib
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import rtmidi

from livecomposer.clocks import MonotonicClock
from livecomposer.errors import PortError
from livecomposer.events import Event, NoteOn
from livecomposer.faults import Faults
from livecomposer.messages import silence
from livecomposer.midi import ports
from livecomposer.midi.input_path import InputPath
from livecomposer.midi.input_ports import InputPorts
from livecomposer.midi.loopback import Input
from livecomposer.midi.output_port import OutputPort
from livecomposer.midi.port_watcher import Offer, PortWatcher

__all__ = ["FLOODS", "KEY", "outcome"]

KEY = bytes([0x92, 60, 64])
"""A key on channel 2."""

FLOODS = 10
"""How often an inlet is closed under a flood of keys: a race is not lost every time."""

_LIMIT_SECONDS = 120
_HEARING_SECONDS = 1.0
_STRIKES = 8
_TRIES = 20
"""An overrun of the server may lose or repeat a message, so a key is struck until it is heard."""


def outcome(name: str) -> Any:
    """Play the scenario ``name`` in a process of its own and return what it printed.

    Raises ``AssertionError``, with the process's own words, unless it ended by itself and well, after printing too.
    """
    played = subprocess.run(
        [sys.executable, __file__, name],
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=False,
        env=os.environ | {"PYTHONFAULTHANDLER": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert played.returncode == 0, f"{name} ended with {played.returncode}: {played.stdout}{played.stderr}"
    return json.loads(played.stdout)


@contextlib.contextmanager
def program(kind: Any, name: str, port: str) -> Iterator[Any]:
    """A client of another program, with a port of its own."""
    client = kind(rtmidi.API_UNIX_JACK, name=name)
    client.open_virtual_port(port)
    try:
        yield client
    finally:
        client.close_port()
        client.delete()


@contextlib.contextmanager
def connected(kind: Any, name: str, part: str) -> Iterator[Any]:
    """A client of another program, connected to the port whose name contains ``part``."""
    client = kind(rtmidi.API_UNIX_JACK, name=name)
    client.open_port(next(i for i, found in enumerate(client.get_ports()) if part in found), "port")
    try:
        yield client
    finally:
        client.close_port()
        client.delete()


@contextlib.contextmanager
def module() -> Iterator[Any]:
    """Another program's output named Keys, which is given, and another's input named Strings."""
    with program(rtmidi.MidiOut, "Sound Module", "Keys") as keys, program(rtmidi.MidiIn, "Rack", "Strings"):
        yield keys


def seen(kind: Any) -> int:
    """How many ports of ours another program sees."""
    witness = kind(rtmidi.API_UNIX_JACK, name="witness")
    found = sum("livecomposer" in name for name in witness.get_ports())
    witness.delete()
    return found


def heard(listener: Any, seconds: float) -> Iterator[list[int]]:
    """What comes in within ``seconds``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        while (message := listener.get_message()) is not None:
            yield message[0]
        time.sleep(0.002)


def strike(keyboard: Any, key: list[int], listener: Any) -> bool:
    """Send a key until exactly its bytes are heard; whether they were."""
    for _ in range(_TRIES):
        keyboard.send_message(key)
        if key in heard_until(listener, key):
            return True
    return False


def heard_until(listener: Any, key: list[int]) -> list[list[int]]:
    """What comes in until ``key`` does, or nothing more."""
    got = []
    for message in heard(listener, _HEARING_SECONDS):
        got.append(message)
        if message == key:
            break
    return got


def refusal(kind: str, wanted: str) -> str:
    """What the error says that opening ``wanted`` raises; empty if it opens."""
    try:
        {"input": ports.open_input, "output": ports.open_output}[kind](wanted).close()
    except PortError as error:
        return str(error)
    return ""


def usable() -> Any:
    """The systems that can be used."""
    return ports.apis()


def listed() -> Any:
    """What is offered while another program has ports."""
    with module():
        return {"inputs": ports.inputs(), "outputs": ports.outputs()}


def part_of_a_name() -> Any:
    """Whether a port opened by part of its name hears the other program, and what it is called."""
    with module() as keys:
        port = ports.open_input("mODULE:k")
        got = strike(keys, [0x90, 60, 64], port.client)
        port.close()
        return {"heard": got, "name": port.name, "api": port.api}


def no_match() -> Any:
    """The error for a name that nothing bears."""
    with module():
        return refusal("output", "organ")


def our_own() -> Any:
    """What of ours is offered to us, and how many outputs of ours another program sees."""
    ours = ports.open_input("virtual"), ports.open_output("virtual")
    offered = [*ports.inputs(), *ports.outputs()]
    found = seen(rtmidi.MidiIn)
    for port in ours:
        port.close()
    return {"offered": [name for name in offered if "livecomposer" in name], "seen": found}


def closed() -> Any:
    """How many of our ports another program sees while they are open, and after."""
    ours = ports.open_input("virtual"), ports.open_output("virtual")
    before = seen(rtmidi.MidiIn) + seen(rtmidi.MidiOut)
    for port in ours:
        port.close()
    return {"open": before, "closed": seen(rtmidi.MidiIn) + seen(rtmidi.MidiOut)}


def forgotten() -> Any:
    """How many ports another program sees of one that nobody holds."""
    ports.open_output("virtual")
    gc.collect()
    found = seen(rtmidi.MidiIn)
    for port in list(ports._open_ports):
        port.close()
    return found


def vanished() -> Any:
    """The error for a port that was listed and is gone."""
    ports._offered = lambda kind, usable: [(rtmidi.API_UNIX_JACK, "Organ")]
    with module():
        return refusal("input", "organ")


def two_outlets() -> Any:
    """The names of two virtual outlets, and how many of them another program sees."""
    with OutputPort("virtual") as first, OutputPort("virtual") as second:
        return {"names": [first.name, second.name], "seen": seen(rtmidi.MidiIn)}


def last_words() -> Any:
    """What a program hears of an outlet that sends one key and closes; up to five may try until all arrives."""
    wanted = [list(KEY), *map(list, silence([2]))]
    with program(rtmidi.MidiIn, "sound module", "in") as listener:
        for _ in range(5):
            with OutputPort("sound module") as output_port:
                output_port.send(KEY)
            got = list(heard(listener, _HEARING_SECONDS))
            if got == wanted:
                break
    return got


def path_to(
    got: list[Event], clock: MonotonicClock, output_port: OutputPort, faults: Faults | None = None
) -> InputPath:
    """A way in that passes all thru and puts it into ``got``."""
    return InputPath(clock=clock, deliver=lambda played: got.append(played.event), thru=output_port.send, faults=faults)


def thru() -> Any:
    """Keys of another program through our two virtual ports to a third, and what the session is told meanwhile."""
    got: list[Event] = []
    clock, faults = MonotonicClock(), Faults()
    with (
        OutputPort("virtual", faults=faults) as output_port,
        Input("virtual", input_path=path_to(got, clock, output_port, faults)),
        connected(rtmidi.MidiOut, "keyboard", "livecomposer") as keyboard,
        connected(rtmidi.MidiIn, "listener", "livecomposer") as listener,
    ):
        before = time.perf_counter()
        through = [strike(keyboard, [0x90, pitch, 64], listener) for pitch in range(60, 65)]
        after = time.perf_counter()
    return {
        "through": through,
        "pitches": sorted({event.pitch for event in got if isinstance(event, NoteOn)}),
        "in time": before <= got[0].time <= got[-1].time <= after,
        "errors": sum(faults.counts().values()),
    }


def flood() -> Any:
    """Of every inlet closed while keys pour in: whether they arrived before, and its errors."""
    return [_closed_under_a_flood() for _ in range(FLOODS)]


def _closed_under_a_flood() -> tuple[bool, int]:
    stop, flowing = Flag(), Flag()
    faults = Faults()
    input_path = InputPath(clock=MonotonicClock(), deliver=lambda _: flowing.set(), faults=faults)
    inlet = Input("virtual", input_path=input_path)
    with connected(rtmidi.MidiOut, "flood", "livecomposer") as keyboard:

        def pour() -> None:
            while not stop.wait(0.0005):
                keyboard.send_message([0x90, 60, 64])

        thread = Thread(target=pour)
        thread.start()
        arrived = flowing.wait(20)
        inlet.close()
        stop.set()
        thread.join()
    return arrived, sum(faults.counts().values())


def held() -> Any:
    """Whether what the collector knows of a client contains the pair that rtmidi hands to the driver."""
    port = ports.open_input("virtual")
    port.client.set_callback(print, "data")
    known = (print, "data") in gc.get_referents(port.client)
    port.close()
    return known


def fed_back() -> Any:
    """What the session hears of a keyboard's repeated key, and of a companion's, while all we send comes back to us."""
    got: list[Event] = []
    said: list[str] = []
    clock = MonotonicClock()
    with OutputPort("virtual") as output_port:
        input_path = path_to(got, clock, output_port)
        input_ports = InputPorts(["virtual"], input_path=input_path, clock=clock, notify=said.append)
        sends: list[bytes] = []
        output_port.on_send = lambda data: (sends.append(data), input_ports.sent(data))[0]
        ours = [input_ports._sources[0].port.own, output_port._port.own]
        with connected(rtmidi.MidiOut, "keyboard", "livecomposer") as keyboard:
            subprocess.run(["jack_connect", ours[1], ours[0]], check=True, capture_output=True)
            time.sleep(0.3)  # JACK may lose what is sent while it rearranges its graph
            for _ in range(_STRIKES):
                for data in ([0x90, 60, 64], [0xB0, 64, 127], [0x80, 60, 64], [0xB0, 64, 0]):
                    keyboard.send_message(data)
                    output_port.send(bytes([0x91, 72, 50]))
                    time.sleep(0.05)
                    output_port.send(bytes([0x81, 72, 64]))
            time.sleep(0.3)
        input_ports.close()
    return {
        "strikes": sum(isinstance(event, NoteOn) for event in got),
        "pitches": sorted({event.pitch for event in got if isinstance(event, NoteOn)}),
        "heard": len(got),
        "sent": len(sends),
        "told": len(said),
    }


def server_restarted() -> Any:
    """Whether keys pass thru before and after the JACK server was ended and started again; what was told.

    Prints ``ready`` and waits for a line: the server is gone; then another: it is back.
    """
    got: list[Event] = []
    said: list[str] = []
    clock = MonotonicClock()
    with OutputPort("virtual") as output_port:
        input_ports = InputPorts(["virtual"], input_path=path_to(got, clock, output_port), clock=clock)

        def heal(offer: Offer) -> None:
            for each in (input_ports, output_port):
                each.heal(offer, watcher.connect, said.append)

        watcher = PortWatcher(heal)
        with watcher:
            print("ready", flush=True)
            sys.stdin.readline()
            until = time.monotonic() + _LIMIT_SECONDS / 2
            while len(said) < 4 and time.monotonic() < until:
                time.sleep(0.05)
            played = subprocess.run([sys.executable, __file__, "through"], capture_output=True, text=True, check=False)
        input_ports.close()
    return {"said": said, "through": json.loads(played.stdout or "null"), "heard": len(got) > 0}


def through() -> Any:
    """Whether a key of ours, another program, passes from one port of the session's to the other."""
    with (
        connected(rtmidi.MidiOut, "keyboard", "livecomposer") as keyboard,
        connected(rtmidi.MidiIn, "listener", "livecomposer") as listener,
    ):
        return strike(keyboard, [0x90, 60, 64], listener)


SCENARIOS: dict[str, Callable[[], Any]] = {
    play.__name__: play
    for play in (
        usable,
        listed,
        part_of_a_name,
        no_match,
        our_own,
        closed,
        forgotten,
        vanished,
        two_outlets,
        last_words,
        thru,
        flood,
        held,
        fed_back,
        server_restarted,
        through,
    )
}

if __name__ == "__main__":
    print(json.dumps(SCENARIOS[sys.argv[1]]()), flush=True)
