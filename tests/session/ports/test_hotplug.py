"""Ports that are watched, and exchanged while music plays."""

import asyncio

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.errors import PortError, SettingError, SoundError
from livecomposer.events import NoteOff, NoteOn
from livecomposer.faults import Fault, Faults
from livecomposer.midi.input_path import InputPath
from livecomposer.midi.input_ports import InputPorts
from livecomposer.midi.output_port import OutputPort
from livecomposer.midi.port_watcher import Offer
from livecomposer.midi.ports import VIRTUAL, Port
from livecomposer.playing.sinks import NullSink, Output
from livecomposer.session.ports import hotplug as switchboard
from livecomposer.session.ports.hotplug import Hotplug
from livecomposer.settings import Settings
from tests.fakes import FakeClient, FakeSink, counted
from tests.jack import on_jack
from tests.session.jack_board import outcome

ON, OFF, PEDAL, PROGRAM = bytes([0x90, 60, 80]), bytes([0x80, 60, 64]), bytes([0xB0, 64, 127]), bytes([0xC0, 5])


class Told:
    """Stands in for the lookout: tells two offers as soon as it is entered, in the same thread."""

    offers: tuple = ("first", "second")

    def __init__(self, on_offer, **_):
        self.on_offer, self.again = on_offer, 0

    def __enter__(self):
        for offer in self.offers:
            self.on_offer(offer)

    def __exit__(self, *_):
        pass

    connect = print

    def look_again(self):
        """Count."""
        self.again += 1


class RecordingCompanion:
    """A performance that can be ended."""

    closed = 0

    def close(self):
        """Count."""
        self.closed += 1


class Wiring:
    """A switchboard between fake ports; ``clients`` by name, ``got`` what is heard, ``broken`` what does not open."""

    def __init__(self, monkeypatch, *, recorded=None, broken=(), inputs=("nord", "casio, red"), outputs=("nord", "fs")):
        self.clients, self.got, self.recorded = {}, [], recorded
        self.broken, self.faults = set(broken), Faults()
        clock = ManualClock(5.0)
        self.input_ports = InputPorts(
            ["nord"] if recorded is None else [],
            input_path=InputPath(clock=clock, deliver=lambda played: self.got.append(played.event)),
            clock=clock,
            open_port=lambda name: self.open_at("input", "fake", name),
        )
        self.before = FakeSink("before")
        self.output = Output([])
        board = Hotplug(
            Settings,
            self.input_ports,
            recorded,
            self.output,
            {"before": self.output.attach(self.before)},
            clock=clock,
            faults=self.faults,
            open_at=self.open_at,
            pause=lambda _: None,
        )
        self.board = board
        offer = Offer(
            systems=frozenset({"fake"}),
            sources=tuple(("fake", name) for name in inputs),
            targets=tuple(("fake", name) for name in outputs),
        )
        monkeypatch.setattr(switchboard, "PortWatcher", Told)
        monkeypatch.setattr(Told, "offers", (offer,))

    def open_at(self, kind, api, name, **_):
        """A fake port."""
        if name in self.broken:
            raise PortError(f"{name} is in use")
        client = self.clients[kind, name] = FakeClient()
        return Port(client, name=name, api=api)

    async def change(self, name, wanted):
        """Change it, once the lookout has told what there is."""
        async with self.board.mended(print, watched=True):
            return await (self.board.change_input if name == "input" else self.board.change_output)(wanted)


class Wanderer(InputPorts):
    """Ears of nothing, which are mended by raising ``fails`` once and counting from then on."""

    def __init__(self, fails=None):
        super().__init__([], input_path=print, clock=ManualClock())
        self.fails, self.offers = fails, []

    def heal(self, offer, connect, notify):
        """Fail as long as there is something to fail of."""
        fails, self.fails = self.fails, None
        if fails is not None:
            raise fails
        self.offers.append(offer)


