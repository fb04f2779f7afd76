"""Which hands jam puts on the instrument, on a stage without ports."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.control.surfaces import controller_maps, frontends
from livecomposer.control.surfaces.frontends import frontends_of
from livecomposer.control.surfaces.osc_in import PREFIX, encoded
from livecomposer.control.surfaces.osc_out import asked
from livecomposer.errors import SettingError
from livecomposer.session.commands.frontend_api import InputFilters
from livecomposer.session.timing.meters import Meters
from livecomposer.settings import Settings, changed
from tests.control.desks import NotedDesk
from tests.fakes import FakeSink
from tests.jack import jack_server, on_jack
from tests.session.minds import tiny_checkpoint


@pytest.fixture(autouse=True)
def _nobody(tmp_path, monkeypatch):
    """No ports, and no file of the performer's own, whoever runs the tests."""
    monkeypatch.setattr(controller_maps, "own", lambda name: tmp_path / name)
    monkeypatch.setattr(frontends, "midi_ports", lambda: {"inputs": []})


def free_port():
    """A port of the loopback that nobody listens to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()


def a_backstage(said):
    """As much of one as hands reach."""
    dispatcher = NotedDesk()
    return SimpleNamespace(
        dispatcher=dispatcher,
        session=SimpleNamespace(listeners=[], answering=False, panic=dispatcher.panic),
        filters=InputFilters(),
        healing=[],
        learners=[],
        rereads=[],
        meters=Meters(),
        clock=ManualClock(),
        notify=said.append,
    )


async def reached(settings, during, *, said=None):
    """Put the hands on, do something, and take them off; the backstage."""
    api = a_backstage([] if said is None else said)
    async with AsyncExitStack() as reaching:
        for hand in frontends_of(settings, config=None, notify=api.notify):
            await reaching.enter_async_context(hand(api))
        await during(api)
    return api


async def test_a_controller_and_osc_reach_the_same_desk():
    """Each says who it was."""
    address = free_port()
    settings = changed(Settings(), {"osc": "{}:{}".format(*address)})

    async def play(api):
        assert api.filters(bytes([0xB0, 105, 127]))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.sendto(encoded(PREFIX + "undo"), address)
        while len(api.dispatcher.noted) < 2:  # noqa: ASYNC110  # the message comes when it comes
            await asyncio.sleep(0.001)

    api = await reached(settings, play)
    assert {("mute", True, "cc:105"), ("undo", None, "osc")} == set(api.dispatcher.noted)
    assert not api.filters


async def test_bindings_are_read_again_when_they_are_asked_for(tmp_path):
    """What was bound is music then, and the other way round; a file that cannot be read changes nothing."""
    config, said = tmp_path / "set.toml", []
    config.write_text('[controls]\n"cc:3" = "mute"\n')
    api = a_backstage(said)
    (hand,) = frontends_of(changed(Settings(), {"osc": "off"}), config=config, notify=said.append)
    async with hand(api):
        (reread,) = api.rereads
        assert "" == reread()
        config.write_text('[controls]\n"cc:9" = "mute"\n')
        assert "controls read again" == reread()
        assert [False, True] == [api.filters(bytes([0xB0, number, 127])) for number in (3, 9)]
        config.write_text('[controls]\n"cc:3" = "mut"\n')
        assert "controls not read again: " in reread()
        assert api.filters(bytes([0xB0, 9, 127]))


async def test_osc_can_be_off_and_knobs_are_learned_all_the_same():
    """Whoever wants to teach finds the teacher backstage."""

    async def play(api):
        (learn,) = api.learners
        learn("mute")
        assert api.filters(bytes([0xB0, 3, 1]))

    await reached(changed(Settings(), {"osc": "off"}), play)


async def test_a_controller_that_shows_things_is_shown_them_until_the_end(monkeypatch):
    """On its own port, which is then closed."""
    feedback, said = FakeSink(), []
    feedback.heal = lambda *_: None
    monkeypatch.setattr(frontends, "midi_ports", lambda: {"inputs": ["X-TOUCH MINI MIDI 1"]})
    monkeypatch.setattr(frontends, "open_lamps", lambda parts, **_: feedback if "X-TOUCH MINI" in parts else None)

    async def play(api):
        api.dispatcher.do("mute", True)
        assert [feedback.heal] == api.healing
        feedback.sent.clear()
        await asyncio.to_thread(feedback.returned)
        await asyncio.sleep(0)
        assert bytes([0x9A, 3, 1]) in feedback.sent
        api.dispatcher.do("mute", True)

    await reached(changed(Settings(), {"osc": "off"}), play, said=said)
    assert "controller: x-touch-mini" in said
    assert bytes([0x9A, 3, 1]) == feedback.sent[-1]
    assert 1 == feedback.closed


@pytest.mark.parametrize("values", [{"osc": "9000"}, {"osc_target": "here"}, {"controller": "theremin"}])
def test_what_is_wrong_is_said_before_anything_is_opened(values):
    """One line, with the name of the setting."""
    with pytest.raises(SettingError, match=f"^{next(iter(values))} = "):
        frontends_of(changed(Settings(), values), config=None, notify=print)


def test_a_target_is_told_what_happens():
    """By one hand more."""
    none = frontends_of(Settings(), config=None, notify=print)
    target = changed(Settings(), {"osc_target": "127.0.0.1:9"})
    assert len(none) + 1 == len(frontends_of(target, config=None, notify=print))


def test_a_file_that_plays_is_at_no_controller(monkeypatch):
    """Ports are not even looked for."""
    monkeypatch.setattr(frontends, "midi_ports", [].pop)
    assert frontends_of(changed(Settings(), {"input": "piece.MID"}), config=None, notify=print)


@contextmanager
def program(name, *arguments, **streams):
    """A program of these tests, in a process of its own; it ends with the block."""
    command = [sys.executable, str(Path(__file__).parents[1] / name), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(command, env=environment, text=True, **streams) as process:
        try:
            yield process
        finally:
            process.terminate()


def read_until(stream, wanted):
    """The lines up to the one with ``wanted`` in it."""
    lines = []
    while not (lines and wanted in lines[-1]):
        lines.append(stream.readline())
        assert lines[-1], f"ended before {wanted!r}: {lines}"
    return lines


def commands_in(folder):
    """The commands that a journal knows of."""
    (journal,) = folder.glob("*.jsonl")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    return [(line["name"], line["value"], line["source"]) for line in lines if line.get("what") == "command"]


@on_jack
def test_a_knob_learned_in_the_middle_of_a_set_shapes_the_next_token(tmp_path):
    """From an independent client: taught by OSC, turned, and then in the draw, in the journal, and in the file."""
    model, config, address = tiny_checkpoint(tmp_path / "tiny"), tmp_path / "set.toml", free_port()
    config.write_text(
        'input = "virtual"\noutput = "virtual"\nextension_duration = 60  # long\nphrase_wait = 0.3\n'
        'phrase_wait_max = 0.8\npanel = "off"\n'
    )
    stage = (model, config, tmp_path / "takes", "{}:{}".format(*address))
    pipe = subprocess.PIPE
    with (
        jack_server(period=512),
        program("jack_session.py", *stage, stdout=pipe, stderr=pipe) as stage,
        program("jack_knob.py", stdin=pipe, stdout=pipe) as knob,
    ):
        read_until(stage.stderr, "ready:")
        read_until(knob.stdout, "ready")
        listed = subprocess.run(["jack_lsp", "-p"], capture_output=True, text=True, check=True).stdout
        (port,) = re.findall(r"^(livecomposer.*:livecomposer)\n\s+properties: input", listed, flags=re.MULTILINE)
        subprocess.run(["jack_connect", "knob:out", port], check=True)

        def send(*messages):
            for message in messages:
                knob.stdin.write(message + "\n")
            knob.stdin.flush()

        send("90 3c 50", "80 3c 00", "90 3e 50", "80 3e 00", "90 40 50", "80 40 00")
        assert ["1.0\n"] == read_until(stage.stdout, "1.0")
        asked(address, "learn", "creative_risk")
        read_until(stage.stderr, "learning creative_risk")
        send("b2 4a 05")
        read_until(stage.stderr, f"{config}: cc:74 is creative_risk")
        send("b2 4a 7f")
        assert ["4.0\n"] == read_until(stage.stdout, "4.0")
        assert 4.0 == asked(address, "creative_risk")
        stage.terminate()
        stage.communicate(timeout=60)
    assert [("creative_risk", 4.0, "cc:74")] == commands_in(tmp_path / "takes")
    assert {"cc:74": "creative_risk"} == tomllib.loads(config.read_text())["controls"]
    assert "# long" in config.read_text()
