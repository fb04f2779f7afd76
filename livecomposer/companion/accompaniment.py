"""Playing along: what the instrument knows and decides while both play. The pure core of ``accompany``.

The companion plays from a plan that reaches a little ahead. A key that the plan did not foresee cuts it at now +
horizon, goes on the tape, and a new plan is drawn from there. A key that was foreseen leaves the plan as it is; one
that does not come was imagined, and the next plan does not know it. What is within the commit horizon belongs to the
player and stands.
"""

from collections.abc import Callable, Iterable
from math import inf

from livecomposer.beats import Beats
from livecomposer.companion.accompaniment_plan import AccompanimentPlan
from livecomposer.companion.beat_snap import placing_of
from livecomposer.companion.constraints import Constraints
from livecomposer.companion.opening import beats_from
from livecomposer.companion.plan import Plan
from livecomposer.companion.pledged_ends import PledgedEnds
from livecomposer.companion.requests import Feed, Step
from livecomposer.companion.tape import Tape
from livecomposer.events import Event, NoteEvent, NoteOff, NoteOn, Role
from livecomposer.settings import Settings
from livecomposer.tokens.grammar import Grammar
from livecomposer.units import seconds_to_steps

__all__ = ["Accompaniment"]

FORESEEN_WITHIN = 0.06
"""A key counts as foreseen if it comes so near the moment at which it was expected (seconds)."""
COALESCED = 0.008
"""After a plan was cut, keys that come within this belong to the same chord: one more plan serves them all."""
_PATIENCE = 0.05  # a note-off or a pedal changes what is known, but can wait for a key that comes as soon
_CLOSING = 1.5  # in the last seconds alone, half of them at most, a phrase that ends is the last
_SLACK = 10.0  # the window is cut back at rest: at a key it would cost the plan a whole feed
_FARTHEST = 1.0  # all of the plan is redrawn at a key, so that more of it would be in vain


