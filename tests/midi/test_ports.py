import os
import re
import signal
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
import rtmidi

from livecomposer.errors import PortError
from livecomposer.midi import ports
from tests.fakes import FakeClient
from tests.jack import jack_server, on_jack
from tests.midi.port_scenarios import outcome

OFFERED = [(1, "Keystation 49"), (1, "Grand Piano 2"), (2, "Grand Piano"), (2, "Keystation 88")]


@pytest.fixture
def bare(monkeypatch):
    """A machine without a usable MIDI system."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    monkeypatch.setattr(ports, "_PROBE", "")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("keystation", (1, "Keystation 49")),
        ("88", (2, "Keystation 88")),
        ("grand piano", (2, "Grand Piano")),
        ("GRAND PIANO 2", (1, "Grand Piano 2")),
        ("organ", None),
        ("", (1, "Keystation 49")),
    ],
)
def test_a_port_is_found_by_part_of_its_name(wanted, found):
    """Case does not count, the exact name wins, and of several the first is taken."""
    assert found == ports.match(wanted, OFFERED)


def test_nothing_is_found_where_nothing_is_offered():
    """An empty list has no match, whatever is wanted."""
    assert ports.match("", []) is None


def test_a_machine_without_midi_has_no_ports_and_says_so(bare, capfd):
    """The lists are empty, opening is an error of one line, and nothing is printed."""
    assert ([], [], []) == (ports.apis(), ports.inputs(), ports.outputs())
    with pytest.raises(PortError, match=r"no MIDI input named like 'keys'; there are: none; connect it or use"):
        ports.open_input("keys")
    with pytest.raises(PortError, match=r"no virtual MIDI output here \(no usable MIDI system\)"):
        ports.open_output("virtual")
    assert ("", "") == capfd.readouterr()


def test_a_missing_jack_server_is_passed_over_quietly(monkeypatch, capfd):
    """Without its server JACK is not usable, is not started, and prints nothing."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    assert "Jack" not in ports.apis()
    assert ("", "") == capfd.readouterr()


def test_a_system_that_hangs_is_passed_over(monkeypatch):
    """What answered before the one that hangs counts; the rest does not."""
    monkeypatch.setattr(ports, "_PROBE", "import time; print(7, flush=True); time.sleep(600); print(8)")
    monkeypatch.setattr(ports, "_PROBE_SECONDS", 0.5)
    assert [7] == ports._usable()


def test_a_system_that_goes_away_after_the_probe_is_passed_over(monkeypatch):
    """A system that answered a moment ago and refuses now offers nothing, and no virtual port."""
    monkeypatch.setattr(ports, "_PROBE", "print(3)")

    def gone(kind, api, name):
        raise rtmidi.SystemError("gone")

    monkeypatch.setattr(ports, "_client", gone)
    assert [] == ports.inputs()
    with pytest.raises(PortError, match="no virtual MIDI input"):
        ports.open_input("virtual")


def test_closing_twice_closes_once_and_drops_the_reference():
    """An open port is kept alive by the module, a closed one is not."""
    client = FakeClient()
    port = ports.Port(client, name="keys", api="fake")
    assert port in ports._open_ports
    port.close()
    port.close()
    assert port not in ports._open_ports
    assert ["close_port", "delete"] == client.calls


@pytest.mark.parametrize(
    ("api", "ours"), [(rtmidi.API_UNIX_JACK, True), (rtmidi.API_LINUX_ALSA, True), (rtmidi.API_WINDOWS_MM, False)]
)
def test_a_windows_cable_may_bear_our_name(api, ours):
    """Where virtual ports exist those of our name are ours; on Windows the performer made them."""
    assert ours == ports._is_ours(api, "livecomposer:livecomposer")


class Data:
    """Anything that a weak reference can watch."""


class Holder:
    """A client that keeps a pair for the driver's thread, as rtmidi does, and frees it when cancelled."""

    __slots__ = ("data", "found", "pair")

    def __init__(self):
        self.pair = (print, Data())
        self.data = weakref.ref(self.pair[1])

    def cancel_callback(self):
        """Let go of the pair."""
        self.pair = None

    def close_port(self):
        """Nothing is open."""

    def delete(self):
        """End the driver's thread; whether it found its data until now."""
        self.found = self.data() is not None


