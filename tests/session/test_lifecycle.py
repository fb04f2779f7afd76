"""The whole instrument: its own processes, real ports, and synthesisers that are not ours."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import wave
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from livecomposer.clocks import ManualClock
from livecomposer.errors import MidiFileError, PortError, SettingError, SoundError
from livecomposer.events import NoteOn, Role
from livecomposer.faults import Fault, Faults
from livecomposer.midi import files
from livecomposer.places import beside
from livecomposer.session import lifecycle as stage
from livecomposer.session.lifecycle import perform
from livecomposer.session.timing import overload_control as overload
from livecomposer.session.timing.overload_ladder import Window
from livecomposer.settings import Settings, changed
from livecomposer.takes.journal import Journal
from tests.fakes import FakeSink
from tests.jack import jack_server, on_jack, real_time
from tests.session.minds import tiny_checkpoint
from tests.session.players import chord, phrase

HANDS = Path(__file__).with_name("jack_hands.py")
QUICK = {"extension_duration": "1.5", "phrase_wait": "0.3", "phrase_wait_max": "0.8"}
READY_SECONDS = 90
COMPANION_CHANNEL = 1
PHRASE_KEYS = 6


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A checkpoint that loads at once."""
    return tiny_checkpoint(tmp_path_factory.mktemp("weights") / "tiny")


@pytest.fixture
def score(tmp_path):
    """A simulated performer's file: one phrase."""
    path = tmp_path / "score.mid"
    files.write(path, [files.Track("hands", tuple(phrase(0.1, notes=6, spacing=0.15, length=0.1)))])
    return path


def settings_of(tiny, **values):
    """Quick settings for the tiny checkpoint."""
    return changed(Settings(), {**QUICK, "model": str(tiny), "output": "none", **values})


