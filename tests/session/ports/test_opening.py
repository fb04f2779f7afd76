"""What the settings name, opened, or refused before anything else is."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from threading import Thread

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.errors import PortError, SoundError
from livecomposer.events import NoteOff, NoteOn
from livecomposer.faults import Fault, Faults
from livecomposer.midi import files
from livecomposer.midi.output_port import OutputPort
from livecomposer.midi.ports import Port
from livecomposer.places import beside
from livecomposer.playing.sinks import NullSink
from livecomposer.session.lifecycle import perform
from livecomposer.session.ports import opening as doors
from livecomposer.settings import Settings, changed
from tests.fakes import FakeClient, FakeSink, counted
from tests.jack import jack_server, on_jack
from tests.midi.odd_files import CASES
from tests.session.minds import tiny_checkpoint
from tests.session.test_lifecycle import Jam


def test_an_output_that_fails_to_open_leaves_none_open(monkeypatch, tmp_path):
    """What was opened before it is closed."""
    (tmp_path / "config.json").write_text("{}")
    first = FakeSink()

    def open_sink(wanted, *_, **__):
        if wanted == "first":
            return first
        raise PortError(wanted)

    monkeypatch.setattr(doors, "open_sink", open_sink)
    with pytest.raises(PortError, match="second"):
        asyncio.run(
            perform(changed(Settings(), {"model": str(tmp_path), "output": "first, second"}), seed=1, record=None)
        )
    assert 1 == first.closed


def test_without_a_name_what_there_is_is_opened_and_the_rest_told(monkeypatch):
    """A system without an audio device plays through its virtual port, and says what it lacks."""
    port, said = FakeSink(), []

    def open_sink(wanted, *_, **__):
        if wanted == "virtual":
            return port
        raise SoundError("no audio device")

    monkeypatch.setattr(doors, "open_sink", open_sink)
    assert [("virtual", port)] == list(doors.sinks(Settings(), ManualClock(), said.append))
    assert [f"output: {port.name}", "no sound: no audio device"] == said


def test_what_a_port_does_not_take_is_counted_where_it_was_opened(monkeypatch):
    """By whoever plays through it."""
    faults, client = Faults(), FakeClient(broken=True)
    monkeypatch.setattr(
        doors, "open_sink", partial(doors.open_sink, open_port=lambda name: Port(client, name=name, api=""))
    )
    ((_, sink),) = doors.sinks(changed(Settings(), {"output": "organ"}), ManualClock(), print, faults)
    sink.send(bytes([0x90, 60, 80]))
    assert {Fault.OUTPUT_FAILED: 1} == counted(faults)
    sink.close()


def test_no_output_is_an_output():
    """``none`` takes everything and sounds nothing."""
    ((_, sink),) = doors.sinks(changed(Settings(), {"output": "none"}), ManualClock(), print)
    assert isinstance(sink, NullSink)


def test_who_plays_in_place_of_a_person(monkeypatch, tmp_path):
    """A given performance before all, then a file that is named; the fallback only where no keyboard is connected."""
    given = [NoteOn(0.0, 60, 80)]
    assert tuple(given) == tuple(doors.simulated_performance(Settings(), None, given).events)
    monkeypatch.setattr(doors.ports, "inputs", lambda: ["keyboard"])
    assert doors.simulated_performance(Settings(), tmp_path / "never-read.mid", None) is None
    assert (
        doors.simulated_performance(changed(Settings(), {"input": "nord"}), tmp_path / "never-read.mid", None) is None
    )


def test_what_is_odd_about_a_performers_file_is_said():
    """In one line, before it is played."""
    lines, source = [], CASES / "04-empty-metas.mid"
    doors.simulated_performance(changed(Settings(), {"input": str(source)}), None, None, lines.append)
    assert [f"{source}: read 24 notes; ignored: 5 meta events that say too little"] == lines


def test_one_of_several_outputs_may_come_later(monkeypatch):
    """It is told and awaited; the only one must be there."""

    class Absent(OutputPort):
        def __init__(self, wanted, *, patient, **_):
            assert patient
            super().__init__(wanted, patient=patient, open_port=self.refuse)

        def refuse(self, wanted):
            raise PortError(wanted)

    said = []
    monkeypatch.setattr(doors, "OutputPort", Absent)
    assert 2 == len(list(doors.sinks(changed(Settings(), {"output": "none, nord"}), ManualClock(), said.append)))
    assert ["output 'nord' is not there; it is awaited"] == said


def test_the_last_words_of_a_driver_may_come_when_the_loop_is_closed():
    """They are left out, and nobody fails."""
    said = []

    async def within():
        soon = doors.in_loop(said.append)
        soon("heard")
        await asyncio.sleep(0)
        return soon

    asyncio.run(within())("too late")
    assert ["heard"] == said


LIVES = 10


@on_jack
@pytest.mark.timeout(300)
def test_keyboard_and_synthesiser_are_killed_ten_times_in_the_middle_of_a_phrase(tmp_path):
    """The session goes on with each of their lives, nothing is left on, and the recording is whole."""
    model = tiny_checkpoint(tmp_path / "tiny")
    jam = ["--input", "keys", "--output", "virtual,fluidsynth", "--json", "--panel", "off", "--record", tmp_path]
    with jack_server(period=512), _Mortal(SYNTH) as synth, _Mortal(LISTENER) as input_ports:
        assert "ready\n" == input_ports.process.stdout.readline()
        with Jam(*jam, "--model", model, cwd=tmp_path) as running:
            told = _Told(running.process.stderr)
            subprocess.run(["jack_connect", "livecomposer:livecomposer", "ears:in"], check=True, capture_output=True)
            with _Mortal(KEYS) as keys:  # from now on: what was struck before was recorded and could not be heard
                told.wait("input 'keys:out' is there and is listened to", 1)
                for life in range(1, LIVES + 1):
                    time.sleep(1.0)  # in which keys are struck; the last one is down when this ends
                    keys.die()
                    synth.die()
                    time.sleep(1.3 * (life % 2))  # every other time before anything can be answered
                    keys.live()
                    synth.live()
                    told.wait("input 'keys:out' is connected", life)
                    told.wait("output 'fluidsynth-midi:midi_00' is connected", life)
                time.sleep(1.0)
                running.process.send_signal(signal.SIGTERM)
            report = json.loads(running.process.stdout.read())
            assert 0 == running.process.wait(60)
        heard = json.loads(input_ports.process.communicate("")[0])
    assert 0 == report["notes_on"]
    assert set() == _left_on(bytes(map(int, message[1:])) for message in heard)
    tracks = {track.name: track.events for track in files.read(next(tmp_path.glob("*.mid"))).tracks}
    struck = [event.time for event in tracks["performer"] if isinstance(event, NoteOn)]
    assert len(struck) == sum(isinstance(event, NoteOff) for event in tracks["performer"])
    assert LIVES + 1 <= len(struck) == sum(message[1] == 0x90 and message[3] > 0 for message in heard)
    assert struck[-1] - struck[0] > LIVES


KEYS = ["jack_midiseq", "keys", "24000", "0", "60", "20000", "4000", "64", "18000"]
SYNTH = ["fluidsynth", "-a", "jack", "-m", "jack", "-s", "-i", str(beside("soundfonts/livecomposer-piano.sf2"))]
LISTENER = [sys.executable, str(Path(__file__).parents[2] / "midi" / "jack_ears.py")]


class _Mortal:
    """A program that can be killed and started again."""

    def __init__(self, command):
        self._command = command
        self.live()

    def live(self):
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def die(self):
        self.process.kill()
        self.process.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.process.stdout.closed:
            self.die()


class _Told:
    """What a program says, line by line."""

    def __init__(self, stream):
        self._lines = []
        Thread(target=lambda: self._lines.extend(stream), daemon=True).start()

    def wait(self, line, times):
        """Until it has been said so often."""
        until = time.monotonic() + 60
        while sum(line in said for said in self._lines) < times:
            assert time.monotonic() < until, self._lines
            time.sleep(0.05)


def _left_on(messages):
    """Keys that were struck and never released."""
    on = set()
    for data in messages:
        if data[0] & 0xF0 == 0x90 and data[2]:
            on.add((data[0] & 15, data[1]))
        elif data[0] & 0xF0 in (0x80, 0x90):
            on.discard((data[0] & 15, data[1]))
    return on
