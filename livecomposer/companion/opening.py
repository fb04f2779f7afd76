"""A piece from nothing: its beat, and the turn that opens it. Pure.

Nothing is given but what is set: a scale or a chart, by which every turn is bound; and the tempo, whose sixteenths the
companion keeps to until the performer strikes a key. What else weights may be told of a piece is told by whoever asks
the engine, as for any turn.
"""

from livecomposer.beats import Beats
from livecomposer.companion.constraints import Constraints
from livecomposer.companion.turn_plan import TurnPlan
from livecomposer.settings import Settings
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

__all__ = ["OPENING", "beats_from", "opening"]

OPENING = (VOCABULARY.id(Kind.BOS),)
"""All that the model hears before a piece."""


def beats_from(start: float, settings: Settings) -> Beats:
    """The beats of a piece that nobody leads, from its first bar line on, at ``start`` (seconds)."""
    return Beats(tempo=settings.tempo, moment=start, per_bar=settings.beats_per_bar)


def opening(settings: Settings, constraints: Constraints, *, start: float, seed: str) -> TurnPlan:
    """``settings.extension_duration`` seconds that begin at ``start`` (seconds), by ``constraints``."""
    limits = constraints.alone(origin=start)
    seconds = settings.extension_duration
    return TurnPlan(OPENING, origin=start, seconds=seconds, settings=settings, seed=seed, limits=limits)
