"""MIDI ports by part of their name, over whichever of the machine's MIDI systems are usable.

A system counts as usable when a child process could open it. A driver that prints, crashes or hangs (a stopped JACK
server holds its caller, and Python's lock, for ever) does so there, not in the performance. No server is ever started.
"""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Literal

import rtmidi

from livecomposer.errors import PortError

__all__ = ["VIRTUAL", "Port", "apis", "inputs", "open_input", "open_output", "outputs"]

VIRTUAL = "virtual"
"""Asks for a port of our own, to which other programs connect."""

NAME = "livecomposer"
"""Name of our client and of each of our ports."""

_PROBE_SECONDS = 3.0

_CALLBACK_SECONDS = 0.02
"""Longer than a callback that is under way can take."""

_PROBE = """
import rtmidi
for api in rtmidi.get_compiled_api():
    try:
        rtmidi.MidiIn(api, name="livecomposer-probe").get_ports()
    except Exception:
        continue
    print(api, flush=True)
"""

_Kind = Literal["input", "output"]

_open_ports: "set[Port]" = set()
"""Keeps every open port alive: one that is collected falls silent without a word."""


class Port:
    """One open port: ``name`` as its system lists it, ``api`` the system's name, ``client`` rtmidi's object."""

    def __init__(self, client: Any, *, name: str, api: str) -> None:
        self.client = client
        self.name = name
        self.api = api
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


def _usable() -> list[int]:
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    command = [sys.executable, "-c", _PROBE]
    try:
        found = subprocess.run(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_PROBE_SECONDS, check=False
        ).stdout
    except subprocess.TimeoutExpired as error:  # what answered before the one that hangs is usable
        found = error.stdout or b""
    return [int(line) for line in found.split()]


def _client(kind: _Kind, api: int) -> Any:
    make: Callable[..., Any] = rtmidi.MidiIn if kind == "input" else rtmidi.MidiOut
    return make(api, name=NAME)


def _offered(kind: _Kind, usable: list[int]) -> list[tuple[int, str]]:
    offered = []
    for api in usable:
        try:
            client = _client(kind, api)
        except rtmidi.RtMidiError:  # it went away since it was probed
            continue
        offered += [(api, name) for name in client.get_ports() if not _is_ours(api, name)]
        client.delete()
    return offered


def _is_ours(api: int, name: str) -> bool:
    # Windows has no virtual ports: a port of that name is a cable the performer made.
    return api != rtmidi.API_WINDOWS_MM and name.startswith(NAME)


def _open(kind: _Kind, wanted: str) -> Port:
    usable = _usable()
    if wanted.casefold() == VIRTUAL:
        return _open_virtual(kind, usable)
    offered = _offered(kind, usable)
    found = _match(wanted, offered)
    if found is None:
        names = ", ".join(repr(name) for _, name in offered) or "none"
        raise PortError(f"no MIDI {kind} named like {wanted!r}; there are: {names}; connect it or use 'virtual'")
    api, name = found
    try:
        client = _client(kind, api)
        client.open_port(client.get_ports().index(name), NAME)
    except (rtmidi.RtMidiError, ValueError) as error:
        raise PortError(f"MIDI {kind} {name!r} cannot be opened ({error}); is it unplugged or in use?") from error
    return Port(client, name=name, api=rtmidi.get_api_display_name(api))


def _match(wanted: str, offered: list[tuple[int, str]]) -> tuple[int, str] | None:
    part = wanted.casefold()
    exact = [port for port in offered if port[1].casefold() == part]
    partial = [port for port in offered if part in port[1].casefold()]
    return next(iter(exact + partial), None)


def _open_virtual(kind: _Kind, usable: list[int]) -> Port:
    for api in usable:
        try:
            client = _client(kind, api)
            client.open_virtual_port(NAME)
        except (rtmidi.RtMidiError, NotImplementedError):
            continue
        return Port(client, name=NAME, api=rtmidi.get_api_display_name(api))
    tried = ", ".join(rtmidi.get_api_display_name(api) for api in usable) or "no usable MIDI system"
    raise PortError(f"no virtual MIDI {kind} here ({tried}); start a JACK server, load snd-seq, or name a real port")
