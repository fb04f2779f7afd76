"""Before the performance: what a feed and a step cost on this machine, through the very client that will play."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np

from livecomposer.clocks import Clock
from livecomposer.engine.client import EngineClient
from livecomposer.model.sampling import Sampling
from livecomposer.session.timing.commit_horizon import LatencyBudget
from livecomposer.session.timing.idle_lateness import ticking
from livecomposer.session.timing.meters import Meter
from livecomposer.settings import Settings
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

__all__ = ["EngineTiming", "budget_of", "rehearse"]

_CONTEXT = 400
"""Ids behind which keys are fed: about thirty seconds of music."""
_LARGEST_CHUNK = 8
_STEPS_A_KEY = 3
_KEYS = 48
_FEWEST_KEYS = 4
_SECONDS = 1.2
_WARM_UP_KEYS = 2
_RARELY_MORE = 0.99
_SAMPLING = Sampling(technique="nucleus", threshold=0.98, creative_risk=1.0)


@dataclass(frozen=True, slots=True)
class EngineTiming:
    """What was measured, as meters."""

    feed: Meter
    step: Meter


async def rehearse(engine: EngineClient, clock: Clock, *, seconds: float = _SECONDS) -> EngineTiming:
    """Feed as keys make feeds (1–8 ids behind some hundreds), and draw a few ids after each, as a re-plan does.

    Takes up to ``seconds`` after the first feed, but for the four keys that it always tries. What the engine holds
    afterwards is of no use: the next feed replaces it. Raises :class:`EngineError`.
    """
    measured = EngineTiming(Meter(), Meter())
    mask = np.ones(VOCABULARY.size, dtype=np.bool_)
    ends = inf
    for number, ids in enumerate(_keys()):
        kept = measured if number >= _WARM_UP_KEYS else EngineTiming(Meter(), Meter())
        began = clock.now()
        await engine.feed(ids)
        kept.feed.add(clock.now() - began)
        for _ in range(_STEPS_A_KEY):
            began = clock.now()
            await engine.step(mask, _SAMPLING, 0.5)
            kept.step.add(clock.now() - began)
        ends = clock.now() + seconds if number == 0 else ends
        if measured.feed.count >= _FEWEST_KEYS and clock.now() >= ends:
            break
    return measured


def _keys() -> Iterator[list[int]]:
    draw = random.Random(0)
    notes = range(VOCABULARY.id(Kind.BOS))
    context = [VOCABULARY.id(Kind.BOS), *(draw.choice(notes) for _ in range(_CONTEXT))]
    for number in range(_WARM_UP_KEYS + _KEYS):
        yield context + [draw.choice(notes) for _ in range(1 + number % _LARGEST_CHUNK)]


async def budget_of(engine: EngineClient, settings: Settings, *, output_latency: float, clock: Clock) -> LatencyBudget:
    """The commit horizon that the settings fix, or else the one that feeds, steps and a waking player need.

    ``output_latency``: seconds, of the output itself, where the settings name none. Raises :class:`EngineError`.
    """
    if settings.horizon:
        return LatencyBudget(fixed=settings.horizon)
    late = Meter()
    with ticking(clock, late):  # meanwhile, so that it is as late as it will be beside a busy engine
        measured = await rehearse(engine, clock)
    return LatencyBudget(
        input=settings.input_latency_ms / 1000,
        feed=measured.feed.quantile(_RARELY_MORE),
        step=measured.step.quantile(_RARELY_MORE),
        output=settings.output_latency_ms / 1000 or output_latency,
        jitter=late.quantile(_RARELY_MORE),
    )
