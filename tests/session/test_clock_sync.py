"""The session's time: what is sent on a clock that is moved by hand, and jack_midi_clock as a master on real ports."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from livecomposer.clocks import ManualClock
from livecomposer.companion.turn_taking import TurnTaking
from livecomposer.playing.player import Player
from livecomposer.playing.sinks import Output
from livecomposer.session.clock_sync import ClockSync, keep_time
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.settings import Settings, changed
from tests.fakes import FakeSink
from tests.jack import jack_server, on_jack, real_time
from tests.session.minds import tiny_checkpoint

LEADER = Path(__file__).with_name("clock_hands.py")
TICK, START, STOP = 0xF8, 0xFA, 0xFC
PERIOD = 128
"""Frames, 2.7 ms: our library knows no finer moment of a message."""
NEEDS = "jack_midi_clock is not installed (apt install jack-midi-clock), or JACK-Client (pip install JACK-Client)"
COMPANION = 1
"""The companion's channel."""
PORTS = ["--input", "virtual", "--output", "virtual"]


class ClockedSink(FakeSink):
    """A sink that keeps a clock's messages apart; as unreal as its base."""

    def __init__(self):
        super().__init__()
        self.ticks = []

    def realtime(self, data):
        self.ticks.append(data[0])


class Stand:
    """Stands where a session does, and remembers when it was halted; nothing plays."""

    def __init__(self, player):
        self.player = player
        self.halted = []

    def halt(self, moment):
        self.halted.append(moment)

    def act(self, name):
        """Nothing."""

    def adapt(self, settings):
        """Nothing."""


def settings_of(**values):
    """Settings with some values changed."""
    return changed(Settings(), values)


async def kept(seconds, clock, sink, clock_sync, player):
    """Keep time for so many seconds of ``clock``, in none of the world's, as the task and the player's thread do."""
    until = clock.now() + seconds
    while clock.now() < until:
        clock_sync._send_ahead()
        clock.advance(0.005)
        player.run_due(clock.now())
        await asyncio.sleep(0)
    return sink


async def test_a_clock_is_sent_at_our_tempo_and_no_note_with_it():
    """Three seconds at 60: a start, and three beats of ticks and one more."""
    clock, sink = ManualClock(), ClockedSink()
    player = Player(Output([sink]), clock)
    clock_sync = ClockSync(settings_of(clock="out", tempo=60.0), player, clock=clock)
    await kept(3.002, clock, sink, clock_sync, player)
    assert START == sink.ticks[0]
    assert [TICK] * 73 == sink.ticks[1:]
    assert [] == sink.sent


async def test_the_metronome_clicks_on_its_channel_and_takes_orders():
    """Switched on and off by its command; no clock is sent unasked."""
    clock, sink = ManualClock(), ClockedSink()
    player = Player(Output([sink]), clock)
    stand = Stand(player)
    dispatcher = Dispatcher(stand, settings_of(tempo=120.0, metronome_channel=3), panic=lambda: None)
    clock_sync = keep_time(stand, dispatcher, TurnTaking(settings_of(), seed=1), clock=clock)
    await kept(1.0, clock, sink, clock_sync, player)
    assert [] == sink.sent
    dispatcher.do("metronome", "on")
    await kept(1.8, clock, sink, clock_sync, player)
    dispatcher.do("metronome", "off")
    await kept(2.0, clock, sink, clock_sync, player)
    assert [0x92] * 4 == [data[0] for data in sink.sent if data[0] & 0xF0 == 0x90]
    assert [76, 77, 77, 77] == [data[1] for data in sink.sent if data[0] & 0xF0 == 0x90]
    assert [] == sink.ticks


async def test_taps_set_the_tempo_for_all_who_watch():
    """Through the desk, as any other command would."""
    clock = ManualClock()
    stand = Stand(Player(Output([]), clock))
    dispatcher = Dispatcher(stand, settings_of(metronome="on"), panic=lambda: None)
    companion = TurnTaking(settings_of(), seed=1)
    keep_time(stand, dispatcher, companion, clock=clock)
    for _ in range(4):
        dispatcher.do("tap")
        clock.advance(0.4)
    assert 150.0 == dispatcher.value("tempo")
    assert 150.0 == companion.pulse(clock.now()).tempo


