"""Who plays, put together: what a keyboard, a file and a page each reach."""

import asyncio

import pytest

from livecomposer.companion.companion import Companion
from livecomposer.events import Control, NoteOff, NoteOn, Role
from livecomposer.faults import Fault
from livecomposer.midi.files import Recording, Track
from livecomposer.midi.routing import Routing
from livecomposer.playing.sinks import Output
from livecomposer.session.assembly import assembled
from livecomposer.session.commands.frontend_api import InputFilters
from livecomposer.session.ports import opening as doors
from livecomposer.session.timing.reduced_settings import ReducedSettings
from livecomposer.settings import Settings, changed
from tests.fakes import FakeSink, counted
from tests.session.shared import shared_by
from tests.session.test_session import FakeEngine

KEY = bytes((0x93, 60, 80))
TURN = bytes((0xB0, 21, 5))


class Evening:
    """A company at rest, with a sink: ``heard`` is what reaches the session, ``filters`` note what they are asked."""

    def __init__(self, **settings):
        self.sink, self.heard, self.asked = FakeSink(), [], []
        shared = shared_by(changed(Settings(), settings), output=Output([self.sink]))
        companion, routing = Companion(shared.settings, seed=1), Routing.of(shared.settings)
        self.assembly = assembled(shared, companion, routing, FakeEngine(), FakeEngine)
        self.assembly.session.listeners.append(lambda _, role, data: self.heard.append((role, data)))
        self.filters = InputFilters([self.asked.append])

    def open(self, *events):
        """Its ports, or a file of ``events`` in their place."""
        return self.assembly.board(Recording((Track("file", events),)) if events else None, self.filters)


@pytest.fixture(autouse=True)
def no_ports(monkeypatch):
    """No system of ports is asked."""
    monkeypatch.setattr(doors.ports, "inputs", lambda: ["nobody's"])


async def _soon():
    for _ in range(3):
        await asyncio.sleep(0)


async def test_what_a_page_plays_is_heard_and_sounds_though_a_keyboard_would_not_pass_thru():
    """At once, before what the page asks for next; nothing else makes it sound, and the control map is offered it."""
    evening = Evening(thru="off", input_channel=9)
    api = evening.assembly.api(evening.open(NoteOff(9.0, 1)), evening.filters)
    api.hear(KEY)
    assert [bytes((0x90, 60, 80))] == evening.sink.sent
    assert [(Role.PERFORMER, bytes((0x90, 60, 80)))] == evening.heard
    assert [KEY] == evening.asked


def broken(*_):
    """Whatever fails on a key's way."""
    raise RuntimeError("a bug")


async def test_whatever_fails_on_a_keys_way_is_counted_and_what_comes_after_it_is_done(monkeypatch):
    """In the session's meters: a control, thru, who looks on, and the companion itself."""
    evening = Evening()
    monkeypatch.setattr(evening.assembly.shared.output, "send", broken)
    monkeypatch.setattr(evening.assembly.companion, "hear", broken)
    evening.filters.append(broken)
    evening.assembly.session.listeners.insert(0, broken)
    api = evening.assembly.api(evening.open(NoteOff(9.0, 1)), evening.filters)
    api.hear(KEY)
    assert [(Role.PERFORMER, bytes((0x90, 60, 80)))] == evening.heard
    kinds = Fault.CONTROL_FAILED, Fault.THRU_FAILED, Fault.LISTENER_FAILED, Fault.DELIVERY_FAILED
    assert dict.fromkeys(kinds, 1) == counted(api.meters.faults)


@pytest.mark.parametrize(("thru", "sounds"), [("on", [TURN]), ("off", [])])
async def test_a_file_is_heard_and_turns_no_knobs(thru, sounds):
    """Its controllers are music; it passes thru where that is set."""
    evening = Evening(thru=thru, input_channel=9)
    board = evening.open(Control(0.0, TURN[1], TURN[2]))
    await asyncio.to_thread(board.recorded._thread.join, 20)
    await _soon()
    assert [(Role.PERFORMER, TURN)] == evening.heard
    assert [] == evening.asked
    assert sounds == evening.sink.sent
    board.close()


@pytest.mark.parametrize(("named", "ends"), [("", True), ("phrases.mid", False)])
async def test_only_a_file_that_nobody_asked_for_leaves_its_seat(named, ends):
    """What was named plays to its end."""
    evening = Evening(input=named)
    board = evening.open(NoteOn(100.0, 60, 80), NoteOff(101.0, 60))
    evening.assembly.api(board, evening.filters).take_seat()
    assert ends is not board.recorded._thread.is_alive()
    board.close()


async def test_a_cap_on_the_settings_holds_from_the_start_whatever_is_asked_for(monkeypatch):
    """Of what it begins with and of what is asked later; the performer is still shown what was asked."""
    capped = staticmethod(lambda asked, most: changed(asked, {"highest": min(asked.highest, 84)}))
    monkeypatch.setattr(ReducedSettings, "_afforded", capped)
    assembly = Evening(highest=100).assembly
    assert 84 == assembly.companion.settings.highest
    assembly.dispatcher.do("highest", 127)
    assert (84, 127) == (assembly.companion.settings.highest, assembly.dispatcher.value("highest"))