class Jam:
    """``livecomposer jam`` as a process of its own; ends with it."""

    def __init__(self, *arguments, cwd):
        options = [text for name, value in QUICK.items() for text in ("--" + name.replace("_", "-"), value)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "livecomposer.control.cli", "jam", *options, *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said = []
        while "ready:" not in (line := self.process.stderr.readline()):
            self.said.append(line)
            assert line, f"jam ended before it was ready: {''.join(self.said)}"

    def end(self, number=signal.SIGTERM):
        """Send a signal; the exit code, and all that was said."""
        self.process.send_signal(number)
        out, said = self.process.communicate(timeout=60)
        return self.process.returncode, out, said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


async def test_a_simulated_performer_is_answered_and_the_take_is_kept(tiny, score, tmp_path):
    """The session ends by itself once the answer is over: two tracks, and nothing left on."""
    done = await perform(settings_of(tiny, input=str(score)), seed=1, record=tmp_path / "takes")
    tracks = {track.name: track.events for track in files.read(done.midi).tracks}
    assert 1 == done.turns
    assert 0 == done.notes_on
    assert 6 == sum(isinstance(event, NoteOn) for event in tracks["performer"])
    assert any(isinstance(event, NoteOn) for event in tracks["companion"])
    assert 2 * sum(isinstance(event, NoteOn) for event in tracks["companion"]) == len(tracks["companion"])


async def test_keys_that_only_sound_are_on_the_take_and_feed_nobody(tiny, score, tmp_path):
    """All that was struck is on the performer's track, each with its end; the companion has no turn."""
    done = await perform(settings_of(tiny, input=str(score), zones="0-127 sounds"), seed=1, record=tmp_path / "takes")
    tracks = {track.name: track.events for track in files.read(done.midi).tracks}
    assert 6 == sum(isinstance(event, NoteOn) for event in tracks["performer"])
    assert 12 == len(tracks["performer"])
    assert (0, 0) == (done.turns, len(tracks.get("companion", ())))


async def test_ten_fingers_at_twenty_strokes_a_second_leave_nothing_on(tiny, tmp_path):
    """Played along with, in real time: every key is heard, a plan answers, and both end in silence."""
    strokes = [event for i in range(60) for event in chord(0.1 + i / 20, range(30 + i % 20, 40 + i % 20), length=0.04)]
    done = await perform(
        settings_of(tiny, mode="accompany", alone=0.5), seed=1, record=tmp_path / "takes", performance=strokes
    )
    tracks = {track.name: track.events for track in files.read(done.midi).tracks}
    assert 600 == sum(isinstance(event, NoteOn) for event in tracks["performer"])
    assert done.meters.plans > 0
    assert 0 == done.notes_on


async def test_a_duration_ends_a_session_that_would_go_on(tiny, score):
    """Whatever is sounding ends with it."""
    done = await perform(settings_of(tiny, input=str(score), extension_duration=600), seed=1, record=None, duration=4.0)
    assert 0 == done.notes_on


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"input": "no-such-file.mid"}, MidiFileError),
        ({"output": "no such port"}, PortError),
        ({"output": "none", "trigger": "cc:200"}, SettingError),
        ({"output": "synth", "soundfont": "no-such.sf2"}, SoundError),
    ],
)
async def test_what_cannot_be_opened_is_told_before_the_weights_are_loaded(tmp_path, values, error):
    """The folder of weights is empty, and yet the first complaint is the right one."""
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(error):
        await perform(changed(Settings(), {"model": str(tmp_path), **values}), seed=1, record=None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_in_silence_with_the_take_written(tiny, score, tmp_path, number):
    """In the middle of a long answer; the exit code says that all is well."""
    jam = _long_answer(score, tiny, tmp_path)
    with Jam(*jam, cwd=tmp_path) as running:
        journal = next(tmp_path.glob("*.jsonl"))
        _wait_until(lambda: '"companion"' in journal.read_text())
        code, _, said = running.end(number)
    assert 0 == code, said
    events = {track.name: track.events for track in files.read(journal.with_suffix(".mid")).tracks}["companion"]
    assert 2 * sum(isinstance(event, NoteOn) for event in events) == len(events)


def test_a_killed_session_leaves_no_orphan_and_its_take_is_recovered(tiny, score, tmp_path):
    """The engine's process ends when its session does, however it does; the next session writes the MIDI file."""
    jam = _long_answer(score, tiny, tmp_path)
    with Jam(*jam, cwd=tmp_path) as running:
        engines = _children(running.process.pid)
        assert engines
        journal = next(tmp_path.glob("*.jsonl"))
        _wait_until(lambda: '"companion"' in journal.read_text())
        running.process.kill()
    _wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in engines))
    with Jam(*jam, cwd=tmp_path) as running:
        assert any("recovered" in line for line in running.said)
        running.end()
    assert journal.with_suffix(".mid").exists()


def test_an_engine_that_is_killed_is_started_again(tiny, score, tmp_path):
    """The session says so and goes on."""
    later = phrase(0.1, notes=6, spacing=0.15, length=0.1) + phrase(300.0)  # else its end would be the session's
    files.write(score, [files.Track("hands", tuple(later))])
    jam = _long_answer(score, tiny, tmp_path)
    with Jam(*jam, cwd=tmp_path) as running:
        journal = next(tmp_path.glob("*.jsonl"))
        _wait_until(lambda: '"companion"' in journal.read_text())
        for pid in _children(running.process.pid):
            os.kill(pid, signal.SIGKILL)
        line = ""
        while "the engine is back" not in line:
            line = running.process.stderr.readline()
            assert line, "jam ended with its engine"
        code, _, said = running.end()
    assert 0 == code, said


@on_jack
@pytest.mark.parametrize("mode", ["continue", "respond"])
def test_three_turns_through_real_ports_into_a_synthesiser(tiny, tmp_path, mode):
    """An independent client plays; FluidSynth, as a program of its own, sounds the companion; nothing is left on."""
    model = beside("livecomposer/weights/small")
    jam = ["--input", "virtual", "--output", "virtual", "--mode", mode, "--json", "--record", tmp_path]
    with (
        jack_server(period=512),
        Jam(*jam, "--model", model if (model / "config.json").exists() else tiny, cwd=tmp_path) as running,
        _synthesiser(),
        _frontends(phrases=3, between=4.0) as frontends,
    ):
        _connect("hands:out", _port(r"livecomposer.*:livecomposer", "input"))
        _connect(_port(r"livecomposer.*:livecomposer", "output"), "ears:in")
        _connect(_port(r"livecomposer.*:livecomposer", "output"), _port(r"fluidsynth.*:midi.*", "input"))
        with _captured(tmp_path / "sound.wav", seconds=12):
            heard, _ = frontends.communicate("play\n", timeout=60)
        code, out, said = running.end()
    assert 0 == code, said
    report = json.loads(out)
    assert 3 == report["turns"]
    assert 0 == report["notes_on"]
    _assert_answered_and_ended(json.loads(heard.splitlines()[-1]), turns=3)
    assert _loudness(tmp_path / "sound.wav") > 100


