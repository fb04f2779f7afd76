"""A performance from behind without a performance: real desk, output and meters, around a session that only stands."""

from livecomposer.clocks import ManualClock
from livecomposer.playing.device import Device
from livecomposer.playing.sinks import Output
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.session.commands.frontend_api import FrontendApi
from livecomposer.session.shared import Notifier
from livecomposer.session.timing.commit_horizon import LatencyBudget
from livecomposer.session.timing.meters import Meters
from livecomposer.settings import Settings, changed
from tests.control.desks import FakeInstrument
from tests.fakes import FakeSink

__all__ = ["StillSession", "backstage_of"]


class StillSession(FakeInstrument):
    """Plays nothing; its future is what a test says. Desk's instrument too."""

    def __init__(self):
        super().__init__()
        self.listeners = []
        self.future = (), ()
        self.answering = False
        self.context = 0


def backstage_of(*, record=None, heard=None, told=None, **values):
    """A backstage whose journal is the list ``backstage.session.noted``; ``heard`` and ``told`` take what comes."""
    session = StillSession()
    session.noted = []
    sink = FakeSink()
    output = Output([sink])
    settings = changed(Settings(), {"panel_address": "127.0.0.1:0", **values})
    dispatcher = Dispatcher(session, settings, panic=output.panic, note=lambda *what: session.noted.append(what))
    api = FrontendApi(
        dispatcher=dispatcher,
        session=session,
        output=output,
        meters=Meters(),
        settings=settings,
        outlets={},
        device=Device(),
        budget=LatencyBudget(),
        clock=ManualClock(100.0),
        journal=None,
        record=record,
        hear=(heard if heard is not None else []).append,
        notify=Notifier([(told if told is not None else []).append]),
        choices=lambda: {"input": [("", "any keyboard")]},
    )
    api.session.sink = sink
    return api
