"""What the companion has planned and not yet committed, and the stream that it goes on from. Pure."""

import random
from collections import deque
from collections.abc import Sequence
from math import ceil

from livecomposer.events import NoteEvent
from livecomposer.tokens.codec import Decoder
from livecomposer.tokens.grammar import Grammar, Mask
from livecomposer.units import STEPS_PER_SECOND

__all__ = ["Plan"]


class Plan:
    """What follows ``context``, whose step 0 is at ``origin`` seconds and which ``grammar`` has followed.

    The engine's answers come in by :meth:`accept`; what it may be asked next is :meth:`mask`. The same ``seed`` draws
    the same chances.
    """

    def __init__(self, context: Sequence[int], *, origin: float, grammar: Grammar, seed: str) -> None:
        self.context = list(context)
        self._origin = origin
        self._grammar = grammar
        self._decoder = Decoder(origin=origin, step=grammar.step, velocity=grammar.velocity)
        self._chance = random.Random(seed)
        self.fed = False
        """Whether the engine was asked to take the context in."""
        self.tokens = 0
        """How many ids were accepted."""
        self.events: deque[NoteEvent] = deque()
        """The companion's note events that are not committed yet, in time order."""

    @property
    def origin(self) -> float:
        """The moment of the context's step 0, in seconds."""
        return self._origin

    @property
    def reached(self) -> float:
        """The moment up to which everything is planned, in seconds."""
        return self._decoder.time

    @property
    def planned(self) -> bool:
        """Whether all is planned."""
        raise NotImplementedError

    @property
    def over(self) -> bool:
        """Whether nothing is left to plan or to commit."""
        return self.planned and not self.events

    def mask(self, earliest: float) -> Mask:
        """The ids allowed next, when no note of the companion's may begin before the moment ``earliest`` (seconds)."""
        raise NotImplementedError

    def chance(self) -> float:
        """The random number in [0, 1) that draws the next id."""
        return self._chance.random()

    def accept(self, id_: int) -> None:
        """Take the engine's next id into the plan."""
        self.tokens += 1
        self._grammar.accept(id_)
        event = self._decoder.decode(id_)
        if event is not None:
            self._expect(event)

    def commit(self, until: float) -> list[NoteEvent]:
        """Remove from the plan, and return, what is due at ``until`` or before."""
        due: list[NoteEvent] = []
        while self.events and self.events[0].time <= until:
            due.append(self.events.popleft())
        return due

    def _expect(self, event: NoteEvent) -> None:
        """``event`` is what comes next, whoever plays it."""
        self.events.append(event)

    def _step(self, moment: float) -> int:
        """The first step at ``moment`` (seconds) or after it."""
        return ceil((moment - self._origin) * STEPS_PER_SECOND - 1e-6)
