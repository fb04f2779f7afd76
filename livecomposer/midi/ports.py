"""MIDI ports by part of their name, over whichever of the machine's MIDI systems are usable.

A system counts as usable when a child process could open it. A driver that prints, crashes or hangs (a stopped JACK
server holds its caller, and Python's lock, for ever) does so there, not in the performance. No server is ever started.
"""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Literal, TypeVar

import rtmidi

from livecomposer.errors import PortError

__all__ = [
    "JACK",
    "NAME",
    "VIRTUAL",
    "Port",
    "apis",
    "free_name",
    "inputs",
    "match",
    "open_at",
    "open_input",
    "open_output",
    "outputs",
]

VIRTUAL = "virtual"
"""Asks for a port of our own, to which other programs connect."""

NAME = "livecomposer"
"""Name of our client and of each of our ports; the second client on one JACK server is this with -2, and so on."""

JACK = rtmidi.get_api_display_name(rtmidi.API_UNIX_JACK)
"""What :class:`Port` calls JACK."""

_PROBE_SECONDS = 3.0

_CALLBACK_SECONDS = 0.02
"""Longer than a callback that is under way can take."""

_PROBE = """
import rtmidi
for api in rtmidi.get_compiled_api():
    try:
        names = rtmidi.MidiIn(api, name="livecomposer-probe").get_ports()
        names += rtmidi.MidiOut(api, name="livecomposer-probe").get_ports() if api == rtmidi.API_UNIX_JACK else []
    except Exception:
        continue
    print(api, *{name.split(":")[0] for name in names if name.startswith("livecomposer")}, flush=True)
"""
"""Prints each system that can be used, and which clients of our name are there."""

_Kind = Literal["input", "output"]
_Api = TypeVar("_Api", int, str)

_open_ports: "set[Port]" = set()
"""Keeps every open port alive: one that is collected falls silent without a word."""

_abandoned: "list[Port]" = []
"""Nor may these be collected, which would close them; a server does not die often."""


class Port:
    """One open port: ``name`` as its system lists it, ``api`` the system's name, ``client`` rtmidi's object.

    ``own``: the name under which JACK lists our own end; empty on other systems.
    """

    def __init__(self, client: Any, *, name: str, api: str, own: str = "") -> None:
        self.client = client
        self.name = name
        self.api = api
        self.own = own
        _open_ports.add(self)

    def close(self) -> None:
        """Close the port; once closed nothing happens."""
        try:
            _open_ports.remove(self)
        except KeyError:
            return
        # Cancelling frees rtmidi's pair of callback and data, which a driver's thread that is waiting for Python's lock
        # will still use; the process then crashes anywhere later, even at its end (SpotlightKid/python-rtmidi#97 seems
        # the same). So what the client refers to is held until the client, and its thread with it, is gone.
        held = gc.get_referents(self.client)
        if hasattr(self.client, "cancel_callback"):
            # A driver that is waiting for Python's lock in our callback can never be joined by a close that holds it.
            self.client.cancel_callback()
            time.sleep(_CALLBACK_SECONDS)
        self.client.close_port()
        self.client.delete()
        del held

    def abandon(self) -> None:
        """Never touch the port again, whose JACK server has died: closing a client of a dead server may hang."""
        if self in _open_ports:
            _open_ports.remove(self)
            _abandoned.append(self)


def apis() -> list[str]:
    """Names of the usable MIDI systems (ALSA, Jack, CoreMidi, …). Takes about 0.1 s, at worst 3 s."""
    return [rtmidi.get_api_display_name(api) for api in _usable()]


def inputs() -> list[str]:
    """Names of the ports that can be listened to, our own left out. Blocks like :func:`apis`."""
    return [name for _, name in _offered("input", _usable())]


def outputs() -> list[str]:
    """Names of the ports that can be played to, our own left out. Blocks like :func:`apis`."""
    return [name for _, name in _offered("output", _usable())]


def open_input(wanted: str) -> Port:
    """Open the input named ``wanted`` or, failing that, the first whose name contains it, whatever the case.

    ``virtual`` opens a port of our own. Raises :class:`PortError`, with the names there are, where none fits.
    """
    return _open("input", wanted)


def open_output(wanted: str) -> Port:
    """As :func:`open_input`, for an output."""
    return _open("output", wanted)