class Accompaniment:
    """Plays while the performer plays, and comes to rest ``settings.alone`` seconds after."""

    def __init__(self, settings: Settings, *, seed: int) -> None:
        self._settings = settings
        self._seed = seed
        self._tape = Tape(input_duration=settings.input_duration, slack=_SLACK)
        self._constraints = Constraints(settings)
        self._stale = False  # the tape holds what the engine has not been fed
        self._shrinks = False  # less is to be remembered than the tape holds
        self._followed: list[int] = []
        self._grammar = Grammar(self._constraints.together(origin=0.0))
        self._pledged = PledgedEnds()
        self._replan_at = inf
        self._cut_at = -inf
        self._heard_at = -inf  # the performer's last event
        self._left_out = 0.0  # what the tape leaves out of silences that are not the companion's present rest
        self._asked_at: float | None = None  # the first key that the present plan is an answer to
        self.plan: AccompanimentPlan | None = None
        self.turns = 0
        self.decided_at: float | None = None
        """When the companion last came in."""
        self.plans = self.kept = self.missed = 0
        """How many plans were drawn, keys were foreseen, and foreseen keys did not come."""
        self.pulse: Callable[[float], Beats | None] = lambda _: None
        """The beats at a moment, while they run."""

    def adapt(self, settings: Settings) -> None:
        """Play with ``settings`` from now on."""
        self._constraints.adapt(settings)
        self._shrinks |= settings.input_duration < self._settings.input_duration
        self._settings = settings
        self._tape.adapt(input_duration=settings.input_duration)
        self._followed = []

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
        """When the key was struck with which the companion came in, in seconds."""
        return self.decided_at

    def inherit(self, tape: Tape, constraints: Constraints, *, turns: int, lately: Iterable[Event] = ()) -> None:  # noqa: ARG002
        """Go on where another stopped who had ``turns``; it is the next key that matters."""
        tape.adapt(input_duration=self._settings.input_duration, slack=_SLACK)
        self._constraints, self.turns = constraints, turns
        self.rewind(tape)

    def rewind(self, tape: Tape) -> None:
        """Go on from ``tape``: nothing else has been."""
        self._tape, self._followed = tape, []
        self.plan, self._replan_at, self._asked_at, self._stale = None, inf, None, True
        self._pledged.clear()

    def take_over(self, now: float) -> bool:
        """Come in without a key; ``False`` where the companion plays already, or nothing was played yet."""
        if self.plan is not None or self._tape.empty:
            return False
        self._heard_at = now
        self._come_in(now)
        self._draw(now)
        return True

    def begin(self, now: float) -> None:
        """Open a piece from nothing, alone until the performer comes in; what was played is forgotten."""
        settings, start = self._settings, now + self._settings.horizon
        self.rewind(Tape(input_duration=settings.input_duration, slack=_SLACK, began=now))
        self._constraints.begin(start, self.pulse(now) or beats_from(start, settings))
        self._heard_at = now + max(0.0, settings.extension_duration - settings.alone)
        self._come_in(now)
        self._left_out -= settings.max_rest  # as if it had rested for so long: its first note comes at once
        self._draw(now)

    def answer_again(self, now: float, like: Plan | None) -> None:  # noqa: ARG002 - meanwhile the music went on
        """Come in anew, with another plan."""
        self.take_over(now)

    def overhear(self, event: Event) -> None:
        """Put on the tape what either does, and leave it to another to play."""
        self._tape.add(event)
        self._constraints.hear(event)
        self._stale = True

    def hear(self, event: Event) -> bool:
        """Take in what the performer did. ``False``: what the player has, it keeps."""
        self._tape.add(event)
        self._constraints.hear(event)
        self._stale = True
        if not isinstance(event, NoteOn):
            self._heard_at = event.time if isinstance(event, NoteOff) else self._heard_at
            if self.plan is not None:
                self._replan_at = min(self._replan_at, event.time + _PATIENCE)
            return False
        self._heard_at = event.time
        if self.plan is None:
            self._come_in(event.time)
        elif self.plan.foresaw(event, within=FORESEEN_WITHIN):
            self.kept += 1
            return False
        if self._asked_at is None:
            self._asked_at = event.time
        self._replan(event.time, at=max(event.time, self._cut_at + COALESCED))
        return False

    def give_way(self, moment: float) -> None:
        """End what sounds of the companion at ``moment``, and plan nothing until the next key."""
        self.plan, self._replan_at, self._asked_at = None, inf, None
        self._pledged.clear()
        self._tape.cut(Role.COMPANION, moment)
        self._stale = True

    def halt(self, moment: float) -> None:
        """The same, as when a clock is stopped."""
        self.give_way(moment)

    on_the_bar = False
    """Never does it wait for a bar line."""

    def look(self, now: float) -> None:
        """Draw a new plan where it is time to, and notice that the companion has come to rest."""
        plan = self.plan
        while plan is not None and plan.foreseen and plan.foreseen[0].time + FORESEEN_WITHIN < now:
            plan.foreseen.popleft()
            self.missed += 1
        if now >= self._replan_at:
            self._draw(now)
        elif plan is not None and plan.over and now >= plan.reached:
            self.plan = None
            self._tape.trim(now)
            self._stale = True

    def want(self, now: float) -> Feed | Step | None:
        """What to ask of the engine now."""
        self.look(now)
        plan = self.plan
        if plan is None:
            return self._want_feed()
        if not plan.fed:
            plan.fed, self._stale = True, False
            return Feed(plan.context)
        if plan.planned or plan.reached > now + self._ahead:
            return None
        return Step(plan, plan.mask(now + self._settings.horizon), plan.chance())

    def replanned(self, now: float) -> float | None:
        """Seconds from the key to now, if the plan that answers it has just reached past the commit horizon."""
        plan, asked_at = self.plan, self._asked_at
        if asked_at is None or plan is None or not plan.fed:
            return None
        if not (plan.events or plan.planned or plan.reached > now + self._settings.horizon):
            return None
        self._asked_at = None
        return now - asked_at

    @property
    def idle(self) -> bool:
        """Whether nothing is going on."""
        return self.plan is None

    def lost(self) -> None:
        """The engine has forgotten everything."""
        self._stale = not self._tape.empty

    def commit(self, now: float) -> list[NoteEvent]:
        """What the player must have now: all that is due within the commit horizon. It belongs to the tape."""
        until = now + self._settings.horizon
        due = self.plan.commit(until) if self.plan is not None else []
        for event in due:
            self._pledged.forget(event.pitch)
        reached = self.plan.reached if self.plan is not None and self.plan.tokens else -inf
        pledged = self._pledged.redeem(until, reached=reached)
        for event in (*due, *pledged):
            self._tape.add(event)
            self._left_out = self._tape.left_out
        if pledged:
            self._replan_at = min(self._replan_at, now)
        return [*due, *pledged]

    def next_look(self, now: float) -> float | None:
        """The next moment at which ``look``, ``commit`` or ``want`` may have something new if nothing happens."""
        plan, horizon = self.plan, self._settings.horizon
        moments = [self._replan_at, *(moment - horizon for moment in self._pledged)]
        if plan is not None:
            if plan.events:
                moments.append(plan.events[0].time - horizon)
            if plan.foreseen:
                moments.append(plan.foreseen[0].time + FORESEEN_WITHIN + 0.001)
            if plan.over:
                moments.append(plan.reached)
            elif not plan.planned and plan.reached - self._ahead > now:  # else the engine is at it already
                moments.append(plan.reached - self._ahead)
        moment = min(moments)
        return moment if moment < inf else None

    @property
    def _ahead(self) -> float:
        return min(_FARTHEST, self._settings.plan_ahead)

    def _want_feed(self) -> Feed | None:
        if not self._stale:
            return None
        self._stale = False
        return Feed(self._tape.ids())

    def _come_in(self, moment: float) -> None:
        self._left_out = self._tape.left_out
        if self._replan_at == inf:
            self.turns += 1
            self.decided_at = moment

    def _replan(self, now: float, *, at: float) -> None:
        self._replan_at = min(self._replan_at, at)
        if at <= now:
            self._draw(now)

    def _draw(self, now: float) -> None:
        """Cut the plan and begin another, from all that is known now."""
        self._replan_at, self._cut_at = inf, now
        if self.plan is not None:
            self._pledged.pledge(self.plan.events, self._tape.sounding(Role.COMPANION))
        if self._shrinks:
            self._shrinks = False
            self._tape.trim(now)
        context = self._tape.ids()
        grammar = self._follow(context)
        rested = max(0.0, self._tape.left_out - self._left_out)  # while more silence passed than is told
        grammar.begin(grammar.silent_since(Role.COMPANION) - seconds_to_steps(rested))
        grammar.limits = self._constraints.together(origin=self._tape.origin)
        alone = self._settings.alone
        self.plan = AccompanimentPlan(
            context,
            origin=self._tape.origin,
            grammar=grammar,
            floor=now,
            latest=self._heard_at + alone,
            closing=self._heard_at + alone - min(_CLOSING, alone / 2),
            foresee=self._settings.foresee == "on",
            seed=f"{self._seed}:{self.plans}",
            placing=placing_of(self.pulse, now, self._settings.beat_hint),
        )
        self.plans += 1

    def _follow(self, context: list[int]) -> Grammar:
        """A grammar that has followed ``context``; what is settled of it is followed once."""
        settled = self._tape.settled
        known = len(self._followed)
        if not known or settled[:known] != self._followed:
            known, self._grammar = 0, Grammar(self._grammar.limits)
            self._grammar.begin()
        self._grammar.follow(settled[known:])
        self._followed = list(settled)
        grammar = self._grammar.copy()
        grammar.follow(context[len(settled) :])
        return grammar
