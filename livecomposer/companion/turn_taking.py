"""What the instrument knows and decides, without doing any of it: the pure core of a session.

Feed it what the performer plays and the time; it says what to ask of the engine, what to hand to the player, what to
take back, and when to look again. No clock, no thread, no await.
"""

from collections.abc import Callable, Iterable
from math import inf

from livecomposer.beats import Beats
from livecomposer.companion.constraints import Constraints
from livecomposer.companion.opening import beats_from, opening
from livecomposer.companion.plan import Plan
from livecomposer.companion.requests import Feed, Step
from livecomposer.companion.tape import SLACK, Tape
from livecomposer.companion.turn_plan import TurnPlan
from livecomposer.events import Event, NoteEvent, NoteOn, Role
from livecomposer.listening.phrases import Phrase, PhraseEnd, Trigger
from livecomposer.settings import Settings

__all__ = ["TurnTaking", "answer_bars"]

_SHORTEST_ANSWER = 2.0
_ON_TIME = 0.002
"""A turn's first note is put off only if its moment is nearer than this (seconds)."""
_ANACRUSIS = 0.25
"""A call that goes on into another bar by no more than this share of it does not count that bar."""
_AIM_SECONDS = 0.05
"""How often an answer that waits for its bar line looks where that is."""


class TurnTaking:
    """Listens until the performer's phrase ends, then holds the companion's turn until it is over or interrupted."""

    def __init__(self, settings: Settings, *, seed: int) -> None:
        self._settings = settings
        self._seed = seed
        self._tape = Tape(input_duration=settings.input_duration)
        self._constraints = Constraints(settings)
        self._phrase = PhraseEnd(
            wait=settings.phrase_wait, wait_max=settings.phrase_wait_max, trigger=Trigger.parse(settings.trigger)
        )
        self._stale = False  # the tape holds what the engine has not been fed
        self.plan: TurnPlan | None = None
        self.turns = 0
        self.decided_at: float | None = None
        """When the last phrase end was decided."""
        self.pulse: Callable[[float], Beats | None] = lambda _: None
        """The beats at a moment, while they run: answers begin on their bar lines and last whole bars."""
        self._bar: int | None = None  # the beat at which the turn is to begin, until its first note is fixed

    def adapt(self, settings: Settings) -> None:
        """Play with ``settings`` from now on: the plan stands, and a turn that has begun ends when it was to end."""
        self._constraints.adapt(settings)
        self._settings = settings
        self._tape.adapt(input_duration=settings.input_duration)
        self._phrase.wait, self._phrase.wait_max = settings.phrase_wait, settings.phrase_wait_max
        if self.plan is not None:
            self.plan.keep_to(self._constraints.alone(origin=self.plan.origin))

    def is_trigger(self, event: Event) -> bool:
        """Whether ``event`` is of the trigger, and so no music."""
        return self._phrase.consumes(event)

    @property
    def tape(self) -> Tape:
        """All that has sounded."""
        return self._tape

    @property
    def constraints(self) -> Constraints:
        """What is known of the performer's manner."""
        return self._constraints

    @property
    def call_began(self) -> float | None:
        """When the phrase began that the last turn answers, in seconds."""
        return None if self._phrase.ended is None else self._phrase.ended.start

    def inherit(self, tape: Tape, constraints: Constraints, *, turns: int, lately: Iterable[Event] = ()) -> None:
        """Go on where another stopped who had ``turns``; ``lately``: what of the performer's phrase is not over."""
        tape.adapt(input_duration=self._settings.input_duration, slack=SLACK)
        self._constraints, self.turns = constraints, turns
        self.rewind(tape)
        self._phrase.reset()
        for event in lately:
            self._phrase.hear(event)

    def rewind(self, tape: Tape) -> None:
        """Go on from ``tape``: nothing else has been."""
        self._tape = tape
        self.plan, self._bar, self._stale = None, None, True

    def take_over(self, now: float) -> bool:
        """Begin a turn though no phrase has ended; ``False`` where there is a turn, or nothing was played yet."""
        if self.plan is not None or self._tape.empty:
            return False
        if not self._phrase.check(inf) and self._phrase.ended is None:
            self._phrase.ended = Phrase(now, now, 0)
        self._take_over(now)
        return True

    def begin(self, now: float) -> None:
        """Open a piece from nothing, on the next bar line where beats run; what was played is forgotten."""
        earliest, pulse = now + self._settings.horizon, self.pulse(now)
        self._bar = None if pulse is None else pulse.next_bar(earliest)
        start = earliest if pulse is None or self._bar is None else pulse.moment_of(self._bar)
        self._tape, self._stale = Tape(input_duration=self._settings.input_duration), True
        self._constraints.begin(start, pulse or beats_from(start, self._settings))
        self._phrase.reset()
        self._phrase.ended = Phrase(now, now, 0)
        self._take_turn(opening(self._settings, self._constraints, start=start, seed=self._turn_seed), now)

    def answer_again(self, now: float, like: Plan | None) -> None:
        """Begin another turn where ``like`` began, or else where the tape ends."""
        if self._phrase.ended is None:
            self._phrase.ended = Phrase(now, now, 0)
        self._take_over(now, like if isinstance(like, TurnPlan) else None)

    def hear(self, event: Event) -> bool:
        """Take in what the performer did; ``True`` if the companion gives way: take its future back from there on."""
        if self._phrase.consumes(event):
            if self._phrase.hear(event) and self.plan is None:
                self._take_over(event.time)
            return False
        gives_way = self.plan is not None and isinstance(event, NoteOn)
        if gives_way:
            self.give_way(event.time)
        self._tape.add(event)
        self._constraints.hear(event)
        self._stale = True
        self._phrase.hear(event)
        return gives_way

    def give_way(self, moment: float) -> None:
        """End the companion's turn at ``moment``, whatever it had planned."""
        self.plan = None
        self._tape.cut(Role.COMPANION, moment)
        self._stale = True

    def halt(self, moment: float) -> None:
        """End the turn, and the phrase in progress unanswered, as when a clock is stopped."""
        self._phrase.reset()
        self.give_way(moment)

    @property
    def on_the_bar(self) -> bool:
        """Whether the turn waits for a bar line."""
        return self.plan is not None and self._bar is not None

    def look(self, now: float) -> None:
        """Notice that a phrase has ended by silence, or the companion's turn by having been played."""
        if self.plan is None:
            if self._phrase.check(now):
                self._take_over(now)
        elif self.plan.over and now >= self.plan.reached:
            self.plan = None
            self._stale = True

    def want(self, now: float) -> Feed | Step | None:
        """What to ask of the engine now."""
        plan = self.plan
        if plan is None or not plan.fed:
            return self._want_feed(plan)
        if plan.planned or plan.reached > now + self._settings.plan_ahead:
            return None
        earliest = now + self._settings.horizon if plan.begun else max(plan.start, now + _ON_TIME)
        return Step(plan, plan.mask(earliest), plan.chance())

    def replanned(self, now: float) -> float | None:  # noqa: ARG002 - it never plans anew
        """``None``: nothing is planned anew while both play, for only one does."""
        return None

    @property
    def idle(self) -> bool:
        """Whether nothing is going on: no phrase, no turn."""
        return self.plan is None and self._phrase.next_check(0.0) is None

    def lost(self) -> None:
        """The engine has forgotten everything."""
        self._stale = not self._tape.empty

    def commit(self, now: float) -> list[NoteEvent]:
        """What the player must have now: all that is due within the commit horizon. It belongs to the tape."""
        if self.plan is None:
            return []
        self._aim(self.plan, now)
        due = self.plan.commit(now + self._settings.horizon)
        if due:
            self._bar = None
        for event in due:
            self._tape.add(event)
        return due

    def next_look(self, now: float) -> float | None:
        """The next moment at which ``look``, ``commit`` or ``want`` may have something new if nothing happens."""
        plan = self.plan
        if plan is None:
            return self._phrase.next_check(now)
        if plan.over:
            return plan.reached
        to_commit = plan.events[0].time - self._settings.horizon if plan.events else inf
        to_plan = inf if plan.planned else plan.reached - self._settings.plan_ahead
        to_aim = inf if self._bar is None else now + _AIM_SECONDS
        moment = min(to_commit, to_plan if to_plan > now else inf, to_aim)  # else the engine is at it already
        return moment if moment < inf else None

    def _want_feed(self, plan: TurnPlan | None) -> Feed | None:
        if plan is not None:
            plan.fed = True
            return Feed(plan.context)
        if not self._stale:
            return None
        self._stale = False
        return Feed(self._tape.ids())

    def _take_over(self, now: float, like: TurnPlan | None = None) -> None:
        phrase = self._phrase.ended
        assert phrase is not None  # a phrase end has just been decided
        start, seconds = self._extent(phrase, now)
        if like is None:
            ids, origin = self._tape.ids_until(start)
        else:
            ids, origin = like.context, like.origin + start - like.start
        limits, seed = self._constraints.alone(origin=origin), self._turn_seed
        plan = TurnPlan(ids, origin=origin, seconds=seconds, settings=self._settings, seed=seed, limits=limits)
        self._take_turn(plan, now)

    @property
    def _turn_seed(self) -> str:
        return f"{self._seed}:{self.turns}"

    def _take_turn(self, plan: TurnPlan, now: float) -> None:
        self.plan = plan
        self._aim(plan, now)
        self.turns += 1
        self.decided_at = now

    def _extent(self, phrase: Phrase, now: float) -> tuple[float, float]:
        """When the turn begins and how long it lasts, in seconds: whole bars, where an answer has a pulse."""
        settings, call = self._settings, phrase.end - phrase.start
        beats = self.pulse(now) if settings.mode == "respond" else None
        self._bar = None if beats is None else beats.next_bar(now + settings.horizon)
        if beats is not None and self._bar is not None:
            return beats.moment_of(self._bar), answer_bars(call, beats, settings) * beats.bar
        longest = settings.extension_duration
        seconds = min(max(call, _SHORTEST_ANSWER), longest) if settings.mode == "respond" else longest
        return now + settings.horizon, seconds

    def _aim(self, plan: TurnPlan, now: float) -> None:
        """Keep the turn's beginning on its bar line, wherever that is by now."""
        beats = self.pulse(now)
        if self._bar is None or beats is None:
            return
        away = beats.moment_of(self._bar) - now - self._settings.horizon
        if not -beats.period < away <= beats.bar + _AIM_SECONDS:  # the song has jumped
            self._bar = beats.next_bar(now + self._settings.horizon)
        plan.aim(beats.moment_of(self._bar))


def answer_bars(call: float, beats: Beats, settings: Settings) -> int:
    """How many bars an answer to a call of so many seconds lasts: as many as the call, at least one.

    No more than fit into the longest extension, unless the settings say how many.
    """
    if settings.answer_bars:
        return settings.answer_bars
    most = max(1, beats.whole_bars(settings.extension_duration))
    return min(max(1, 1 + beats.whole_bars(call - _ANACRUSIS * beats.bar)), most)
