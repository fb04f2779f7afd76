"""One turn of the companion: its ids, its grammar, and what it has planned and not yet committed.

Pure: the engine's answers come in by :meth:`Turn.accept`; what it may be asked next is :meth:`Turn.mask`. Used by the
live session and by its offline twin alike.
"""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from livecomposer.events import NoteEvent, Role
from livecomposer.session.manners import Manners
from livecomposer.settings import Settings
from livecomposer.tokens.codec import Decoder
from livecomposer.tokens.grammar import Grammar, Limits, Mask
from livecomposer.units import STEPS_PER_SECOND, seconds_to_steps

__all__ = ["Turn"]


class Turn:
    """A turn of ``seconds`` from the end of ``context`` on.

    ``origin`` is the moment of the context's step 0. The same context, settings and ``seed`` give the same turn,
    whatever the engine's pace, as long as no event had to be put off. ``limits``: what to keep to, if it is not what
    the settings ask of one who plays alone, a chart beginning at ``origin``.
    """

    def __init__(
        self,
        context: Sequence[int],
        *,
        origin: float,
        seconds: float,
        settings: Settings,
        seed: str,
        limits: Limits | None = None,
    ) -> None:
        self.context = list(context)
        self._origin = origin
        self._grammar = Grammar(limits or Manners(settings, began=origin).alone(origin=origin))
        self._grammar.follow(context)
        self._grammar.begin()
        self._decoder = Decoder(origin=origin, step=self._grammar.step, velocity=self._grammar.velocity)
        self.start = self._decoder.time
        """The moment of the first note, unless it has to be put off: where the context ends, a multiple of 10 ms."""
        self._stop = self._grammar.step + max(1, seconds_to_steps(seconds))
        self._chance = random.Random(seed)
        self.fed = False
        """Whether the engine was asked to take the context in."""
        self.begun = False
        """Whether the first event is planned."""
        self.tokens = 0
        self.plan: deque[NoteEvent] = deque()
        """The future: note events that are not committed yet, in time order."""

    @property
    def origin(self) -> float:
        """The moment of the context's step 0, in seconds."""
        return self._origin

    def keep_to(self, limits: Limits) -> None:
        """Keep to ``limits`` from the next id on."""
        self._grammar.limits = limits

    @property
    def reached(self) -> float:
        """The moment up to which the turn is planned, in seconds."""
        return self._decoder.time

    @property
    def planned(self) -> bool:
        """Whether the turn is planned to its end."""
        return self._grammar.step >= self._stop and not self._grammar.sounding(Role.COMPANION)

    @property
    def over(self) -> bool:
        """Whether nothing is left to plan or to commit."""
        return self.planned and not self.plan

    def aim(self, moment: float) -> None:
        """Begin at exactly ``moment`` (seconds) instead of ``start``; what is planned moves along, step by step."""
        by = moment - self.start
        self.start = moment
        self._origin += by
        self._decoder.origin += by
        self.plan = deque(replace(event, time=event.time + by) for event in self.plan)

    def mask(self, earliest: float) -> Mask:
        """The ids allowed next, when no note may begin before the moment ``earliest`` (seconds)."""
        step = ceil((earliest - self._origin) * STEPS_PER_SECOND - 1e-6)
        return self._grammar.mask(earliest=max(0, step), start=not self.begun, stop=self._stop)

    def chance(self) -> float:
        """The random number in [0, 1) that draws the next id."""
        return self._chance.random()

    def accept(self, id_: int) -> None:
        """Take the engine's next id into the plan."""
        self.tokens += 1
        self._grammar.accept(id_)
        event = self._decoder.decode(id_)
        if event is not None:
            self.begun = True
            self.plan.append(event)

    def commit(self, until: float) -> list[NoteEvent]:
        """Remove from the plan, and return, what is due at ``until`` or before."""
        due: list[NoteEvent] = []
        while self.plan and self.plan[0].time <= until:
            due.append(self.plan.popleft())
        return due
