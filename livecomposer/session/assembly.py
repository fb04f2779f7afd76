"""Who plays in one session, and what reaches in: put together from what the stage opened."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from livecomposer.clocks import Clock
from livecomposer.engine.client import EngineClient
from livecomposer.midi.input_ports import Ears
from livecomposer.midi.files import Recording
from livecomposer.midi.input_path import Arrival
from livecomposer.midi.file_player import FilePerformer
from livecomposer.midi.routing import Router
from livecomposer.playing.device import Device
from livecomposer.playing.sinks import Output, Sink
from livecomposer.session.timing.overload_control import Adaptation
from livecomposer.session.commands.frontend_api import Backstage, Gates, Tellers
from livecomposer.session.ports.choices import choices, known_models
from livecomposer.session.commands.dispatcher import Desk
from livecomposer.session.ports.opening import in_loop, wanted_inputs
from livecomposer.companion.companion import Ensemble
from livecomposer.session.timing.commit_horizon import Budget
from livecomposer.takes.journal import Journal
from livecomposer.session.timing.overload_ladder import Ladder
from livecomposer.session.timing.meters import Meters
from livecomposer.takes.recording_companion import ensemble_of
from livecomposer.session.session import Session
from livecomposer.session.ports.hotplug import Switchboard
from livecomposer.session.clock_sync import Timekeeper, keep_time
from livecomposer.settings import Settings

__all__ = ["Company", "Room", "gathered"]


@dataclass(frozen=True, slots=True)
class Room:
    """What all who play share. ``outlets``: what is played through, by the names in the settings."""

    settings: Settings
    clock: Clock
    meters: Meters
    output: Output
    outlets: Mapping[str, Sink]
    device: Device
    budget: Budget
    journal: Journal | None
    record: Path | None
    tell: Tellers


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """All who play, and what keeps them in order."""

    room: Room
    ensemble: Ensemble
    session: Session
    desk: Desk
    timekeeper: Timekeeper
    adaptation: Adaptation

    def board(self, simulated: Recording | None, gates: Gates) -> Switchboard:
        """The performer's ports, opened; where ``simulated`` plays instead, it begins, and the ears hear nothing yet.

        A keyboard that is not there is told and awaited. A file is not offered to ``gates``.
        """
        room, thru = self.room, self.room.settings.thru == "on"
        ears = Ears(
            wanted_inputs(room.settings) if simulated is None else [],
            arrival=self._arrival(gates=gates, thru=thru),
            clock=room.clock,
            on_realtime=self.timekeeper.receive,
            tell=in_loop(room.tell),
        )
        recorded = None
        if simulated is not None:
            recorded = FilePerformer(simulated, arrival=self._arrival(any_channel=True, thru=thru), clock=room.clock)
        return Switchboard(lambda: self.desk.settings, ears, recorded, room.output, room.outlets, clock=room.clock)

    def backstage(self, board: Switchboard, gates: Gates) -> Backstage:
        """What hands reach, while ``board`` is open and ``gates`` are asked."""
        room = self.room
        return Backstage(
            desk=self.desk,
            session=self.session,
            output=room.output,
            meters=room.meters,
            budget=room.budget,
            clock=room.clock,
            journal=room.journal,
            record=room.record,
            hear=self._arrival(gates=gates, any_channel=True, at_once=True),
            gates=gates,
            tell=room.tell,
            beats=lambda: self.timekeeper.transport.beats(room.clock.now()),
            choices=lambda: choices(board.offer, known_models(room.settings, self.desk.settings)),
            take_seat=(lambda: None) if room.settings.input else board.take_seat,
        )

    def _arrival(
        self, *, gates: Gates | None = None, any_channel: bool = False, thru: bool = True, at_once: bool = False
    ) -> Arrival:
        """A way in to the session, from any one thread; ``at_once``: from the loop's, before it does anything else."""
        heard, only_sounds = self.session.hear, partial(self.session.hear, feeds=False)
        return Arrival(
            clock=self.room.clock,
            deliver=heard if at_once else in_loop(heard),
            thru=self.room.output.send if thru else None,
            on_thru=self.room.meters.thru.add,
            urgent=gates,
            router=Router(lambda: self.session.routing, any_channel=any_channel),
            on_sounds=only_sounds if at_once else in_loop(only_sounds),
        )


def gathered(
    room: Room, engine: EngineClient, open_engine: Callable[[str], Awaitable[EngineClient]], *, seed: int
) -> Company:
    """Everyone, in their places; nothing plays yet. ``engine`` plays first, those that are opened after it."""
    settings = room.settings
    ensemble = ensemble_of(settings, seed=seed, journal=room.journal)
    session = Session(
        ensemble,
        engine,
        room.output,
        settings,
        clock=room.clock,
        meters=room.meters,
        journal=room.journal,
        device=room.device,
        tell=room.tell,
    )
    desk = Desk(session, settings, panic=session.panic, note=session.commanded)
    return Company(
        room=room,
        ensemble=ensemble,
        session=session,
        desk=desk,
        timekeeper=keep_time(session, desk, ensemble, clock=room.clock, tell=room.tell),
        adaptation=Adaptation(Ladder(settings), session.health, session.economy, session, open_engine=open_engine),
    )