@on_jack
@real_time
def test_playing_along_through_real_ports_answers_keys_and_leaves_nothing_on(tiny, tmp_path):
    """While an independent client plays, plans answer its keys and the companion sounds; all of it is released."""
    jam = ["--input", "virtual", "--output", "virtual", "--mode", "accompany", "--alone", "1", "--json", "--no-record"]
    jam += ["--horizon", "0.2", "--seed", "1"]  # a busy machine's own may be too long for phrases as short as these
    jam += ["--max-note", "1"]  # all is over before the hands leave
    with (
        jack_server(period=512),
        Jam(*jam, "--model", tiny, cwd=tmp_path) as running,
        _frontends(phrases=4, between=3.5) as frontends,
    ):
        _connect("hands:out", _port(r"livecomposer.*:livecomposer", "input"))
        _connect(_port(r"livecomposer.*:livecomposer", "output"), "ears:in")
        heard, _ = frontends.communicate("play\n", timeout=60)
        code, out, said = running.end()
    assert 0 == code, said
    report, messages = json.loads(out), json.loads(heard.splitlines()[-1])
    assert report["plans"] + report["foreseen"] >= 4
    assert report["replan_ms"]["count"] > 0
    assert 0 == report["notes_on"]
    assert any(int(status) == 0x90 | COMPANION_CHANNEL for _, status, *_ in messages), (messages, report, said)
    assert set() == _left_on(messages)


@on_jack
@real_time
def test_playing_through_a_real_port_interrupts_the_companion(tiny, tmp_path):
    """From the second phrase's keys on the companion is silent until that phrase has ended too."""
    jam = ["--input", "virtual", "--output", "virtual", "--json", "--no-record", "--extension-duration", "60"]
    with (
        jack_server(period=512),
        Jam(*jam, "--phrase-wait", "0.6", "--model", tiny, cwd=tmp_path) as running,
        _frontends(phrases=2, between=2.5) as frontends,
    ):
        _connect("hands:out", _port(r"livecomposer.*:livecomposer", "input"))
        _connect(_port(r"livecomposer.*:livecomposer", "output"), "ears:in")
        heard, _ = frontends.communicate("play\n", timeout=60)
        code, out, said = running.end()
    assert 0 == code, said
    assert 2 == json.loads(out)["turns"]
    assert 0 == json.loads(out)["notes_on"]
    assert json.loads(heard.splitlines()[-1]), said
    _assert_silent_while_the_performer_plays(json.loads(heard.splitlines()[-1]), first=62)


def _long_answer(score, model, folder):
    recorded = ["--input", score, "--output", "none", "--record", folder]
    return [*recorded, "--model", model, "--extension-duration", "60"]


def _assert_answered_and_ended(heard, *, turns):
    """The companion struck keys in each turn, and every key that was struck was released."""
    struck = [
        moment
        for moment, status, *data in heard
        if int(status) == 0x90 | COMPANION_CHANNEL and len(data) > 1 and data[1]
    ]
    assert any(int(status) == 0x90 for _, status, *_ in heard)  # the performer's own keys came thru
    assert set() == _left_on(heard)
    assert turns == 1 + sum(later - earlier > 2.0 for earlier, later in pairwise(struck))


def _left_on(heard):
    """The keys, with their channels, that were struck last and not released."""
    sounding = set()
    for _, status, *data in heard:
        if int(status) & 0xF0 in (0x80, 0x90):
            change = sounding.add if int(status) & 0xF0 == 0x90 and data[1] else sounding.discard
            change((int(status) & 15, int(data[0])))
    return sounding


