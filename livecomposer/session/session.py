"""One performance, live: the thin shell around :class:`Duet`.

Two coroutines share the duet: one plans (asks the engine, which may take its time), one commits (hands what is due to
the player, which must not wait). The performer's events come in between, by :meth:`Session.hear`. A third keeps the
journal.
"""

import asyncio
import contextlib
from collections.abc import Callable

from livecomposer.clocks import Clock
from livecomposer.engine.client import EngineClient
from livecomposer.errors import EngineError
from livecomposer.events import Event, Role
from livecomposer.midi.wire import encode
from livecomposer.model.sampling import Sampling
from livecomposer.playing.player import Player
from livecomposer.playing.sinks import Output, started_key
from livecomposer.session.asked import Feed, Step
from livecomposer.session.journal import Journal
from livecomposer.session.ladder import Health
from livecomposer.session.meters import Meters
from livecomposer.session.partner import Partner
from livecomposer.settings import Settings

__all__ = ["CHANNELS", "Session"]

CHANNELS = {Role.PERFORMER: 0, Role.COMPANION: 1}
"""MIDI channels (0–15) on which the two are sent and recorded."""

_FLUSH_SECONDS = 0.4
_LONGEST_WAIT = 1.0
_MOST_RESTARTS_IN_A_ROW = 5