async def test_ports_are_mended_and_one_that_fails_keeps_no_other_from_it(monkeypatch):
    """It is told, and looked at again."""
    lookouts, said = [], []
    monkeypatch.setattr(switchboard, "PortWatcher", lambda heal, **_: lookouts.append(Told(heal)) or lookouts[0])
    input_ports = Wanderer(PortError("busy;"))
    output_port = OutputPort("synth", open_port=lambda _: Port(FakeClient(), name="synth", api="fake"))
    mended = []
    output_port.heal = lambda offer, *_: mended.append(offer)
    outlets = {"synth": output_port, "none": NullSink()}
    board = Hotplug(Settings, input_ports, None, Output([]), outlets, clock=ManualClock())
    async with board.mended(said.append):
        await asyncio.sleep(0)
    assert (["second"], ["first", "second"], 1) == (input_ports.offers, mended, lookouts[0].again)
    assert ["busy; it is tried again"] == said
    assert input_ports.sent == output_port.on_send


@pytest.mark.parametrize("watched", [False, True])
async def test_nothing_is_watched_where_nothing_can_come_loose(monkeypatch, watched):
    """A file plays into nowhere: no process is started, unless somebody may choose a port."""
    began = []
    monkeypatch.setattr(switchboard, "PortWatcher", lambda heal, **_: began.append(heal) or Told(lambda _: None))
    monkeypatch.setattr(Told, "__enter__", lambda _: began.append("entered"))
    board = Hotplug(Settings, Wanderer(), RecordingCompanion(), Output([]), {"none": NullSink()}, clock=ManualClock())
    async with board.mended(print, watched=watched):
        assert watched == ("entered" in began)


async def test_another_input_is_heard_and_what_was_held_is_let_go(monkeypatch):
    """The old one is closed; the new one's keys arrive."""
    wiring = Wiring(monkeypatch)
    wiring.clients["input", "nord"].receive(*ON)
    assert "listening to casio, red" == await wiring.change("input", "casio, red")
    wiring.clients["input", "casio, red"].receive(0x90, 72, 9)
    assert [NoteOn(5.0, 60, 80), NoteOff(5.0, 60), NoteOn(5.0, 72, 9)] == wiring.got
    assert ["close_port", "delete"] == wiring.clients["input", "nord"].calls


@pytest.mark.parametrize(("wanted", "match"), [("moog", "named like 'moog'"), ("casio", "in use")])
async def test_an_input_that_cannot_be_had_leaves_the_old_one(monkeypatch, wanted, match):
    """Nothing is let go of, and it goes on."""
    wiring = Wiring(monkeypatch, broken=["casio, red"])
    wiring.clients["input", "nord"].receive(*ON)
    with pytest.raises(PortError, match=match):
        await wiring.change("input", wanted)
    wiring.clients["input", "nord"].receive(*OFF)
    assert [NoteOn(5.0, 60, 80), NoteOff(5.0, 60)] == wiring.got
    assert "nord" == wiring.board.listens


async def test_a_person_takes_the_seat_of_a_recorded_performance(monkeypatch):
    """Whoever chooses an input ends it; any keyboard will do, and where there is none a port of our own is opened."""
    wiring = Wiring(monkeypatch, recorded=RecordingCompanion(), inputs=())
    assert "listening to livecomposer" == (await wiring.change("input", "")).replace(VIRTUAL, "livecomposer")
    assert 1 == wiring.recorded.closed


async def test_another_output_sounds_and_the_old_one_is_silent_and_closed(monkeypatch):
    """Programs and the pedal that is down are told the new one; nothing hangs on either."""
    wiring = Wiring(monkeypatch)
    for data in (PROGRAM, PEDAL, ON):
        wiring.output.send(data)
    assert "playing to fs" == await wiring.change("output", "fs")
    wiring.output.send(bytes([0x90, 62, 80]))
    hushed = [bytes([0xB0, number, 0]) for number in (64, 120, 123)]
    assert [PROGRAM, PEDAL, ON, OFF, *hushed] == wiring.before.sent
    assert 1 == wiring.before.closed
    assert [PROGRAM, PEDAL, bytes([0x90, 62, 80])] == wiring.clients["output", "fs"].sent
    assert ("fs",) == wiring.output.names
    wiring.output.close()


