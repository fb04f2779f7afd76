"""What the instrument knows and decides, without doing any of it: the pure core of a session.

Feed it what the performer plays and the time; it says what to ask of the engine, what to hand to the player, what to
take back, and when to look again. No clock, no thread, no await.
"""

from math import inf

from livecomposer.events import Event, NoteEvent, NoteOn, Role
from livecomposer.listening.phrases import PhraseEnd, Trigger
from livecomposer.session.asked import Feed, Step
from livecomposer.session.manners import Manners
from livecomposer.session.tape import Tape
from livecomposer.session.turn import Turn
from livecomposer.settings import Settings

__all__ = ["Duet"]

_SHORTEST_ANSWER = 2.0
_ON_TIME = 0.002
"""A turn's first note is put off only if its moment is nearer than this (seconds)."""


class Duet:
    """Listens until the performer's phrase ends, then holds the companion's turn until it is over or interrupted."""

    def __init__(self, settings: Settings, *, seed: int) -> None:
        self._settings = settings
        self._seed = seed
        self._tape = Tape(input_duration=settings.input_duration)
        self._manners = Manners(settings)
        self._phrase = PhraseEnd(
            wait=settings.phrase_wait, wait_max=settings.phrase_wait_max, trigger=Trigger.parse(settings.trigger)
        )
        self._stale = False  # the tape holds what the engine has not been fed
        self.turn: Turn | None = None
        self.turns = 0
        self.decided_at: float | None = None
        """When the last phrase end was decided."""

    def adapt(self, settings: Settings) -> None:
        """Play with ``settings`` from now on; a turn that has begun keeps its limits."""
        self._manners.adapt(settings)
        self._settings = settings
        self._tape.adapt(input_duration=settings.input_duration)

    def hear(self, event: Event) -> bool:
        """Take in what the performer did; ``True`` if the companion gives way: take its future back from there on."""
        if self._phrase.consumes(event):
            if self._phrase.hear(event) and self.turn is None:
                self._take_over(event.time)
            return False
        gives_way = self.turn is not None and isinstance(event, NoteOn)
        if gives_way:
            self.give_way(event.time)
        self._tape.add(event)
        self._manners.hear(event)
        self._stale = True
        self._phrase.hear(event)
        return gives_way

    def give_way(self, moment: float) -> None:
        """End the companion's turn at ``moment``, whatever it had planned."""
        self.turn = None
        self._tape.cut(Role.COMPANION, moment)
        self._stale = True

    def look(self, now: float) -> None:
        """Notice that a phrase has ended by silence, or the companion's turn by having been played."""
        if self.turn is None:
            if self._phrase.check(now):
                self._take_over(now)
        elif self.turn.over and now >= self.turn.reached:
            self.turn = None
            self._stale = True

    def want(self, now: float) -> Feed | Step | None:
        """What to ask of the engine now."""
        turn = self.turn
        if turn is None or not turn.fed:
            return self._want_feed(turn)
        if turn.planned or turn.reached > now + self._settings.plan_ahead:
            return None
        earliest = now + self._settings.horizon if turn.begun else max(turn.start, now + _ON_TIME)
        return Step(turn, turn.mask(earliest), turn.chance())

    def replanned(self, now: float) -> float | None:  # noqa: ARG002 - it never plans anew
        """``None``: nothing is planned anew while both play, for only one does."""
        return None

    @property
    def idle(self) -> bool:
        """Whether nothing is going on: no phrase, no turn."""
        return self.turn is None and self._phrase.next_check(0.0) is None

    def lost(self) -> None:
        """The engine has forgotten everything."""
        self._stale = not self._tape.empty

    def commit(self, now: float) -> list[NoteEvent]:
        """What the player must have now: all that is due within the commit horizon. It belongs to the tape."""
        if self.turn is None:
            return []
        due = self.turn.commit(now + self._settings.horizon)
        for event in due:
            self._tape.add(event)
        return due

    def next_look(self, now: float) -> float | None:
        """The next moment at which ``look``, ``commit`` or ``want`` may have something new if nothing happens."""
        turn = self.turn
        if turn is None:
            return self._phrase.next_check(now)
        if turn.over:
            return turn.reached
        to_commit = turn.plan[0].time - self._settings.horizon if turn.plan else inf
        to_plan = inf if turn.planned else turn.reached - self._settings.plan_ahead
        moment = min(to_commit, to_plan if to_plan > now else inf)  # else the engine is at it already
        return moment if moment < inf else None

    def _want_feed(self, turn: Turn | None) -> Feed | None:
        if turn is not None:
            turn.fed = True
            return Feed(turn.context)
        if not self._stale:
            return None
        self._stale = False
        return Feed(self._tape.ids())

    def _take_over(self, now: float) -> None:
        phrase = self._phrase.ended
        assert phrase is not None  # a phrase end has just been decided
        seconds = self._settings.extension_duration
        if self._settings.mode == "respond":
            seconds = min(max(phrase.end - phrase.start, _SHORTEST_ANSWER), seconds)
        ids, origin = self._tape.ids_until(now + self._settings.horizon)
        seed = f"{self._seed}:{self.turns}"
        limits = self._manners.alone(origin=origin)
        self.turn = Turn(ids, origin=origin, seconds=seconds, settings=self._settings, seed=seed, limits=limits)
        self.turns += 1
        self.decided_at = now