def _assert_silent_while_the_performer_plays(heard, *, first):
    """The companion sounded before the phrase that begins with key ``first`` ends, but not from its second key on."""
    companion, playing, before = set(), 0, 0
    for _, status, key, velocity in (message for message in heard if len(message) == 4):
        struck = int(status) & 0xF0 == 0x90 and velocity > 0
        if int(status) & 0x0F == COMPANION_CHANNEL:
            assert not (struck and playing > 1)
            before += struck
            (companion.add if struck else companion.discard)(key)
        elif struck and before:
            playing += 1
            assert first + playing - 1 == key
            assert playing == 1 or set() == companion
        elif playing == PHRASE_KEYS:
            return
    raise AssertionError(f"{before} notes of the companion's, then {playing} keys of the performer's")


def _loudness(path):
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
    return np.sqrt(np.mean(sound**2))


def _synthesiser():
    """FluidSynth's own program on JACK."""
    font = str(beside("soundfonts/livecomposer-piano.sf2"))
    command = ["fluidsynth", "-a", "jack", "-m", "jack", "-s", "-i", "-r", "48000", "-g", "1", font]
    return _Program(command, until=lambda: "fluidsynth" in _listed())


def _frontends(*, phrases, between):
    command = [sys.executable, str(HANDS), str(phrases), str(between)]
    return _Program(command, until=lambda: "ears" in _listed())


def _captured(path, *, seconds):
    ports = ["--port", _port("fluidsynth.*:left", "output"), "--port", _port("fluidsynth.*:right", "output")]
    command = ["jack_capture", *ports, "-d", str(seconds), "-b", "16", "--hide-buffer-usage", str(path)]
    return _Program(command, until=lambda: "jack_capture" in _listed(), wait=True)


class _Program:
    """A program that runs beside the test; started once it can be seen, ended with it, or awaited."""

    def __init__(self, command, *, until, wait=False):
        assert shutil.which(command[0]), f"{command[0]} is not installed"
        self._wait = wait
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        _wait_until(until)

    def __enter__(self):
        return self._process

    def __exit__(self, *_):
        if self._wait:
            self._process.communicate(timeout=60)
        else:
            self._process.kill()
            self._process.communicate()


def _listed():
    return subprocess.run(["jack_lsp", "-p"], capture_output=True, text=True, check=False).stdout


def _port(pattern, direction):
    """The one port whose name and direction fit."""
    found = re.findall(rf"^({pattern})\n\s+properties: {direction}", _listed(), flags=re.MULTILINE)
    assert 1 == len(found), _listed()
    return found[0]


def _connect(source, target):
    subprocess.run(["jack_connect", source, target], check=True, capture_output=True)


def _children(pid):
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait_until(condition):
    """A fact about other processes, within the longest time that a busy machine may take."""
    until = time.monotonic() + READY_SECONDS
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def test_a_take_that_cannot_be_recovered_does_not_stop_the_next(tmp_path, monkeypatch):
    """It is told, and a new journal is begun."""

    def full(path, tracks):
        raise MidiFileError(f"{path}: cannot be written (No space left on device); name a writable place")

    lost = Journal(tmp_path, began=0.0, header={})
    lost.message(1.0, Role.PERFORMER, bytes([0x90, 60, 80]))
    lost.flush()
    monkeypatch.setattr(files, "write", full)
    said = []
    begun = stage._journal(tmp_path, {}, clock=ManualClock(), notify=said.append, faults=Faults())
    assert begun.path.exists()
    (line,) = said
    assert line.startswith("nothing recovered: ")
    lost.close()
    begun.close()


