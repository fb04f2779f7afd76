"""The companion's future while it plays along: its own events, and what it foresees of the performer. Pure."""

from bisect import insort
from collections import deque
from collections.abc import Sequence

from livecomposer.companion.beat_snap import BeatSnap
from livecomposer.companion.plan import Plan
from livecomposer.events import NoteEvent, NoteOn, Role
from livecomposer.tokens.grammar import Grammar, Mask

__all__ = ["AccompanimentPlan"]


class AccompanimentPlan(Plan):
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
        placing: BeatSnap | None = None,
    ) -> None:
        super().__init__(context, origin=origin, grammar=grammar, seed=seed)
        self._floor = self._step(floor)
        self._latest = self._step(latest)
        self._closing = self._step(closing)
        self._foresee = foresee
        self._placing = placing
        self._earliest = floor
        self.foreseen: deque[NoteOn] = deque()
        """The performer's note-ons that are expected, in time order."""

    @property
    def planned(self) -> bool:
        """Whether the companion has come to rest: no note may begin any more, and none sounds."""
        return self._grammar.step >= self._latest and not self._grammar.sounding(Role.COMPANION)

    def mask(self, earliest: float) -> Mask:
        """As :meth:`Plan.mask` says; where the performer is foreseen, the performer's ids too."""
        self._earliest = earliest
        return self._grammar.mask_both(
            earliest=max(0, self._step(earliest)),
            floor=self._floor,
            latest=self._latest,
            closing=self._closing,
            foresee=self._foresee,
        )

    def foresaw(self, event: NoteOn, *, within: float) -> bool:
        """Whether ``event`` was expected ``within`` so many seconds of its time; it is not expected any more."""
        for expected in self.foreseen:
            if expected.pitch == event.pitch and abs(expected.time - event.time) <= within:
                self.foreseen.remove(expected)
                return True
        return False

    def _expect(self, event: NoteEvent) -> None:
        if event.role is Role.COMPANION:
            placed = event if self._placing is None else self._placing.placed(event, earliest=self._earliest)
            insort(self.events, placed, key=lambda planned: planned.time)
        elif isinstance(event, NoteOn):
            self.foreseen.append(event)
