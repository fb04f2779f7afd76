"""Several inputs, which come and go, heard as one."""

import subprocess
import sys

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.errors import PortError
from livecomposer.events import Control, NoteOff, NoteOn
from livecomposer.midi import ports
from livecomposer.midi.input_path import InputPath
from livecomposer.midi.input_ports import InputPorts
from livecomposer.midi.port_watcher import Offer
from tests.fakes import FakeClient
from tests.jack import jack_server, on_jack, real_time
from tests.midi import port_scenarios
from tests.midi.port_scenarios import outcome


class Listening:
    """Inputs on fake ports; ``clients`` by name, ``there`` what can be opened."""

    def __init__(self, *wanted, there=(), thru=None):
        self.there, self.clients, self.said, self.got, self.connects = set(there), {}, [], [], []
        self.clocks = []
        self.clock = ManualClock(5.0)
        self.input_ports = InputPorts(
            wanted,
            input_path=InputPath(clock=self.clock, deliver=lambda played: self.got.append(played.event), thru=thru),
            clock=self.clock,
            on_realtime=lambda *told: self.clocks.append(told),
            notify=self.said.append,
            open_port=self.open_port,
            open_at=lambda kind, api, name, **_: self.open_port(name),
        )

    def open_port(self, name):
        """A fake port of a system that has to be asked."""
        found = sorted(there for there in self.there if name in there)
        if not found:
            raise PortError(f"no {name}")
        self.clients[found[0]] = FakeClient()
        return ports.Port(self.clients[found[0]], name=found[0], api="fake")

    def offer(self, *names):
        """The system now has these."""
        self.there = set(names)
        offer = Offer(systems=frozenset({"fake"}), sources=tuple(("fake", name) for name in names))
        self.input_ports.heal(offer, self.connects.append, self.said.append)


def test_two_keyboards_are_heard_as_one():
    """Whichever is played, and a key that both hold ends with the second."""
    listening = Listening("a", "b", there=["a", "b"])
    for name, data in [("a", (0x90, 60, 9)), ("b", (0x90, 60, 8)), ("a", (0x80, 60, 0)), ("b", (0x80, 60, 0))]:
        listening.clients[name].receive(*data)
    assert [NoteOn(5.0, 60, 9), NoteOn(5.0, 60, 8), NoteOff(5.0, 60)] == listening.got
    assert "a, b" == listening.input_ports.name


def test_the_clocks_of_two_inputs_are_told_apart():
    """Each message comes with its moment and the number of its input; none is music, and what is neither is nothing."""
    listening = Listening("a", "b", there=["a", "b"])
    for name, data in [("a", (0xF8,)), ("b", (0xFA,)), ("b", (0xF2, 8, 0)), ("a", (0xF6,))]:
        listening.clients[name].receive(*data)
    assert [(b"\xf8", 5.0, 0), (b"\xfa", 5.0, 1), (b"\xf2\x08\x00", 5.0, 1)] == listening.clocks
    assert [] == listening.got


def test_what_an_unplugged_keyboard_held_is_let_go_of_thru_and_on_the_tape():
    """Its keys and its pedal, at the moment it was missed; the performer is told in one line."""
    through = []
    listening = Listening("nord", there=["nord 20"], thru=through.append)
    listening.clients["nord 20"].receive(0x90, 60, 9)
    listening.clients["nord 20"].receive(0xB0, 64, 127)
    listening.clock.advance(1.0)
    listening.offer("other")
    assert [NoteOff(6.0, 60), Control(6.0, 64, 0)] == listening.got[2:]
    assert [bytes([0x80, 60, 64]), bytes([0xB0, 64, 0])] == through[2:]
    assert ["input 'nord 20' is gone; its keys are let go, and it is awaited"] == listening.said


def test_a_keyboard_that_comes_back_is_heard_again():
    """Under whatever name it has now, if it is the one that was named."""
    listening = Listening("nord", there=["nord 20"])
    listening.offer()
    listening.offer("other", "nord 28")
    listening.clients["nord 28"].receive(0x90, 60, 9)
    assert [NoteOn(5.0, 60, 9)] == listening.got
    assert "input 'nord 28' is there and is listened to" == listening.said[-1]
    assert "nord 28" == listening.input_ports.name


def test_a_keyboard_that_is_not_there_at_the_start_is_awaited():
    """And told with what is wrong."""
    listening = Listening("nord")
    assert ["no nord; until then it is awaited"] == listening.said
    assert "nobody yet" == listening.input_ports.name
    listening.offer("nord 20")
    assert "nord 20" == listening.input_ports.name


