"""A live accompaniment on a clock that is moved by hand: what :class:`.session.Session` does, in no real time.

The performer's events are heard at their moments. A request to the engine is answered after a latency that is given;
what the performer does meanwhile is heard in between, and an answer for a plan that was cut meanwhile is thrown away.
So each event is decided only from what had sounded by then. Time jumps from one moment of interest to the next.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol

from livecomposer.beats import Beats
from livecomposer.clocks import ManualClock
from livecomposer.companion.accompaniment import Accompaniment
from livecomposer.companion.plan import Plan
from livecomposer.companion.requests import Feed, Step
from livecomposer.companion.sampling import sampling_of
from livecomposer.engine import common_prefix
from livecomposer.events import Event, Note, NoteEvent, NoteOff, NoteOn, Role, notes_of_events
from livecomposer.messages import encode, ended_key, started_key
from livecomposer.model.sampling import Sampling
from livecomposer.offline.latency_model import Latency
from livecomposer.playing.scheduler import Scheduler
from livecomposer.settings import Settings, changed
from livecomposer.tokens.grammar import Mask

__all__ = ["Latency", "Mind", "PlaysAlong", "Simulation", "play_along"]

_CHANNEL = 1
_LONGEST_WAIT = 1.0  # as the live session's
_GLANCE = 0.001  # where a look is overdue the live session looks again at once
_UNEVENNESS = 1e-6  # a moment less a horizon plus the horizon may fall short of the moment


class Mind(Protocol):
    """What is asked: an engine's client, or anything like it."""

    async def feed(self, ids: Sequence[int]) -> Any:
        """Take in ``ids``."""
        ...

    async def step(self, mask: Mask, sampling: Sampling, chance: float) -> int:
        """The next id."""
        ...


class PlaysAlong(Protocol):
    """Who plays along: :class:`.accompaniment.Accompaniment`, or anything that is asked the same."""

    plans: int
    kept: int
    missed: int

    @property
    def plan(self) -> Plan | None:
        """What the engine's answers go into."""
        ...

    @property
    def idle(self) -> bool:
        """Whether nothing is going on."""
        ...

    def hear(self, event: Event) -> bool:
        """Take in what the performer did; ``True``: what the player has is taken back."""
        ...

    def look(self, now: float) -> None:
        """Notice what has changed by itself."""
        ...

    def want(self, now: float) -> Feed | Step | None:
        """What to ask of the engine now."""
        ...

    def replanned(self, now: float) -> float | None:
        """Seconds from the key to now, once the plan that answers it is there."""
        ...

    def commit(self, now: float) -> list[NoteEvent]:
        """What must be played now."""
        ...

    def next_look(self, now: float) -> float | None:
        """When there may be something new if nothing happens."""
        ...


@dataclass(frozen=True, slots=True)
class Simulation:
    """What the companion played, as it sounded (a late event at the moment it came), and how it went."""

    events: tuple[NoteEvent, ...]
    horizon: float
    """The commit horizon that was kept to, in seconds."""
    plans: int
    kept: int
    missed: int
    """Plans drawn, keys foreseen, and foreseen keys that did not come."""
    late: int
    """Note-ons that were decided too late and so never sounded, by the policy of :mod:`.playing.scheduler`."""
    replans: tuple[float, ...]
    """Seconds from a key to the plan that answers it, for each that was answered."""
    steps: int
    discarded: int
    """Ids drawn, and how many of them came for a plan that was cut."""
    ended: float
    """When the companion had come to rest, in seconds."""

    @property
    def notes(self) -> list[Note]:
        """The events as whole notes."""
        return notes_of_events(self.events, end=self.ended)

    def facts(self) -> dict[str, float | int | None]:
        """Counts and milliseconds, ready for JSON."""
        counts = {"notes": len(self.notes), "plans": self.plans, "kept": self.kept, "missed": self.missed}
        counts |= {"late": self.late, "steps": self.steps, "discarded": self.discarded}
        replan = {name: _ms_of_share(self.replans, share) for name, share in (("p50", 0.5), ("p99", 0.99))}
        times = {f"replan_ms_{name}": ms for name, ms in replan.items()}
        return {**counts, "horizon_ms": round(1000 * self.horizon, 3), **times}


async def play_along(
    performance: Sequence[Event],
    engine: Mind,
    settings: Settings,
    *,
    seed: int,
    latency: Latency,
    partner: PlaysAlong | None = None,
    pulse: Callable[[float], Beats | None] = lambda _: None,
    progress: Callable[[float], None] = lambda _: None,
) -> Simulation:
    """Play ``performance`` (the performer's events, in time order, in seconds) to a companion and return what it plays.

    It goes on until the companion has come to rest. Where ``settings.horizon`` is 0, the horizon is what ``latency``
    needs. ``partner`` (of the same settings) plays instead of an :class:`.accompaniment.Accompaniment`; one that wants
    nothing needs no engine. ``pulse``: the beats at a moment, where the performance has any. The same arguments give
    the same companion, whatever the pace of ``engine``. ``progress`` is told the seconds of music that are done. Raises
    what the engine raises.
    """
    if not settings.horizon:
        settings = changed(settings, {"horizon": latency.budget.horizon})
    if partner is None:
        partner = Accompaniment(settings, seed=seed)
        partner.pulse = pulse
    chance = random.Random(f"{seed}:latency")
    session = _LiveSession(performance, engine, settings, partner, latency=latency, chance=chance)
    while not session.over:
        await session.go_on()
        progress(session.clock.now() - session.began)
    return session.result()