def test_what_the_driver_still_uses_outlives_the_cancelling():
    """A thread on its way into the callback finds rtmidi's pair alive until the client is gone, and no longer."""
    client = Holder()
    ports.Port(client, name="keys", api="fake").close()
    assert client.found
    assert client.data() is None


def test_the_pair_that_rtmidi_hands_to_the_driver_is_among_what_is_held(jack):
    """Python's collector knows the callback and its data, so that they can be held."""
    assert outcome("held") is True


def test_a_running_server_makes_jack_usable(jack):
    """JACK is named once its server runs."""
    assert "Jack" in outcome("usable")


def test_the_ports_of_other_programs_are_listed(jack):
    """An output of theirs is an input for us, and the other way round."""
    listed = outcome("listed")
    assert "Sound Module:Keys" in listed["inputs"]
    assert "Rack:Strings" in listed["outputs"]
    assert "Rack:Strings" not in listed["inputs"]


def test_part_of_a_name_opens_the_real_port(jack):
    """Opening by part of a name connects, and the port knows its whole name and its system."""
    assert {"heard": True, "name": "Sound Module:Keys", "api": "Jack"} == outcome("part_of_a_name")


def test_no_match_names_the_ports_there_are(jack):
    """The error says what was wanted and lists what exists."""
    wanted = r"no MIDI output named like 'organ'; there are: .*'Rack:Strings'.*; connect"
    assert re.match(wanted, outcome("no_match"))


def test_our_own_ports_are_not_offered(jack):
    """Neither of our virtual ports is a candidate, so nothing of ours is connected to itself."""
    assert {"offered": [], "seen": 1} == outcome("our_own")


def test_closing_leaves_nothing_behind(jack):
    """After closing no other program sees a port of ours."""
    assert {"open": 2, "closed": 0} == outcome("closed")


def test_a_forgotten_port_stays_open(jack):
    """A port nobody holds is not collected while it is open."""
    assert 1 == outcome("forgotten")


def test_a_port_that_vanished_between_listing_and_opening_is_an_error(jack):
    """The error says that it cannot be opened and why that might be."""
    assert outcome("vanished").startswith("MIDI input 'Organ' cannot be opened")


def test_two_outlets_may_be_virtual_at_once(jack):
    """The second client of our name is given another by the server."""
    assert {"names": ["livecomposer", "livecomposer"], "seen": 2} == outcome("two_outlets")


LISTEN = """
import signal, sys
from livecomposer.faults import Fault, Faults
from livecomposer.midi.output_port import OutputPort
outlet = OutputPort("virtual", faults=(faults := Faults()))
print("open", flush=True)
sys.stdin.readline()
for _ in range(100):
    outlet.send(bytes([0x90, 60, 64]))
outlet.close()
print("closed", faults[Fault.OUTPUT_FAILED], flush=True)
"""


@on_jack
def test_a_server_that_dies_takes_nobody_with_it():
    """With its server gone, sending and closing return and the process ends by itself."""
    with jack_server():
        program = subprocess.Popen(
            [sys.executable, "-c", LISTEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        opened = program.stdout.readline()
    said, _ = program.communicate(b"go\n", timeout=60)
    assert b"open\n" == opened
    assert said.startswith(b"closed")
    assert 0 == program.returncode


@on_jack
def test_a_stopped_server_does_not_hold_us(jack_process, monkeypatch):
    """A JACK server that hangs is passed over, where opening it here would never return."""
    monkeypatch.setattr(ports, "_PROBE_SECONDS", 1.0)
    os.kill(jack_process, signal.SIGSTOP)
    found = ports.apis()
    os.kill(jack_process, signal.SIGCONT)
    assert "Jack" not in found


@pytest.fixture
def jack_process():
    """Process number of a JACK server that a test may stop."""
    with jack_server() as name:
        wanted = f"jackd\0-n\0{name}\0".encode()
        found = [path for path in Path("/proc").glob("[0-9]*/cmdline") if _content(path).startswith(wanted)]
        if not found:
            pytest.skip("the server's process number is not to be had without /proc")
        yield int(found[0].parent.name)


def _content(path):
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile
        return b""