class Session:
    """Runs until :meth:`run` is cancelled; its owner makes the silence afterwards, by closing player and output."""

    def __init__(
        self,
        duet: Partner,
        engine: EngineClient,
        output: Output,
        settings: Settings,
        *,
        clock: Clock,
        meters: Meters,
        journal: Journal | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._duet = duet
        self._engine = engine
        self.player = Player(output, clock, on_sent=self.sent)
        """Owned, but started and closed by the session's owner."""
        self._clock = clock
        self._meters = meters
        self.health = Health(horizon=settings.horizon)
        self._asking = asyncio.Lock()
        self._journal = journal
        self._tell = tell
        self._sampling = Sampling(
            technique=settings.sampling, threshold=settings.threshold, creative_risk=settings.creative_risk
        )
        self._to_plan = asyncio.Event()
        self._to_commit = asyncio.Event()
        self._awaited_since: float | None = None  # a phrase end whose first note has not been sent yet
        self.intercepts: list[Callable[[Event], bool]] = []
        """Each event of the performer's is offered to these first; one that says ``True`` keeps it from the music."""
        self.listeners: list[Callable[[float, Role, bytes], None]] = []
        """Told every message of either player's; the companion's in the player's thread, so be brief."""

    def adapt(self, settings: Settings) -> None:
        """Play with ``settings`` from the next token on."""
        self._sampling = Sampling(
            technique=settings.sampling, threshold=settings.threshold, creative_risk=settings.creative_risk
        )
        self._duet.adapt(settings)
        self._wake()

    def act(self, name: str) -> None:
        """Do one of the actions of :mod:`.session.commands`."""
        now = self._clock.now()
        if name == "yield" and self._duet.turn is not None:
            self._duet.give_way(now)
            self._take_back(now, "asked to yield")
        self._wake()

    def switch(self, name: str, *, on: bool) -> None:
        """Turn something on or off."""

    def commanded(self, name: str, value: object, source: str) -> None:
        """Write down what was asked, and by what means."""
        self._note(self._clock.now(), "command", name=name, value=value, source=source)

    async def play_with(self, engine: EngineClient) -> None:
        """Put ``engine`` in the place of the one that plays, which is closed; raises :class:`EngineError`.

        Nothing falls silent: most is fed ahead, and the turn goes on where it was.
        """
        if self._engine.ids:
            await engine.feed(self._engine.ids)
        async with self._asking:
            if self._engine.ids:  # none if it has just died: then it is fed from the tape
                await engine.feed(self._engine.ids)
            before, self._engine = self._engine, engine
        await before.close()

    def announce(self, line: str) -> None:
        """Tell the performer, and the journal, what has changed."""
        self._tell(line)
        self._note(self._clock.now(), "adapts", line=line)

    def hear(self, event: Event) -> None:
        """Take in one event of the performer; in the loop's thread."""
        if any(intercept(event) for intercept in self.intercepts):
            return
        for listener in self.listeners:
            listener(event.time, Role.PERFORMER, encode(event, channel=CHANNELS[Role.PERFORMER]))
        if self._journal is not None:
            self._journal.message(event.time, Role.PERFORMER, encode(event, channel=CHANNELS[Role.PERFORMER]))
        turns = self._duet.turns
        if self._duet.hear(event):
            self._take_back(event.time, "the performer plays")
        self._notice_turn(turns)
        self._wake()

    def sent(self, due: float, now: float, data: bytes) -> None:
        """Note that the player has sent ``data``; in the player's thread."""
        self._meters.late.add(max(0.0, now - due))
        if self._journal is not None:
            self._journal.message(now, Role.COMPANION, data)
        for listener in self.listeners:
            listener(now, Role.COMPANION, data)
        awaited = self._awaited_since  # once: the loop's thread may forget it meanwhile
        if awaited is not None and started_key(data) is not None:
            self._meters.takeover.add(now - awaited)
            self._awaited_since = None

    async def run(self) -> None:
        """Play until cancelled; ends by itself only with an error that nothing can mend."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._plan())
            tasks.create_task(self._commit())
            tasks.create_task(self._keep_journal())

    async def _plan(self) -> None:
        while True:
            wanted = self._duet.want(self._clock.now())
            if wanted is None:
                await _wait(self._to_plan, self._until_next_look())
                continue
            try:
                async with self._asking:
                    await self._ask(wanted)
            except EngineError as error:
                await self._mend(error)

    async def _ask(self, wanted: Feed | Step) -> None:
        began = self._clock.now()
        if isinstance(wanted, Feed):
            await self._engine.feed(wanted.ids)
            self._meters.feed.add(self._clock.now() - began)
            return
        id_ = await self._engine.step(wanted.mask, self._sampling, wanted.chance)
        now = self._clock.now()
        self._meters.step.add(now - began)
        if self._duet.turn is wanted.turn:  # else the performer has taken over meanwhile
            before = wanted.turn.reached
            wanted.turn.accept(id_)
            self._meters.tokens += 1
            self._meters.music += wanted.turn.reached - before
            self.health.stepped(now, seconds=now - began, before=before, reached=wanted.turn.reached)
            if (seconds := self._duet.replanned(now)) is not None:
                self._meters.replan.add(seconds)
            self._to_commit.set()

    async def _commit(self) -> None:
        while True:
            now = self._clock.now()
            self.player.schedule(
                (event.time, encode(event, channel=CHANNELS[event.role])) for event in self._duet.commit(now)
            )
            turn, turns = self._duet.turn, self._duet.turns
            self._duet.look(now)
            self._notice_turn(turns)
            if turn is not None and self._duet.turn is None:
                self._note(now, "turn over", tokens=turn.tokens)
            self._to_plan.set()
            await _wait(self._to_commit, self._until_next_look())

    async def _keep_journal(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            if self._journal is not None:
                await asyncio.to_thread(self._journal.flush)  # a slow disk must not hold up the music
            if self.player.failed is not None:
                raise self.player.failed

    async def _mend(self, error: EngineError) -> None:
        """The engine is gone: end its turn, let the performer play on, start it again."""
        for _ in range(_MOST_RESTARTS_IN_A_ROW):
            now = self._clock.now()
            self._tell(str(error))
            self._note(now, "engine lost", reason=str(error))
            if self._duet.turn is not None:
                self._duet.give_way(now)
                self._take_back(now, "the engine is lost")
            self._meters.restarts += 1
            try:
                await self._engine.restart()
            except EngineError as again:
                error = again
            else:
                self._duet.lost()
                self._tell("the engine is back")
                return
        raise error

    def _take_back(self, moment: float, reason: str) -> None:
        self.player.cut(moment, CHANNELS[Role.COMPANION], end_sounding=True)
        self._awaited_since = None
        self._note(moment, "gives way", reason=reason)

    def _notice_turn(self, turns_before: int) -> None:
        if self._duet.turns != turns_before and self._duet.decided_at is not None:
            self._awaited_since = self._duet.decided_at
            self._note(self._duet.decided_at, "turn", number=self._duet.turns)

    def _note(self, moment: float, what: str, **facts: object) -> None:
        if self._journal is not None:
            self._journal.note(moment, what, **facts)

    def _wake(self) -> None:
        self._to_plan.set()
        self._to_commit.set()

    def _until_next_look(self) -> float:
        now = self._clock.now()
        moment = self._duet.next_look(now)
        return _LONGEST_WAIT if moment is None else min(max(0.0, moment - now), _LONGEST_WAIT)


async def _wait(flag: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await flag.wait()
    flag.clear()