@dataclass(frozen=True, slots=True)
class _Answer:
    at: float
    wanted: Feed | Step
    id_: int = -1


class _LiveSession:
    """Everything that a session holds, in one hand."""

    def __init__(
        self,
        performance: Sequence[Event],
        engine: Mind,
        settings: Settings,
        partner: PlaysAlong,
        *,
        latency: Latency,
        chance: random.Random,
    ) -> None:
        self._waiting = deque(performance)
        self.began = performance[0].time if performance else 0.0
        self.clock = ManualClock(self.began)
        self._engine = engine
        self._partner = partner
        self._horizon = settings.horizon
        self._sampling = sampling_of(settings)
        self._latency = latency
        self._chance = chance
        self._scheduler = Scheduler()
        self._sounded: list[NoteEvent] = []
        self._held: list[int] = []  # what the engine has taken in
        self._answer: _Answer | None = None
        self._replans: list[float] = []
        self._steps = self._discarded = 0

    @property
    def over(self) -> bool:
        """Whether the performance is, and its echo in the companion."""
        return not self._waiting and self._partner.idle and not len(self._scheduler)

    async def go_on(self) -> None:
        """Do all that is to be done now, then go to the next moment."""
        now, partner = self.clock.now(), self._partner
        while self._waiting and self._waiting[0].time <= now:
            self._hear(self._waiting.popleft())
        if self._answer is not None and self._answer.at <= now:
            self._take(self._answer, now)
        for event in partner.commit(now):
            self._scheduler.add(event.time, encode(event, channel=_CHANNEL))
        partner.look(now)
        if self._answer is None and (wanted := partner.want(now)) is not None:
            self._answer = await self._ask(wanted, now)
        self._move_to(self._next_moment(now))

    def result(self) -> Simulation:
        """What came of it."""
        partner = self._partner
        return Simulation(
            events=tuple(self._sounded),
            horizon=self._horizon,
            plans=partner.plans,
            kept=partner.kept,
            missed=partner.missed,
            late=self._scheduler.late_dropped,
            replans=tuple(self._replans),
            steps=self._steps,
            discarded=self._discarded,
            ended=self.clock.now(),
        )

    def _hear(self, event: Event) -> None:
        if self._partner.hear(event):
            self._scheduler.cut(event.time, _CHANNEL, end_sounding=True)

    async def _ask(self, wanted: Feed | Step, now: float) -> _Answer:
        share = self._chance.random()
        if isinstance(wanted, Feed):
            computed = len(wanted.ids) - common_prefix(self._held, wanted.ids)
            self._held = list(wanted.ids)
            await self._engine.feed(wanted.ids)
            return _Answer(now + self._latency.feed(share, computed=computed), wanted)
        id_ = await self._engine.step(wanted.mask, self._sampling, wanted.chance)
        self._held.append(id_)
        self._steps += 1
        return _Answer(now + self._latency.step(share), wanted, id_)

    def _take(self, answer: _Answer, now: float) -> None:
        self._answer = None
        if isinstance(answer.wanted, Feed):
            return
        if self._partner.plan is not answer.wanted.plan:
            self._discarded += 1
            return
        answer.wanted.plan.accept(answer.id_)
        if (seconds := self._partner.replanned(now)) is not None:
            self._replans.append(seconds)

    def _next_moment(self, now: float) -> float:
        look = self._partner.next_look(now)
        moments = [now + _LONGEST_WAIT, self._waiting[0].time if self._waiting else inf]
        if self._answer is not None:
            moments.append(max(self._answer.at, now))
        if look is not None:
            moments.append(now + _GLANCE if look <= now - _UNEVENNESS else max(look, now + _UNEVENNESS))
        return min(moments)

    def _move_to(self, moment: float) -> None:
        """Let time pass, and sound what is due meanwhile."""
        while (due := self._scheduler.next_due()) is not None and due <= moment:
            self.clock.move_to(due)
            now = self.clock.now()
            self._sounded += [_event(now, timed.data) for timed in self._scheduler.take_due(now)]
        self.clock.move_to(moment)


def _ms_of_share(seconds: Sequence[float], share: float) -> float | None:
    ranked = sorted(seconds)
    return round(1000 * ranked[int(share * (len(ranked) - 1))], 3) if ranked else None


def _event(moment: float, data: bytes) -> NoteEvent:
    if (key := started_key(data)) is not None:
        return NoteOn(moment, key[1], data[2], Role.COMPANION)
    key = ended_key(data)
    assert key is not None  # a companion plays notes alone
    return NoteOff(moment, key[1], Role.COMPANION)