async def test_what_fails_on_the_ports_is_counted_in_one_place(monkeypatch):
    """A port that was opened meanwhile, and the watcher."""
    wiring = Wiring(monkeypatch)
    given = []
    monkeypatch.setattr(switchboard, "PortWatcher", lambda heal, faults: given.append(faults) or Told(heal))
    await wiring.change("output", "fs")
    assert [wiring.faults] == given
    wiring.clients["output", "fs"].broken = True
    wiring.output.send(ON)
    assert {Fault.OUTPUT_FAILED: 1} == counted(wiring.faults)
    wiring.output.close()


async def test_what_is_in_both_stays_open(monkeypatch):
    """One more output is added; then one goes."""
    wiring = Wiring(monkeypatch)
    await wiring.change("output", "before, fs")
    assert (0, ("before", "fs")) == (wiring.before.closed, wiring.output.names)
    await wiring.change("output", "before")
    assert (0, ("before",)) == (wiring.before.closed, wiring.output.names)


async def test_an_output_that_cannot_be_had_leaves_the_old_one(monkeypatch):
    """What was opened beside it is closed again."""
    wiring = Wiring(monkeypatch, broken=["fs"])
    wiring.output.send(ON)
    for wanted in ("moog", "nord, fs"):
        with pytest.raises(PortError):
            await wiring.change("output", wanted)
    assert "close_port" in wiring.clients["output", "nord"].calls
    assert ([ON], ("before",)) == (wiring.before.sent, wiring.output.names)


async def test_without_a_name_what_there_is_will_do(monkeypatch):
    """A virtual port without a synthesiser; where neither is there, all stays."""

    def open_sink(name, *_, open_port, **__):
        if name == "synth":
            raise SoundError("no audio device")
        return OutputPort(name, open_port=open_port)

    monkeypatch.setattr(switchboard, "open_sink", open_sink)
    wiring = Wiring(monkeypatch)
    assert "playing to virtual" == await wiring.change("output", "")
    other = Wiring(monkeypatch, broken=[VIRTUAL])
    with pytest.raises(PortError, match="virtual"):
        await other.change("output", "")
    assert ("before",) == other.output.names


async def test_once_the_session_is_over_what_was_just_opened_is_closed(monkeypatch):
    """A change that is under way outlives the music by a moment."""
    wiring = Wiring(monkeypatch)
    wiring.output.close()
    wiring.board.close()
    await wiring.change("output", "fs")
    await wiring.change("input", "casio")
    assert all("close_port" in client.calls for client in wiring.clients.values())


async def test_where_the_ports_are_not_known_nothing_is_tried(monkeypatch):
    """The lookout says nothing: that is told."""
    monkeypatch.setattr(switchboard, "_KNOWN_WITHIN", 0.0)
    wiring = Wiring(monkeypatch)
    monkeypatch.setattr(Told, "offers", ())
    with pytest.raises(PortError, match="not known yet"):
        await wiring.change("input", "casio")


def test_files_are_for_the_start_alone(monkeypatch):
    """Whoever asks is told what to type."""
    wiring = Wiring(monkeypatch)
    with pytest.raises(SettingError, match=r"--input FILE\.mid"):
        wiring.board.check_input("a.MID")
    with pytest.raises(SettingError, match=r"--output FILE\.wav"):
        wiring.board.check_output("synth, a.wav")
    wiring.board.check_input("nord")
    wiring.board.check_output("nord")


@on_jack
@pytest.mark.timeout(180)
def test_real_ports_are_exchanged_again_and_again():
    """On JACK, in a process of its own: each keyboard is heard while it is chosen, each synthesiser sounds and ends."""
    done = outcome()
    assert {"heard": [60, 72] * done["times"], "left_on": 0} == {name: done[name] for name in ("heard", "left_on")}