async def test_a_terminal_that_is_closed_stops_the_session_like_ctrl_c():
    """Else its notes would hang; but nohup is respected."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with stage._stopped_by_signals() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            async with asyncio.timeout(20):
                await stop.wait()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with stage._stopped_by_signals() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0)
            assert not stop.is_set()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_loop_is_left_without_a_signal_handler():
    """A session that has ended gives Ctrl-C back."""
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(PortError):
        asyncio.run(perform(changed(Settings(), {"output": "no such port"}), seed=1, record=None))
    assert before == signal.getsignal(signal.SIGINT)


async def test_the_horizon_is_measured_told_and_kept_with_the_meters(tiny, score, tmp_path):
    """Before it is ready the performer hears the sum; the journal ends with what was measured."""
    said = []
    done = await perform(settings_of(tiny, input=str(score)), seed=1, record=tmp_path, notify=said.append)
    ready = next(i for i, line in enumerate(said) if line.startswith("ready"))
    assert done.budget.describe() in said[:ready]
    assert min(done.budget.feed, done.budget.step) > 0
    header, *lines = [json.loads(line) for line in done.journal.read_text().splitlines()]
    assert done.budget.horizon == header["settings"]["horizon"]
    (kept,) = [line for line in lines if line.get("what") == "meters"]
    assert done.meters.tokens == kept["tokens"]
    assert done.meters.late.count == kept["late_ms"]["count"] > 0


async def test_a_bug_in_the_loop_is_reported_and_the_music_goes_on(tiny, score, tmp_path):
    """The companion answers all the same; the loop's own handler is back afterwards."""
    said, loop = [], asyncio.get_running_loop()

    @asynccontextmanager
    async def bug(api):
        companion = api.session._companion
        hear, companion.hear = companion.hear, lambda event: setattr(companion, "hear", hear) or 1 / 0
        api.session.listeners.append(lambda *_: [].pop())
        yield

    settings = settings_of(tiny, input=str(score))
    done = await perform(settings, seed=1, record=tmp_path, frontends=[bug], notify=said.append)
    faults = done.meters.faults
    assert (1, 0, 1) == (done.turns, done.notes_on, faults[Fault.LOOP_FAILED])
    assert faults[Fault.LISTENER_FAILED] > 12
    lines = [json.loads(line) for line in done.journal.read_text().splitlines()]
    noted = {line["kind"]: line["line"] for line in lines if line.get("what") == "fault"}
    assert "(ZeroDivisionError: division by zero at test_lifecycle.py:" in noted["loop_failed"]
    assert set(noted.values()) <= set(said)
    assert ["division by zero" in line for line in said].count(True) == 1
    (kept,) = [line for line in lines if line.get("what") == "meters"]
    assert {fault.key: times for fault, times in faults.counts().items()}.items() <= kept.items()
    assert loop.get_exception_handler() is None


def test_what_fails_at_the_very_end_is_reported_too(tiny, score, monkeypatch):
    """As a WAV file that the disk does not take, which is written once all is over."""
    said, sink = [], FakeSink()
    sink.close = [].pop
    monkeypatch.setattr(stage, "sinks", lambda *_: [("a.wav", sink)])
    done = asyncio.run(perform(settings_of(tiny, input=str(score)), seed=1, record=None, notify=said.append))
    assert 1 == done.meters.faults[Fault.OUTPUT_FAILED]
    assert "(IndexError: pop from empty list at sinks.py:" in said[-1]


async def test_a_horizon_that_is_set_is_kept(tiny, score):
    """And told."""
    said = []
    done = await perform(settings_of(tiny, input=str(score), horizon=0.05), seed=1, record=None, notify=said.append)
    assert 0.05 == done.budget.horizon
    assert "horizon 50 ms, as set" in said


async def test_an_engine_that_falls_behind_gives_its_place_to_a_smaller_model(tiny, score, tmp_path, monkeypatch):
    """The whole way down the ladder, each rung told and written down, while the companion plays on."""
    monkeypatch.setattr(overload, "WINDOW_SECONDS", 0.1)
    monkeypatch.setattr(Window, "bad", property(lambda window: window.steps > 0))
    small = tiny_checkpoint(tmp_path / "small")
    settings = settings_of(tiny, input=str(score), extension_duration=20, small_model=str(small), plan_ahead=0.6)
    said = []
    done = await perform(settings, seed=1, record=tmp_path / "takes", notify=said.append)
    told = [line for line in said if "the engine is" in line]
    assert ["plans 0.5 s ahead", "hears the last 15 s", "plays with the smaller model"] == [
        line.removeprefix("the engine is behind: the companion ") for line in told[:3]
    ]
    assert len(told) == done.journal.read_text().count('"adapts"')
    assert (0, 0, 1) == (done.notes_on, done.meters.faults[Fault.RESTARTS], done.turns)
