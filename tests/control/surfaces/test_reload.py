"""The file of settings, read again while music plays."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from livecomposer.control.surfaces import reload
from livecomposer.control.surfaces.reload import apply, reloading
from livecomposer.errors import SettingError
from livecomposer.events import NoteOff, NoteOn, in_order
from livecomposer.midi import files
from livecomposer.settings import Settings, changed
from tests.control.desks import NotedDesk
from tests.session.minds import tiny_checkpoint


class FrontendApi(SimpleNamespace):
    """As much of it as is reached for: a desk, and what is said, which can be waited for."""

    def __init__(self):
        super().__init__(dispatcher=NotedDesk(), said=asyncio.Queue(), rereads=[])

    def notify(self, line):
        """Remember it."""
        self.said.put_nowait(line)


@pytest.fixture
def hangup():
    """SIGHUP as it is without us, and put back afterwards."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def test_what_changed_in_the_file_is_done_at_the_desk():
    """And nothing else: a knob that was turned meanwhile keeps its place."""
    dispatcher, before = NotedDesk(), changed(Settings(), {"density": 2})
    dispatcher.do("creative_risk", 1.5, source="knob")
    lines = apply(dispatcher, before, changed(before, {"max_rest": 3, "transpose": 2}))
    assert ["settings read again: max_rest = 3.0, transpose = 2"] == lines
    assert [("max_rest", 3.0, "config"), ("transpose", 2, "config")] == dispatcher.noted[1:]
    assert 1.5 == dispatcher.value("creative_risk")


def test_what_cannot_change_now_is_told_in_one_line():
    """It needs a restart."""
    dispatcher = NotedDesk()
    lines = apply(dispatcher, Settings(), changed(Settings(), {"audio": "off", "threads": 2}))
    assert ["settings read again: nothing to change now", "needs a restart: audio, threads"] == lines
    assert [] == dispatcher.noted


def test_values_that_depend_on_each_other_are_done_in_the_order_that_works():
    """The lowest pitch goes above the highest that was, once that has gone up."""
    dispatcher = NotedDesk(changed(Settings(), {"highest": 50}))
    lines = apply(dispatcher, changed(Settings(), {"highest": 50}), changed(Settings(), {"lowest": 60, "highest": 90}))
    assert [60, 90] == [dispatcher.value("lowest"), dispatcher.value("highest")]
    assert ["settings read again: lowest = 60, highest = 90"] == lines


def test_what_is_refused_is_told_and_the_rest_is_done():
    """The lowest pitch stays where a knob put the highest below it."""
    dispatcher = NotedDesk()
    dispatcher.do("highest", 40)
    told, why = apply(dispatcher, Settings(), changed(Settings(), {"lowest": 60, "max_rest": 3}))
    assert "settings read again: max_rest = 3.0" == told
    assert "lowest = 60 is above highest = 40" in why
    assert [0, 3.0] == [dispatcher.value("lowest"), dispatcher.value("max_rest")]


async def test_sighup_reads_again_and_an_error_changes_nothing(hangup):
    """Once left, the signal does nothing more of ours."""
    api, answers = FrontendApi(), [changed(Settings(), {"density": 3}), SettingError("density = 99: wanted less")]

    def reread():
        answer = answers.pop(0)
        if isinstance(answer, SettingError):
            raise answer
        return answer

    async with asyncio.timeout(20), reloading(reread, Settings())(api):
        os.kill(os.getpid(), signal.SIGHUP)
        assert "settings read again: density = 3.0" == await api.said.get()
        os.kill(os.getpid(), signal.SIGHUP)
        assert "settings not read again: density = 99: wanted less" == await api.said.get()
    assert 3.0 == api.dispatcher.value("density")
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.sleep(0)
    assert api.said.empty()
    asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)


async def test_what_is_beside_the_settings_is_read_again_too(hangup):
    """Who has something to say of it says it; who has not is not heard."""
    api, lines = FrontendApi(), iter(["", "controls read again"])
    api.rereads += [lambda: next(lines)] * 2
    async with asyncio.timeout(20), reloading(Settings, Settings())(api):
        os.kill(os.getpid(), signal.SIGHUP)
        assert "settings read again" in await api.said.get()
        assert "controls read again" == await api.said.get()
    assert api.said.empty()
    asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)


async def test_where_sighup_is_ignored_it_stays_so(hangup):
    """As nohup asks for."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    async with reloading(Settings, Settings())(FrontendApi()):
        assert signal.SIG_IGN == signal.getsignal(signal.SIGHUP)


async def test_a_terminal_that_is_closed_still_ends_the_session(hangup, monkeypatch):
    """There is nobody left to play to."""
    ours, theirs = pty.openpty()
    monkeypatch.setattr(reload.sys, "stderr", os.fdopen(theirs, "w"))
    ended, api = asyncio.Event(), FrontendApi()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    async with asyncio.timeout(20), reloading(Settings, Settings())(api):
        os.kill(os.getpid(), signal.SIGHUP)
        assert "settings read again" in await api.said.get()
        os.close(ours)
        os.kill(os.getpid(), signal.SIGHUP)
        await ended.wait()
    loop.remove_signal_handler(signal.SIGTERM)
    loop.remove_signal_handler(signal.SIGHUP)
    reload.sys.stderr.close()


def test_a_whole_session_is_changed_while_keys_are_held(tmp_path, hangup):
    """They end as they began, transposed or not; what needs a restart is told; nothing sounds at the end."""
    score, config = tmp_path / "score.mid", tmp_path / "own.toml"
    held = [(NoteOn(0.1 + 0.1 * i, 60 + i, 80), NoteOff(600.0, 60 + i)) for i in range(4)]
    files.write(score, [files.Track("hands", tuple(in_order(event for pair in held for event in pair)))])
    config.write_text(
        f'model = "{tiny_checkpoint(tmp_path / "tiny")}"\ninput = "{score}"\noutput = "none"\npanel = "off"\n'
    )
    arguments = ["jam", "--config", str(config), "--record", str(tmp_path), "--osc", "off", "--json"]
    jam = subprocess.Popen(
        [sys.executable, "-m", "livecomposer.control.cli", *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _read_until(jam, "ready")
        (journal,) = tmp_path.glob("*.jsonl")
        while journal.read_text().count('"data": "90') < 4:
            time.sleep(0.05)
        config.write_text(config.read_text() + 'transpose = 7\nzones = "0-61 sounds"\nthreads = 2\n')
        jam.send_signal(signal.SIGHUP)
        assert "zones = 0-61 sounds, transpose = 7" in _read_until(jam, "settings read again")
        assert "needs a restart: threads" in _read_until(jam, "restart")
        jam.terminate()
        out, _ = jam.communicate(timeout=60)
    finally:
        jam.kill()
    assert 0 == jam.returncode
    assert 0 == json.loads(out)["notes_on"]
    sent = [
        line["data"] for line in map(json.loads, journal.read_text().splitlines()) if line.get("who") == "performer"
    ]
    assert ["3c", "3d", "3e", "3f"] == sorted(data[2:4] for data in sent if data.startswith("80"))


def _read_until(process, word):
    line = ""
    while word not in line:
        line = process.stderr.readline()
        assert line, f"ended before it said {word!r}"
    return line