async def test_a_stop_that_comes_in_halts_the_session_at_its_moment():
    """Told from another thread, done in the loop's."""
    clock = ManualClock()
    stand = Stand(Player(Output([]), clock))
    clock_sync = keep_time(
        stand, Dispatcher(stand, settings_of(), panic=lambda: None), TurnTaking(settings_of(), seed=1), clock=clock
    )
    for moment, status in ((0.0, START), (1.25, STOP)):
        await asyncio.to_thread(clock_sync.receive, bytes([status]), moment)
    await asyncio.sleep(0)
    assert [1.25] == stand.halted


async def ticked(clock_sync, clock, seconds, *, tempo=120.0, first=b""):
    """Send a clock's ticks for so many seconds, after ``first``, and look each time."""
    for status in first:
        clock_sync._hear(bytes([status]), clock.now())
    for _ in range(round(seconds * tempo / 60 * 24)):
        clock_sync._hear(bytes([TICK]), clock.now())
        clock.advance(60 / tempo / 24)
        clock_sync._send_ahead()


async def test_the_performer_is_told_once_that_a_clock_is_followed_and_once_that_it_is_not():
    """With its tempo; ticks before a start are no song, a stop and a loss are told apart."""
    clock, said = ManualClock(), []
    clock_sync = ClockSync(settings_of(), Player(Output([]), clock), clock=clock, notify=said.append)
    await ticked(clock_sync, clock, 3.0)
    assert [] == said
    await ticked(clock_sync, clock, 5.0, first=bytes([START]))
    assert ["following MIDI clock, 120 bpm"] == said
    await ticked(clock_sync, clock, 1.0, first=bytes([STOP]))
    assert ["the MIDI clock is stopped"] == said[1:]
    await ticked(clock_sync, clock, 5.0, first=bytes([START]), tempo=173.0)
    clock.advance(1.0)
    clock_sync._send_ahead()
    assert ["following MIDI clock, 173 bpm", "the MIDI clock is gone; no beat is followed"] == said[2:]


async def test_a_clock_that_is_gone_leaves_our_own_beat():
    """Which the performer is told."""
    clock, said = ManualClock(), []
    clock_sync = ClockSync(settings_of(metronome="on"), Player(Output([]), clock), clock=clock, notify=said.append)
    await ticked(clock_sync, clock, 3.0, first=bytes([START]))
    clock.advance(1.0)
    clock_sync._send_ahead()
    assert "the MIDI clock is gone; our own beat goes on" == said[-1]


