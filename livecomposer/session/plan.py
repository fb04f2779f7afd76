"""The companion's future while it plays along: its own events, and what it foresees of the performer.

Pure: the engine's answers come in by :meth:`Plan.accept`; what it may be asked next is :meth:`Plan.mask`.
"""

import random
from bisect import insort
from collections import deque
from collections.abc import Sequence
from math import ceil

from livecomposer.events import NoteEvent, NoteOn, Role
from livecomposer.session.placing import Placing
from livecomposer.tokens.codec import Decoder
from livecomposer.tokens.grammar import Grammar, Mask
from livecomposer.units import STEPS_PER_SECOND

__all__ = ["Plan"]


class Plan:
    """What follows ``context``, whose step 0 is at ``origin`` seconds and which ``grammar`` has followed.

    Nothing is planned before the moment ``floor``, and no note of the companion's begins at ``latest`` or after. From
    ``closing`` on the companion may rest as long as it likes, and a rest that is long enough ends its last phrase. With
    ``foresee`` the performer's events are planned too; they are never played. ``placing`` moves what is planned. The
    same context, ``seed`` and moments give the same plan.
    """

    def __init__(
        self,
        context: Sequence[int],
        *,
        origin: float,
        grammar: Grammar,
        floor: float,
        latest: float,
        closing: float,
        foresee: bool,
        seed: str,
        placing: Placing | None = None,
    ) -> None:
        self.context = list(context)
        self._origin = origin
        self._grammar = grammar
        self._floor = self._step(floor)
        self._latest = self._step(latest)
        self._closing = self._step(closing)
        self._foresee = foresee
        self._placing = placing
        self._earliest = floor
        self._decoder = Decoder(origin=origin, step=grammar.step, velocity=grammar.velocity)
        self._chance = random.Random(seed)
        self.fed = False
        """Whether the engine was asked to take the context in."""
        self.tokens = 0
        self.plan: deque[NoteEvent] = deque()
        """The companion's note events that are not committed yet, in time order."""
        self.foreseen: deque[NoteOn] = deque()
        """The performer's note-ons that are expected, in time order."""

    @property
    def reached(self) -> float:
        """The moment up to which everything is planned, in seconds."""
        return self._decoder.time

    @property
    def planned(self) -> bool:
        """Whether the companion has come to rest: no note may begin any more, and none sounds."""
        return self._grammar.step >= self._latest and not self._grammar.sounding(Role.COMPANION)

    @property
    def over(self) -> bool:
        """Whether nothing is left to plan or to commit."""
        return self.planned and not self.plan

    def mask(self, earliest: float) -> Mask:
        """The ids allowed next, when no note of the companion's may begin before ``earliest`` (seconds)."""
        self._earliest = earliest
        return self._grammar.mask_both(
            earliest=max(0, self._step(earliest)),
            floor=self._floor,
            latest=self._latest,
            closing=self._closing,
            foresee=self._foresee,
        )

    def chance(self) -> float:
        """The random number in [0, 1) that draws the next id."""
        return self._chance.random()

    def accept(self, id_: int) -> None:
        """Take the engine's next id into the plan."""
        self.tokens += 1
        self._grammar.accept(id_)
        event = self._decoder.decode(id_)
        if event is None:
            return
        if event.role is Role.COMPANION:
            placed = event if self._placing is None else self._placing.placed(event, earliest=self._earliest)
            insort(self.plan, placed, key=lambda planned: planned.time)
        elif isinstance(event, NoteOn):
            self.foreseen.append(event)

    def commit(self, until: float) -> list[NoteEvent]:
        """Remove from the plan, and return, what is due at ``until`` or before."""
        due: list[NoteEvent] = []
        while self.plan and self.plan[0].time <= until:
            due.append(self.plan.popleft())
        return due

    def foresaw(self, event: NoteOn, *, within: float) -> bool:
        """Whether ``event`` was expected ``within`` so many seconds of its time; it is not expected any more."""
        for expected in self.foreseen:
            if expected.pitch == event.pitch and abs(expected.time - event.time) <= within:
                self.foreseen.remove(expected)
                return True
        return False

    def _step(self, moment: float) -> int:
        return ceil((moment - self._origin) * STEPS_PER_SECOND - 1e-6)
