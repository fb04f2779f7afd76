"""A program that watches which MIDI ports there are, prints them as they change, and mends connections on JACK.

``python -m livecomposer.midi.port_watcher_process``: each line out is the ports as JSON, each line in pairs to connect,
as JSON: ``[[output, input]]``; an empty list has the ports printed anew. It ends with its standard input. It is a
process of its own because the drivers' libraries hang, print and crash where servers stop and start; here they may.
JACK tells of each change at once; other systems are asked every second.
"""

import ctypes.util
import json
import os
import sys
import time
from contextlib import suppress
from threading import Event as Flag
from threading import Thread
from typing import Any

import rtmidi

from livecomposer.midi.ports import JACK, NAME

__all__ = ["PortTable", "main"]

_LOOK_SECONDS = 1.0
_RETRY_SECONDS = 0.1
_RETRIES = 30
"""A program may show its port before it can be connected."""
_DYING_SECONDS = 2.0

Link = tuple[str, str]
"""An output and the input that it is connected to, on JACK."""


class PortTable:
    """The connections of our own ports: kept in mind, so that one whose far end went and came back is made again.

    Pure: told what there is, it says which to make. One that was taken out while both ends stayed is forgotten.
    """

    def __init__(self) -> None:
        self._kept: set[Link] = set()
        self._cut: dict[Link, float] = {}  # when: a dying program's connections end before its ports do
        self._lost: dict[Link, int] = {}  # how many more times to try

    def look(self, ports: set[str], links: set[Link], fresh: set[str], now: float) -> list[Link]:
        """``ports``, and ``links`` of ours, that there are; ``fresh``: ports made since the last look."""
        self._cut |= dict.fromkeys(self._kept - links, now)
        self._kept = set(links)
        for link, since in list(self._cut.items()):
            if fresh & set(link) or not ports >= set(link):
                self._lost[link] = _RETRIES
            elif now - since < _DYING_SECONDS:
                continue
            del self._cut[link]
        self._lost = {link: left for link, left in self._lost.items() if left and link not in links}
        due = [link for link in self._lost if ports >= set(link)]
        for link in due:
            self._lost[link] -= 1
        return due

    def ask(self, link: Link) -> None:
        """Make this connection at the next look, or as soon as both ends are there."""
        self._lost[link] = _RETRIES


class _Jack:
    """Our client of the JACK server, if there is one."""

    def __init__(self, wake: Flag) -> None:
        self._wake = wake
        self._client: Any = None
        self._over = False
        self._fresh: set[str] = set()
        self._bay = PortTable()

    def look(self) -> dict[str, Any] | None:
        """What there is, or ``None`` where no server runs."""
        import jack

        if self._over:  # a client of a dead server is left alone
            self._client, self._over, self._bay = None, False, PortTable()
        try:
            self._client = self._client or self._opened(jack)
            outputs, inputs = (
                {port.name for port in self._client.get_ports(is_midi=True, **{side: True})}
                for side in ("is_output", "is_input")
            )
            links = {
                (port.name, far.name)
                for port in self._client.get_ports(is_midi=True, is_output=True)
                for far in self._client.get_all_connections(port)
            }
        except jack.JackError:
            return None
        return {"outputs": outputs, "inputs": inputs, "links": {link for link in links if _touches_ours(link)}}

    def mend(self, found: dict[str, Any], asked: list[Link]) -> bool:
        """Connect what is due, and take over what is ``asked`` for; whether anything was."""
        import jack

        while asked:
            self._bay.ask(asked.pop())
        fresh, self._fresh = self._fresh, set()
        due = self._bay.look(found["outputs"] | found["inputs"], found["links"], fresh, time.monotonic())
        for link in due:
            with suppress(jack.JackError):  # not ready yet: the next look tries again
                self._client.connect(*link)
        return bool(due)

    def _opened(self, jack: Any) -> Any:
        client = jack.Client(f"{NAME}-patchbay", no_start_server=True)
        rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=f"{NAME}-probe").delete()  # else the library is not the same server's

        @client.set_port_registration_callback  # type: ignore[untyped-decorator]
        def registered(port: Any, there: bool) -> None:  # noqa: FBT001
            if there:
                self._fresh.add(port.name)
            self._wake.set()

        @client.set_port_connect_callback  # type: ignore[untyped-decorator]
        def connected(*_: Any) -> None:
            self._wake.set()

        @client.set_shutdown_callback  # type: ignore[untyped-decorator]
        def over(*_: Any) -> None:
            self._over = True
            self._wake.set()

        client.activate()
        return client


class _Polled:
    """One other system, which has to be asked."""

    def __init__(self, code: int) -> None:
        self.name = rtmidi.get_api_display_name(code)
        self._ours = code != rtmidi.API_WINDOWS_MM  # there a port of our name is the performer's cable
        self._in = rtmidi.MidiIn(code, name=f"{NAME}-patchbay")
        self._out = rtmidi.MidiOut(code, name=f"{NAME}-patchbay")

    def look(self) -> dict[str, Any]:
        """What there is."""
        return {
            "outputs": {name for name in self._in.get_ports() if not (self._ours and name.startswith(NAME))},
            "inputs": {name for name in self._out.get_ports() if not (self._ours and name.startswith(NAME))},
        }


def main() -> None:
    """Watch until standard input ends."""
    wake, anew, asked = Flag(), Flag(), list[Link]()
    Thread(target=_listen, args=(asked, wake, anew), daemon=True).start()
    jack = _jack(wake)
    polled = _polled()
    said = ""
    while True:
        wake.clear()
        found: dict[str, Any] = {system.name: system.look() for system in polled}
        on_jack = jack.look() if jack else None
        if on_jack is not None:
            found[JACK] = on_jack
        line = json.dumps(found, default=sorted, sort_keys=True)
        if line != said or anew.is_set():
            anew.clear()
            print(line, flush=True)  # noqa: T201
            said = line
        mended = jack is not None and on_jack is not None and jack.mend(on_jack, asked)
        wake.wait(_RETRY_SECONDS if mended else _LOOK_SECONDS)


def _listen(asked: list[Link], wake: Flag, anew: Flag) -> None:
    for line in sys.stdin:
        links = json.loads(line)
        asked += [(output, input_) for output, input_ in links]
        (wake if links else anew).set()
    os._exit(0)  # a driver that hangs would hold any other way out


def _jack(wake: Flag) -> _Jack | None:
    if rtmidi.API_UNIX_JACK not in rtmidi.get_compiled_api() or not ctypes.util.find_library("jack"):
        return None
    return _Jack(wake)


def _polled() -> list[_Polled]:
    systems = []
    for code in rtmidi.get_compiled_api():
        if code not in (rtmidi.API_UNIX_JACK, rtmidi.API_RTMIDI_DUMMY):
            with suppress(rtmidi.RtMidiError):
                systems.append(_Polled(code))
    return systems


def _touches_ours(link: Link) -> bool:
    return any(name.startswith(NAME) for name in link)


if __name__ == "__main__":
    main()
