"""One performance, live: the thin shell around :class:`.companion.Companion`.

Two coroutines share the companion: :class:`.generation.Generation` asks the engine, which may take its time; one here
hands what is due to the player, which must not wait. The performer's events come in between, and so do orders. Others
keep the journal and play the loop.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from livecomposer.companion.companion import Companion
from livecomposer.engine.client import EngineClient
from livecomposer.events import NoteEvent, NoteOn, Role
from livecomposer.faults import Fault
from livecomposer.messages import encode, started_key
from livecomposer.midi.input_path import Played
from livecomposer.midi.routing import Routing
from livecomposer.playing.device import Shaper
from livecomposer.playing.player import Player
from livecomposer.session.channels import channels_of, program_changes
from livecomposer.session.generation import Generation, pause
from livecomposer.session.loop_playback import LoopPlayback
from livecomposer.session.shared import Shared
from livecomposer.session.timing.overload_ladder import Load
from livecomposer.session.timing.reduced_settings import ReducedSettings
from livecomposer.settings import Settings
from livecomposer.takes.call_log import grid

__all__ = ["Session"]

_FLUSH_SECONDS = 0.4


class Session:
    """Runs until :meth:`run` is cancelled; its owner makes the silence afterwards, by closing player and output.

    All of it belongs to the loop's thread, but for :meth:`panic` and :meth:`sent`.
    """

    def __init__(self, shared: Shared, companion: Companion, routing: Routing, engine: EngineClient) -> None:
        settings, clock = shared.settings, shared.clock
        self._channels = channels_of(settings)
        self._shaper = Shaper(shared.device, faults=shared.meters.faults)
        self.routing = routing
        """What becomes of the performer's messages; the driver's thread reads it."""
        self._companion = companion
        self.player = Player(shared.output, clock, on_sent=self.sent, faults=shared.meters.faults)
        """Owned, but started and closed by the session's owner."""
        self._clock = clock
        self._meters = shared.meters
        self.load = Load(horizon=settings.horizon)
        self.reduced = ReducedSettings(settings, self._play_by)
        """Where the ladder gives up what it must."""
        self._journal = shared.journal
        self._notify = shared.notify
        self._to_commit = asyncio.Event()
        self._planning = Generation(
            companion,
            engine,
            clock=clock,
            meters=shared.meters,
            load=self.load,
            take_back=self.take_back,
            planned=self._to_commit.set,
            notify=shared.notify,
            note=lambda moment, what, reason: self._note(moment, what, reason=reason),
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self.loop_playback = LoopPlayback(
            self.player, clock, taken=(*self._channels.values(), settings.metronome_channel - 1)
        )
        self._panics = 0
        self._muted = False
        self._awaited_since: float | None = None  # a phrase end whose first note has not been sent yet
        self.listeners: list[Callable[[float, Role, bytes], None]] = []
        """Told every message of either player's; the companion's in the player's thread, so be brief."""

    @property
    def future(self) -> tuple[tuple[NoteEvent, ...], tuple[NoteOn, ...]]:
        """The companion's note events that are not committed yet, and the performer's note-ons that it expects."""
        plan = self._companion.plan
        if plan is None:
            return (), ()
        return tuple(plan.events), tuple(getattr(plan, "foreseen", ()))

    @property
    def answering(self) -> bool:
        """Whether the companion has a turn, or plays along."""
        return self._companion.playing

    @property
    def context(self) -> int:
        """Ids that the engine has taken in."""
        return self._planning.engine.taken_in

    def adapt(self, settings: Settings) -> None:
        """Play with ``settings`` from the next token on; raises :class:`SettingError`, and then nothing has changed."""
        routing, before = Routing.of(settings), self.reduced.asked
        self.reduced.ask(settings)
        self.routing = routing
        self._send(program_changes(settings, before=before))

    def panic(self) -> None:
        """Silence at once, waiting for nobody; the companion gives way, and a loop ends. In any thread."""
        self.player.panic()
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed
                self._loop.call_soon_threadsafe(self.wake)

    def mute(self, now: float, *, on: bool) -> None:
        """The companion plays on unheard, or is heard again; what sounds of it ends."""
        self._muted, self._awaited_since = on, None
        if on:
            self.player.cut(now, self._channels[Role.COMPANION], end_sounding=True)
            self._shaper.cut(now)

    def halt(self, moment: float) -> None:
        """End the companion's turn in silence: at ``moment`` (seconds) the clock was stopped."""
        moment, had_turn = grid(moment), self._companion.playing
        self._companion.halt(moment)
        if had_turn:
            self.take_back(moment, "the clock stops")
        self.wake()

    def commanded(self, name: str, value: object, source: str, **more: object) -> None:
        """Write down what was asked, by what means, and how often if more than once."""
        self._note(self._clock.now(), "command", name=name, value=value, source=source, **more)

    async def play_with(self, engine: EngineClient) -> None:
        """Put ``engine`` in the place of the one that plays, which is closed; raises :class:`EngineError`.

        Nothing falls silent: most is fed ahead, and the turn goes on where it was.
        """
        await self._planning.play_with(engine)

    def announce(self, line: str) -> None:
        """Tell the performer, and the journal, what has changed."""
        self._notify(line)
        self._note(self._clock.now(), "adapts", line=line)

    def hear(self, played: Played) -> None:
        """Take in what the performer played; in the loop's thread. What does not feed is only written down."""
        event = replace(played.event, time=grid(played.event.time))
        self._show(event.time, Role.PERFORMER, played.data)
        if self._journal is not None:
            self._journal.message(event.time, Role.PERFORMER, played.data)
        if not played.feeds:
            return
        turns = self._companion.turns
        if self._companion.hear(event):
            self.take_back(event.time, "the performer plays")
        self.notice_turn(turns)
        self.wake()

    def sent(self, due: float, now: float, data: bytes) -> None:
        """Note that the player has sent ``data``; in the player's thread. Clicks and ticks are no one's music."""
        channel = data[0] & 0x0F if data[0] < 0xF0 else None
        if channel == self.loop_playback.channel and self._journal is not None:
            self._journal.message(now, "loop", data)
        if channel != self._channels[Role.COMPANION]:
            return
        self._meters.late.add(max(0.0, now - due))
        if self._journal is not None:
            self._journal.message(now, Role.COMPANION, data)
        self._show(now, Role.COMPANION, data)
        awaited = self._awaited_since  # once: the loop's thread may forget it meanwhile
        if awaited is not None and started_key(data) is not None:
            self._meters.takeover.add(now - awaited)
            self._awaited_since = None

    def _show(self, moment: float, role: Role, data: bytes) -> None:
        for listener in self.listeners:
            try:
                listener(moment, role, data)
            except Exception as error:  # noqa: BLE001  # whoever looks on must end neither the key nor the player
                self._meters.faults.count(Fault.LISTENER_FAILED, error)

    async def run(self) -> None:
        """Play until cancelled; ends by itself only with an error that nothing can mend."""
        self._loop = asyncio.get_running_loop()
        self._send(program_changes(self.reduced.asked))
        try:
            async with asyncio.TaskGroup() as tasks:
                for part in (self._planning.run(), self._commit(), self._keep_journal(), self.loop_playback.run()):
                    tasks.create_task(part)
        finally:
            self._companion.write_down()

    def play_due(self) -> None:
        """Hand the player what it must have now."""
        panics, now = self.player.panics, self.now()
        if panics != self._panics:
            self._panics = panics
            self._companion.give_way(now)
            self.take_back(now, "panic")
        plan, turns = self._companion.plan, self._companion.turns
        due = self._companion.commit(now)
        if not self._muted:
            messages = ((event.time, encode(event, channel=self._channels[event.role])) for event in due)
            self.player.schedule(self._shaper.shaped(messages, now), since=panics)
        self.notice_turn(turns)
        if plan is not None and self._companion.plan is None:
            self._note(now, "turn over", tokens=plan.tokens)

    async def _commit(self) -> None:
        while True:
            self.play_due()
            self._planning.wake.set()
            await pause(self._to_commit, self._companion, self._clock)

    async def _keep_journal(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            self._companion.write_down()
            if self._journal is not None:
                await asyncio.to_thread(self._journal.flush)  # a slow disk must not hold up the music
            if self.player.failed is not None:
                raise self.player.failed

    def _play_by(self, settings: Settings) -> None:
        now = self.now()
        if self._companion.adapt(settings, now):
            self.take_back(now, "another mode")
        self.wake()

    def take_back(self, moment: float, reason: str) -> None:
        """End what sounds of the companion at ``moment``, and have the player forget the rest."""
        self.player.cut(moment, self._channels[Role.COMPANION], end_sounding=True)
        self._shaper.cut(moment)
        self._awaited_since = None
        self._note(moment, "gives way", reason=reason)

    def notice_turn(self, turns_before: int) -> None:
        """Write down the turn that has begun, if there are more than ``turns_before``."""
        decided_at = self._companion.decided_at
        if self._companion.turns != turns_before and decided_at is not None:
            self._awaited_since = None if self._companion.on_the_bar or self._muted else decided_at
            beats = self._companion.pulse(decided_at)
            by = {} if beats is None else {"tempo": round(beats.tempo, 3)}
            self._note(decided_at, "turn", number=self._companion.turns, **by)

    def _send(self, messages: Iterable[bytes]) -> None:
        for message in messages:
            self.player.output.send(message)

    def _note(self, moment: float, what: str, **facts: object) -> None:
        if self._journal is not None:
            self._journal.note(moment, what, **facts)

    def now(self) -> float:
        """Whole microseconds, so that what the companion was told can be written down exactly."""
        return grid(self._clock.now())

    def wake(self) -> None:
        """There may be something new to ask of the engine, or to hand to the player."""
        self._planning.wake.set()
        self._to_commit.set()