def test_any_keyboard_will_do_where_none_is_named():
    """The first that comes."""
    listening = Listening("")
    listening.offer("piano")
    assert "piano" == listening.input_ports.name


def test_the_other_keyboard_plays_on():
    """A cable that comes loose takes nothing of another's with it."""
    listening = Listening("a", "b", there=["a", "b"])
    listening.clients["a"].receive(0x90, 60, 9)
    listening.clients["b"].receive(0x90, 72, 9)
    listening.offer("b")
    assert [NoteOff(5.0, 60)] == listening.got[2:]


def test_our_own_messages_that_come_back_are_not_heard_and_this_is_told_once():
    """The companion's notes, on a channel where nobody plays."""
    listening = Listening("a", there=["a"])
    for _ in range(3):
        listening.input_ports.sent(bytes([0x91, 72, 50]))
        listening.clients["a"].receive(0x91, 72, 50)
    assert [] == listening.got
    assert ["what is sent comes back to the input, and is not taken for yours; undo that connection"] == listening.said


def test_a_port_that_does_not_open_is_tried_again():
    """The error is the caller's, and the next offer's a new chance."""
    listening = Listening("nord")
    offer = Offer(systems=frozenset({"fake"}), sources=(("fake", "nord 20"),))
    with pytest.raises(PortError):
        listening.input_ports.heal(offer, print, print)
    listening.offer("nord 20")
    assert "nord 20" == listening.input_ports.name


def test_closing_closes_every_port_and_a_port_that_opens_late():
    """Nothing stays behind."""
    listening = Listening("a", "b", there=["a"])
    listening.input_ports.close()
    listening.offer("a", "b")
    assert [["close_port", "delete"]] * 2 == [client.calls for client in listening.clients.values()]


@real_time
def test_all_that_is_sent_fed_back_over_real_ports_neither_doubles_nor_builds_up(jack):
    """Eight strokes with their pedal are heard once each, the companion's 32 never, and it is told once."""
    played, companion, last_words = 8 * 4, 2 * 8 * 4, 2 * 3
    assert {
        "strikes": 8,
        "pitches": [60],
        "heard": played,
        "sent": played + companion + last_words,
        "told": 1,
    } == outcome("fed_back")


@on_jack
def test_a_server_that_is_started_again_finds_our_ports_again():
    """Both are lost, told and opened anew, and keys pass thru as before."""
    with jack_server() as name:
        program = subprocess.Popen(
            [sys.executable, port_scenarios.__file__, "server_restarted"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        said = ""
        while said != "ready\n":
            said = program.stdout.readline()
            assert said, "it ended before it was ready"
    with jack_server(name):
        out, _ = program.communicate("\n", timeout=120)
    found = port_scenarios.json.loads(out)
    gone = {"input 'JACK server' is gone; its keys are let go, and it is awaited"}
    gone |= {"output 'JACK server' is gone; it is awaited"}
    assert gone == set(found["said"][:2])
    assert (True, True) == (found["through"], found["heard"])
    assert 0 == program.returncode


def test_other_ports_are_listened_to_instead():
    """What was held is let go of; the new ones are heard, and awaited where that was allowed."""
    listening = Listening("a", there=["a", "b"])
    listening.clients["a"].receive(0x90, 60, 9)
    listening.input_ports.change(["b", "later"], lambda name: None if name == "later" else listening.open_port(name))
    listening.clients["b"].receive(0x90, 62, 9)
    assert [NoteOn(5.0, 60, 9), NoteOff(5.0, 60), NoteOn(5.0, 62, 9)] == listening.got
    assert "close_port" in listening.clients["a"].calls
    listening.offer("b", "later")
    assert "b, later" == listening.input_ports.name


def test_where_a_new_port_does_not_open_the_old_ones_stay():
    """Those that had been opened beside it are closed."""
    listening = Listening("a", there=["a", "b"])
    with pytest.raises(PortError):
        listening.input_ports.change(["b", "none"], listening.open_port)
    listening.clients["a"].receive(0x90, 60, 9)
    assert ([NoteOn(5.0, 60, 9)], "a") == (listening.got, listening.input_ports.name)
    assert "close_port" in listening.clients["b"].calls


def test_once_closed_no_other_port_stays_open():
    """It was being opened when the music ended."""
    listening = Listening("a", there=["a", "b"])
    listening.input_ports.close()
    listening.input_ports.change(["b"], listening.open_port)
    assert ("nobody yet", True) == (listening.input_ports.name, "close_port" in listening.clients["b"].calls)
