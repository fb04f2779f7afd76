"""One turn of the companion: its ids, its grammar, and what it has planned and not yet committed.

Pure. Used by the live session and by its offline twin alike.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from livecomposer.companion.constraints import Constraints
from livecomposer.companion.plan import Plan
from livecomposer.events import NoteEvent, Role
from livecomposer.settings import Settings
from livecomposer.tokens.grammar import Grammar, Limits, Mask
from livecomposer.units import seconds_to_steps

__all__ = ["TurnPlan"]


class TurnPlan(Plan):
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
        grammar = Grammar(limits or Constraints(settings, began=origin).alone(origin=origin))
        grammar.follow(context)
        grammar.begin()
        super().__init__(context, origin=origin, grammar=grammar, seed=seed)
        self.start = self.reached
        """The moment of the first note, unless it has to be put off: where the context ends, a multiple of 10 ms."""
        self.begun = False
        """Whether the first event is planned."""
        self._stop = grammar.step + max(1, seconds_to_steps(seconds))

    def keep_to(self, limits: Limits) -> None:
        """Keep to ``limits`` from the next id on."""
        self._grammar.limits = limits

    @property
    def planned(self) -> bool:
        """Whether the turn is planned to its end."""
        return self._grammar.step >= self._stop and not self._grammar.sounding(Role.COMPANION)

    def aim(self, moment: float) -> None:
        """Begin at exactly ``moment`` (seconds) instead of ``start``; what is planned moves along, step by step."""
        by = moment - self.start
        self.start = moment
        self._origin += by
        self._decoder.origin += by
        self.events = deque(replace(event, time=event.time + by) for event in self.events)

    def mask(self, earliest: float) -> Mask:
        """As :meth:`Plan.mask` says."""
        step = max(0, self._step(earliest))
        return self._grammar.mask(earliest=step, start=not self.begun, stop=self._stop)

    def _expect(self, event: NoteEvent) -> None:
        self.begun = True
        super()._expect(event)