def open_at(kind: _Kind, api: str, name: str, *, taken: Iterable[str] = (), again: str = "") -> Port:
    """Open the port ``name`` of the system ``api``, or with ``virtual`` one of our own, without looking around first.

    ``taken``: clients of our name that JACK has; ``again``: what it called the port that this one replaces, so that
    others find it again. Raises :class:`PortError`.
    """
    code = next(code for code in rtmidi.get_compiled_api() if rtmidi.get_api_display_name(code) == api)
    in_use = {*taken, *(_client_of(port.own) for port in _open_ports)}
    before = _client_of(again)
    return _open_at(kind, code, name, before if before and before not in in_use else free_name(in_use))


def free_name(taken: Iterable[str]) -> str:
    """The first name for a client of ours that is not among ``taken``."""
    gone = set(taken)
    return next(name for i in count(1) if (name := NAME if i == 1 else f"{NAME}-{i}") not in gone)


def _open_at(kind: _Kind, code: int, name: str, as_client: str) -> Port:
    try:
        client = _client(kind, code, as_client)
        if name == VIRTUAL:
            client.open_virtual_port(NAME)
        else:
            client.open_port(client.get_ports().index(name), NAME)
    except (rtmidi.RtMidiError, NotImplementedError, ValueError) as error:
        raise PortError(f"MIDI {kind} {name!r} cannot be opened ({error}); is it unplugged or in use?") from error
    own = f"{as_client}:{NAME}" if code == rtmidi.API_UNIX_JACK else ""
    api = rtmidi.get_api_display_name(code)
    return Port(client, name=NAME if name == VIRTUAL else name, api=api, own=own)


def _client_of(own: str) -> str:
    return own.partition(":")[0]


def _probed() -> dict[int, list[str]]:
    """The systems that can be used, and on each the clients there are of our name."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    command = [sys.executable, "-c", _PROBE]
    try:
        found = subprocess.run(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_PROBE_SECONDS, check=False
        ).stdout
    except subprocess.TimeoutExpired as error:  # what answered before the one that hangs is usable
        found = error.stdout or b""
    return {int(api): names for api, *names in (line.split() for line in found.decode().splitlines())}


def _usable() -> list[int]:
    return list(_probed())


def _client(kind: _Kind, api: int, name: str) -> Any:
    make: Callable[..., Any] = rtmidi.MidiIn if kind == "input" else rtmidi.MidiOut
    return make(api, name=name)


def _offered(kind: _Kind, usable: list[int]) -> list[tuple[int, str]]:
    offered = []
    for api in usable:
        try:
            client = _client(kind, api, f"{NAME}-lists")  # else JACK would have our name taken while it is open
        except rtmidi.RtMidiError:  # it went away since it was probed
            continue
        offered += [(api, name) for name in client.get_ports() if not _is_ours(api, name)]
        client.delete()
    return offered


def _is_ours(api: int, name: str) -> bool:
    # Windows has no virtual ports: a port of that name is a cable the performer made.
    return api != rtmidi.API_WINDOWS_MM and name.startswith(NAME)


def match(wanted: str, offered: Iterable[tuple[_Api, str]]) -> tuple[_Api, str] | None:
    """Of ``(system, name)`` pairs the one named ``wanted`` or else the first whose name contains it, in any case."""
    part, there = wanted.casefold(), list(offered)
    exact = [port for port in there if port[1].casefold() == part]
    partial = [port for port in there if part in port[1].casefold()]
    return next(iter(exact + partial), None)


def _open(kind: _Kind, wanted: str) -> Port:
    probed = _probed()
    if wanted.casefold() == VIRTUAL:
        return _open_virtual(kind, probed)
    offered = _offered(kind, list(probed))
    found = match(wanted, offered)
    if found is None:
        names = ", ".join(repr(name) for _, name in offered) or "none"
        raise PortError(f"no MIDI {kind} named like {wanted!r}; there are: {names}; connect it or use 'virtual'")
    api, name = found
    return _open_at(kind, api, name, free_name(probed.get(api, [])))


def _open_virtual(kind: _Kind, probed: dict[int, list[str]]) -> Port:
    for api, taken in probed.items():
        try:
            return _open_at(kind, api, VIRTUAL, free_name(taken))
        except PortError:
            continue
    tried = ", ".join(rtmidi.get_api_display_name(api) for api in probed) or "no usable MIDI system"
    raise PortError(f"no virtual MIDI {kind} here ({tried}); start a JACK server, load snd-seq, or name a real port")