async def test_whoever_follows_our_clock_is_told_that_it_ends():
    """The last message is a stop, once."""
    clock, sink = ManualClock(), ClockedSink()
    player = Player(Output([sink]), clock)
    clock_sync = ClockSync(settings_of(clock="out"), player, clock=clock)
    running = asyncio.create_task(clock_sync.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [STOP] == sink.ticks


def _can_lead():
    if not shutil.which("jack_midi_clock"):
        return False
    try:
        import jack  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def real_ports(test):
    """A test with a clock that is not ours, on real ports."""
    return on_jack(real_time(pytest.mark.skipif(not _can_lead(), reason=NEEDS)(test)))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A checkpoint that loads at once."""
    return tiny_checkpoint(tmp_path_factory.mktemp("weights") / "tiny")


@real_ports
@pytest.mark.parametrize("tempo", [60, 120, 173])
def test_an_answer_to_jack_midi_clock_begins_on_a_bar_line_and_ends_with_its_stop(tiny, tmp_path, tempo):
    """The tempo is read within half a per cent, the bar line met within 5 ms; after the stop no key is left down."""
    jam = [*PORTS, "--mode", "respond", "--answer-bars", 16, "--max-rest", 0.3, "--max-note", 1, "--record", tmp_path]
    heard, report = led(tiny, tmp_path, jam, tempo=tempo, seconds=7.0, phrase_at=2.5, stop_at=6.0)
    answer = [(moment, data) for port, moment, *data in heard if port == "notes" and data[0] & 15 == COMPANION]
    struck = [moment for moment, data in answer if data[0] & 0xF0 == 0x90]
    ticks = np.array([moment for port, moment, *data in heard if port == "clock" and data == [TICK]])
    begun, spacing, uneven = evenness(ticks, np.rint((ticks - ticks[0]) * tempo / 60 * 24))  # though some may be lost
    bars, off = _from_bar_line(struck[0] - begun, 96 * spacing)
    (turn,) = _turns(next(tmp_path.glob("*.jsonl")))
    stopped = next(moment for _, moment, *data in heard if data == [STOP])
    assert uneven < 0.02, "the machine stood still"
    assert 0 == pytest.approx(off, abs=0.005)
    assert bars >= 1
    assert tempo == pytest.approx(turn["tempo"], rel=0.005)
    assert stopped - 1.0 < struck[-1] < stopped + 0.02
    assert answer[-1][0] < stopped + 0.1
    assert set() == sounding(data for _, data in answer)
    assert 0 == report["notes_on"]


@real_ports
def test_our_own_clock_is_as_even_as_the_period_lets_it_be(tiny, tmp_path):
    """Measured by another client: nearly every tick is where it belongs, to a period."""
    jam = [*PORTS, "--clock", "out", "--tempo", 133, "--no-record"]
    heard, _ = led(tiny, tmp_path, jam, tempo=0, seconds=6.0)
    ticks = np.array([moment for _, moment, *data in heard if data == [TICK]])
    begun, spacing, _ = evenness(ticks, np.arange(len(ticks)))
    assert len(ticks) > 200
    assert 133.0 == pytest.approx(60.0 / spacing / 24, rel=0.005)
    off = np.abs(ticks - begun - spacing * np.arange(len(ticks)))
    assert np.quantile(off, 0.9) < 0.005


def evenness(ticks, numbers):
    """Where a clock's ticks begin, how far apart they are, and by how much the worst is off, as a client hears."""
    spacing, begun = np.polyfit(numbers, ticks, 1)
    return begun, spacing, float(np.abs(ticks - begun - spacing * numbers).max())


def _from_bar_line(moment, bar):
    """The bar line that is nearest, counted from the beginning, and the seconds from it."""
    nearest = round(moment / bar)
    return nearest, moment - nearest * bar


def _turns(journal):
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    return [line for line in lines if line.get("what") == "turn"]


def led(model, folder, arguments, *, tempo, seconds, phrase_at=0.0, stop_at=0.0):
    """What the leader heard of a session: [port, seconds, bytes...] each; and the session's report."""
    with ExitStack() as stack:
        stack.enter_context(jack_server(period=PERIOD, realtime=True))
        command = [
            "-m",
            "livecomposer.control.cli",
            "jam",
            *arguments,
            "--model",
            model,
            "--json",
            "--phrase-wait",
            "0.3",
        ]
        session = stack.enter_context(program(command, folder, ready="ready:", stream="stderr"))
        measures = [LEADER, tempo, seconds, phrase_at, stop_at]
        leader = stack.enter_context(program(measures, folder, ready="ready", stream="stdout"))
        connect(port("input"), from_="leader:keys")
        connect("leader:notes", from_=port("output"))
        if tempo:
            master = subprocess.Popen(["jack_midi_clock", port("input"), "leader:clock"])
            stack.callback(master.wait)
            stack.callback(master.terminate)
            until(
                lambda: (
                    subprocess.run(["jack_lsp", "-c"], capture_output=True, check=False).stdout.count(b"mclk_out") == 3
                )
            )
        out, said = leader.communicate("go\n", timeout=seconds + 60)
        assert 0 == leader.returncode, said
        session.terminate()
        report, said = session.communicate(timeout=60)
        assert 0 == session.returncode, said
    return json.loads(out.splitlines()[-1]), json.loads(report)


class program:  # noqa: N801 - used as a function
    """A Python program that runs beside the test, once it has said that it is ready; killed at the end."""

    def __init__(self, arguments, folder, *, ready, stream):
        self.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = [""]
        while ready not in said[-1]:
            said.append(getattr(self.process, stream).readline())
            assert said[-1], f"{arguments[0]} ended before it was ready: {''.join(said)}"

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def port(direction):
    """Our own virtual port of that direction."""
    listed = subprocess.run(["jack_lsp", "-p"], capture_output=True, text=True, check=False).stdout
    (found,) = re.findall(rf"^(livecomposer.*:livecomposer)\n\s+properties: {direction}", listed, flags=re.MULTILINE)
    return found


def connect(target, *, from_):
    """Plug one into the other."""
    subprocess.run(["jack_connect", from_, target], check=True, capture_output=True)


def until(condition):
    """A fact about other programs, within the longest time that a busy machine may take."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def sounding(messages):
    """The keys left down."""
    down = set()
    for status, key, velocity in (data for data in messages if data[0] & 0xE0 == 0x80):
        (down.add if status & 0x10 and velocity else down.discard)(key)
    return down
