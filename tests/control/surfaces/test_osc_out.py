"""OSC out, over the loopback."""

import asyncio
import socket
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from livecomposer.control.surfaces.osc_in import PREFIX, Responder, decoded, received
from livecomposer.control.surfaces.osc_out import OscSender, asked, metered, reporting
from livecomposer.errors import PortError, SettingError
from livecomposer.events import Role
from livecomposer.faults import Fault, Faults
from livecomposer.session.timing.meters import Meters
from tests.control.desks import NotedDesk
from tests.fakes import counted

ANY_PORT = ("127.0.0.1", 0)


@contextmanager
def ear():
    """A socket that is told things, and a coroutine for the next of them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(ANY_PORT)
        line.setblocking(False)

        async def heard():
            async with asyncio.timeout(20):
                ((address, values),) = decoded(await asyncio.get_running_loop().sock_recv(line, 4096))
            return address.removeprefix(PREFIX), values

        yield line.getsockname(), heard


async def until(heard, wanted):
    """The values of the first message of that name."""
    while (told := await heard())[0] != wanted:
        pass
    return told[1]


async def test_keys_of_both_players_are_told():
    """Their releases with velocity 0; pedals are not."""
    with ear() as (target, heard):
        sender = OscSender(target, Faults())
        sender.note(Role.PERFORMER, b"\xb0\x40\x7f")
        sender.note(Role.PERFORMER, b"\x90\x3c\x50")
        sender.note(Role.COMPANION, b"\x81\x3c\x40")
        assert ("note", ("performer", 60, 80)) == await heard()
        assert ("note", ("companion", 60, 0)) == await heard()
        sender.close()


async def test_changes_notes_turns_and_meters_are_told_while_it_plays():
    """And nothing afterwards."""
    session = SimpleNamespace(listeners=[], answering=False)
    said = []
    api = SimpleNamespace(dispatcher=NotedDesk(), session=session, meters=Meters(), notify=said.append)
    with ear() as (target, heard):
        async with reporting(api, target):
            assert 0.0 == (await until(heard, "meter/thru_ms/p50"))[0]
            api.dispatcher.do("creative_risk", 1.5)
            assert (1.5,) == await until(heard, "creative_risk")
            api.dispatcher.do("undo")
            assert () == await until(heard, "undo")
            session.answering = True
            assert ("companion",) == await until(heard, "turn")
            session.listeners[0](0.0, Role.COMPANION, b"\x91\x3c\x50")
            assert ("companion", 60, 80) == await until(heard, "note")
        assert [] == session.listeners
        assert [] == api.dispatcher._watchers
        assert [] == said


async def test_a_host_that_is_not_known_is_told_and_the_music_goes_on():
    """In one line, once."""
    said = []
    async with reporting(SimpleNamespace(notify=said.append, meters=Meters()), ("no host", 9)) as sender:
        assert sender is None
    (line,) = said
    assert line.startswith("osc_target: no host 'no host' is known")
    assert "\n" not in line


def test_meters_have_a_name_and_a_number():
    """Those in milliseconds their median and maximum."""
    names = dict(metered(Meters().summary()))
    assert {"thru_ms/p50", "thru_ms/max", "tokens", "headroom", *(fault.key for fault in Fault)} <= set(names)
    assert "thru_ms" not in names


def test_what_cannot_be_sent_is_counted():
    """It never raises."""
    sender = OscSender(("127.0.0.1", 9), faults := Faults())
    sender.close()
    sender.send("mute", True)
    assert {Fault.OSC_UNSENT: 1} == counted(faults)


async def test_a_running_session_is_asked_from_elsewhere():
    """What it is set to comes back; its own words where it refuses."""
    dispatcher = NotedDesk()
    async with received(
        ANY_PORT, Responder(dispatcher), silence=dispatcher.panic, notify=print, faults=Faults()
    ) as receiver:
        ask = lambda *what: asyncio.to_thread(asked, receiver.address, *what)  # noqa: E731
        assert 1.0 == await ask("creative_risk")
        assert 1.5 == await ask("creative_risk", "1.5")
        assert 1 == await ask("mute")
        assert await ask("undo") is None
        with pytest.raises(SettingError, match="wanted a number"):
            await ask("creative_risk", "9")
        with pytest.raises(SettingError, match="unknown command"):
            await ask("creative_riks")
        with pytest.raises(SettingError, match="no controllers"):
            await ask("learn", "mute")
    assert [("creative_risk", 1.5, "osc"), ("mute", True, "osc"), ("undo", None, "osc")] == dispatcher.noted


def test_a_session_that_does_not_run_does_not_answer():
    """It is said in one line."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(ANY_PORT)
        free = other.getsockname()
    with pytest.raises(PortError, match="nobody answers"):
        asked(free, "mute")
