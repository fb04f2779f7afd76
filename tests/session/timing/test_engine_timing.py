"""What is measured before the performance, on a clock that the engine moves."""

import pytest

from livecomposer.clocks import ManualClock, MonotonicClock
from livecomposer.engine import common_prefix
from livecomposer.errors import EngineError
from livecomposer.session.timing import engine_timing as rehearsal
from livecomposer.session.timing.engine_timing import budget_of, rehearse
from livecomposer.settings import Settings, changed
from livecomposer.tokens.vocabulary import VOCABULARY


class TimedEngine:
    """Takes 1 ms for each new id of a feed and ``step`` seconds for a step, of a clock that it moves itself."""

    def __init__(self, *, step=0.002, a_fed_id=0.001):
        self.clock = ManualClock()
        self.computed = []
        self._held = []
        self._step = step
        self._a_fed_id = a_fed_id

    async def feed(self, ids):
        assert max(ids) < VOCABULARY.size
        self.computed.append(len(ids) - common_prefix(self._held, ids))
        self._held = list(ids)
        self.clock.advance(self._a_fed_id * self.computed[-1])

    async def step(self, mask, _sampling, chance):
        assert mask.shape == (VOCABULARY.size,)
        self.clock.advance(self._step)
        self._held.append(0)
        return 0


async def test_feeds_are_as_keys_make_them():
    """One to eight new ids behind some hundreds, which are not computed again."""
    engine = TimedEngine()
    await rehearse(engine, engine.clock)
    assert set(range(1, 9)) == set(engine.computed[1:])
    assert engine.computed[0] > 300


async def test_what_a_feed_and_a_step_cost_is_what_is_measured():
    """The first feeds, which warm up, do not count."""
    engine = TimedEngine()
    measured = await rehearse(engine, engine.clock)
    assert 0.008 == pytest.approx(measured.feed.longest)
    assert 0.002 == pytest.approx(measured.step.quantile(0.99), rel=1e-3)
    assert measured.step.count == 3 * measured.feed.count


async def test_a_slow_engine_is_not_rehearsed_for_long():
    """After the time that is given it stops, but not before it has seen a few keys."""
    engine = TimedEngine(step=0.4)
    measured = await rehearse(engine, engine.clock, seconds=1.0)
    assert rehearsal._FEWEST_KEYS == measured.feed.count


async def test_the_budget_has_every_part():
    """The measured ones, and the latencies: of the settings, else the output's own."""
    engine = TimedEngine()
    set_ = changed(Settings(), {"input_latency_ms": 1.5})
    budget = await budget_of(engine, set_, output_latency=0.007, clock=engine.clock)
    assert (0.0015, 0.007) == (budget.input, budget.output)
    assert 0.008 == pytest.approx(budget.feed)
    assert 0.002 == pytest.approx(budget.step)
    known = await budget_of(engine, changed(set_, {"output_latency_ms": 3.0}), output_latency=0.007, clock=engine.clock)
    assert 0.003 == known.output


async def test_a_horizon_that_is_set_is_not_measured():
    """The engine is not asked."""
    engine = TimedEngine()
    budget = await budget_of(engine, changed(Settings(), {"horizon": 0.04}), output_latency=0.0, clock=MonotonicClock())
    assert 0.04 == budget.horizon
    assert [] == engine.computed


async def test_an_engine_that_fails_says_so():
    """Its error passes."""

    class Dead(TimedEngine):
        async def feed(self, ids):
            raise EngineError("the engine's process died")

    with pytest.raises(EngineError, match="died"):
        await rehearse(Dead(), ManualClock())
