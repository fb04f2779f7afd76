"""Who plays in one session, and what reaches in: put together from what was opened."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, fields
from typing import Any

from livecomposer.companion.companion import Companion
from livecomposer.engine.client import EngineClient
from livecomposer.midi.file_player import FilePlayer
from livecomposer.midi.files import Recording
from livecomposer.midi.input_path import InputPath
from livecomposer.midi.input_ports import InputPorts
from livecomposer.midi.routing import Router, Routing
from livecomposer.session.clock_sync import ClockSync, keep_time
from livecomposer.session.commands.actions import Actions
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.session.commands.frontend_api import FrontendApi, InputFilters
from livecomposer.session.ports.choices import choices, known_models
from livecomposer.session.ports.hotplug import Hotplug
from livecomposer.session.ports.opening import in_loop, wanted_inputs
from livecomposer.session.session import Session
from livecomposer.session.shared import Shared
from livecomposer.session.timing.overload_control import OverloadControl
from livecomposer.session.timing.overload_ladder import OverloadLadder

__all__ = ["Assembly", "assembled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """All who play, and what keeps them in order."""

    shared: Shared
    companion: Companion
    session: Session
    dispatcher: Dispatcher
    clock_sync: ClockSync
    overload: OverloadControl

    @property
    def runs(self) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
        """What goes on while music plays, each until it is cancelled."""
        return self.session.run, self.dispatcher.run, self.overload.run, self.clock_sync.run

    def board(self, simulated: Recording | None, filters: InputFilters) -> Hotplug:
        """The performer's ports, opened; where ``simulated`` plays instead, it begins, and no port is heard yet.

        A keyboard that is not there is told and awaited. A file is not offered to ``filters``.
        """
        shared, thru = self.shared, self.shared.settings.thru == "on"
        input_ports = InputPorts(
            wanted_inputs(shared.settings) if simulated is None else [],
            input_path=self._input_path(filters=filters, thru=thru),
            clock=shared.clock,
            on_realtime=self.clock_sync.receive,
            notify=in_loop(shared.notify),
        )
        recorded = None
        if simulated is not None:
            recorded = FilePlayer(
                simulated, input_path=self._input_path(any_channel=True, thru=thru), clock=shared.clock
            )
        return Hotplug(
            lambda: self.dispatcher.settings,
            input_ports,
            recorded,
            shared.output,
            shared.outlets,
            clock=shared.clock,
            faults=shared.meters.faults,
        )

    def api(self, board: Hotplug, filters: InputFilters) -> FrontendApi:
        """What frontends reach, while ``board`` is open and ``filters`` are asked."""
        shared = self.shared
        return FrontendApi(
            dispatcher=self.dispatcher,
            session=self.session,
            **{each.name: getattr(shared, each.name) for each in fields(shared)},
            hear=self._input_path(filters=filters, any_channel=True, at_once=True),
            filters=filters,
            beats=lambda: self.clock_sync.transport.beats(shared.clock.now()),
            choices=lambda: choices(board.offer, known_models(shared.settings, self.dispatcher.settings)),
            take_seat=(lambda: None) if shared.settings.input else board.take_seat,
        )

    def _input_path(
        self,
        *,
        filters: InputFilters | None = None,
        any_channel: bool = False,
        thru: bool = True,
        at_once: bool = False,
    ) -> InputPath:
        """A way in to the session, from any one thread; ``at_once``: from the loop's, before it does anything else."""
        return InputPath(
            clock=self.shared.clock,
            deliver=self.session.hear if at_once else in_loop(self.session.hear),
            thru=self.shared.output.send if thru else None,
            on_thru=self.shared.meters.thru.add,
            urgent=filters,
            faults=self.shared.meters.faults,
            router=Router(lambda: self.session.routing, any_channel=any_channel),
        )


def assembled(
    shared: Shared,
    companion: Companion,
    routing: Routing,
    engine: EngineClient,
    open_engine: Callable[[str], Awaitable[EngineClient]],
) -> Assembly:
    """Everyone, in their places; nothing plays yet. ``engine`` plays first, those that are opened after it."""
    session = Session(shared, companion, routing, engine)
    session.reduced.ask(shared.settings)
    take = None if shared.journal is None else shared.journal.path
    actions = Actions(session, companion, take=take, notify=shared.notify)
    dispatcher = Dispatcher(
        actions,
        shared.settings,
        panic=session.panic,
        note=session.commanded,
        notify=shared.notify,
        clock=shared.clock,
    )
    return Assembly(
        shared=shared,
        companion=companion,
        session=session,
        dispatcher=dispatcher,
        clock_sync=keep_time(session, dispatcher, companion, clock=shared.clock, notify=shared.notify),
        overload=OverloadControl(
            OverloadLadder(shared.settings), session.load, session.reduced, session, open_engine=open_engine
        ),
    )
