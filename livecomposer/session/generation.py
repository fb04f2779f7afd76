"""Asks the engine what the companion wants of it, one thing after the other, and starts it again when it is gone."""

import asyncio
import contextlib
from collections.abc import Callable

from livecomposer.clocks import Clock
from livecomposer.companion.companion import Companion
from livecomposer.companion.requests import Feed, Step
from livecomposer.engine.client import EngineClient
from livecomposer.errors import EngineError
from livecomposer.faults import Fault
from livecomposer.model.sampling import MaskPolicy, Sampling
from livecomposer.session.timing.meters import Meters
from livecomposer.session.timing.overload_ladder import Load
from livecomposer.takes.call_log import grid

__all__ = ["Generation", "pause"]

_LONGEST_WAIT = 1.0
_MOST_RESTARTS_IN_A_ROW = 5


class Generation:
    """All in the loop's thread. ``take_back`` is told the moment at which the companion falls silent, and why.

    ``planned`` is called when the plan has grown, or someone else plays; ``note`` writes down what happened, and when.
    """

    def __init__(
        self,
        companion: Companion,
        engine: EngineClient,
        *,
        clock: Clock,
        meters: Meters,
        load: Load,
        take_back: Callable[[float, str], None],
        planned: Callable[[], None],
        notify: Callable[[str], None],
        note: Callable[[float, str, str], None],
    ) -> None:
        self.engine = engine
        """The one that plays."""
        engine.silent = self._stall
        self._stalled = False  # no sign of life from the engine, which is waited for
        self.wake = asyncio.Event()
        """Set when there may be something new to ask."""
        self._companion = companion
        self._clock = clock
        self._meters = meters
        self._load = load
        self._take_back = take_back
        self._planned = planned
        self._notify = notify
        self._note = note
        self._began_with = self._spoken = companion.engine_mode  # what a new engine, and the one that plays, was told
        self._asking = asyncio.Lock()

    async def run(self) -> None:
        """Plan until cancelled; ends by itself only with an error that nothing can mend."""
        while True:
            now = grid(self._clock.now())
            wanted, sampling, mode = self._companion.want(now), self._companion.sampling, self._companion.engine_mode
            if wanted is None:
                await pause(self.wake, self._companion, self._clock)
                continue
            try:
                async with self._asking:
                    await self._ask(wanted, sampling, mode)
                self._go_on()
            except EngineError as error:
                await self._mend(error)

    async def play_with(self, engine: EngineClient) -> None:
        """Put ``engine`` in the place of the one that plays, which is closed; raises :class:`EngineError`.

        Nothing falls silent: most is fed ahead, and the turn goes on where it was.
        """
        try:
            if self.engine.ids:
                await engine.feed(self.engine.ids)
            async with self._asking:
                engine.silent = self._stall
                if self._spoken[0] != self._began_with[0]:
                    await engine.set_mode(*self._spoken)
                if self.engine.ids:  # none if it has just died: then it is fed from the tape
                    await engine.feed(self.engine.ids)
                before, self.engine = self.engine, engine
                self._companion.engine_changed(str(engine.hello.get("model", "")), grid(self._clock.now()))
        except EngineError:
            await engine.close()
            raise
        finally:
            self._go_on()
        await before.close()

    async def _ask(self, wanted: Feed | Step, sampling: Sampling, mode: tuple[int, MaskPolicy]) -> None:
        if mode[0] != self._spoken[0]:
            await self.engine.set_mode(*mode)
            self._spoken = mode
        began = self._clock.now()
        if isinstance(wanted, Feed):
            await self.engine.feed(wanted.ids)
            self._meters.feed.add(self._clock.now() - began)
            return
        id_ = await self.engine.step(wanted.mask, sampling, wanted.chance)
        now, before = grid(self._clock.now()), wanted.plan.reached
        self._meters.step.add(now - began)
        taken, waited = self._companion.accept(wanted, id_, now)
        if taken:  # else the performer has taken over meanwhile
            self._meters.tokens += 1
            self._meters.music += wanted.plan.reached - before
            self._load.stepped(now, seconds=now - began, before=before, reached=wanted.plan.reached)
            if waited is not None:
                self._meters.replan.add(waited)
            self._planned()

    def _stall(self) -> None:
        """The engine gives no sign of life: who plays along is stood in for; a turn goes on as far as it is planned."""
        now = grid(self._clock.now())
        if not self._stalled:
            self._stalled = True
            self._meters.faults.count(Fault.STALLS, reported=True)
            self._notify(Fault.STALLS.sentence())
            self._note(now, "engine stalls", Fault.STALLS.what)
        if self._companion.needs_stand_in:
            self._lose(now, "the engine gives no sign of life")

    def _go_on(self) -> None:
        """The engine has answered after all, if it had been given up."""
        if self._stalled:
            self._stalled = False
            self._find()

    def _lose(self, now: float, reason: str) -> None:
        if self._companion.lost(now):
            self._take_back(now, reason)
        self._planned()

    def _find(self) -> None:
        now = grid(self._clock.now())
        if self._companion.found(now):
            self._take_back(now, "the engine is back")
        self._notify("the engine is back")

    async def _mend(self, error: EngineError) -> None:
        """End the companion's turn, let the performer play on, start the engine again."""
        self._stalled = False
        for _ in range(_MOST_RESTARTS_IN_A_ROW):
            now = grid(self._clock.now())
            self._notify(str(error))
            self._note(now, "engine lost", str(error))
            self._lose(now, "the engine is lost")
            self._meters.faults.count(Fault.RESTARTS, error, reported=True)
            try:
                await self.engine.restart()
            except EngineError as again:
                error = again
            else:
                self._find()
                return
        raise error


async def pause(flag: asyncio.Event, companion: Companion, clock: Clock) -> None:
    """Wait for ``flag``, no longer than until ``companion`` has something to look at; lower it."""
    now = clock.now()
    moment = companion.next_look(now)
    seconds = _LONGEST_WAIT if moment is None else min(max(0.0, moment - now), _LONGEST_WAIT)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await flag.wait()
    flag.clear()
