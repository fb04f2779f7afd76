"""Whether an engine grows is measured early and late, in turns."""

from livecomposer.evaluation.speed.engine_adapters import EngineAdapter
from livecomposer.evaluation.speed.soak import measure_growth


def growing(name, order):
    """Something whose tokens take a microsecond for each that it holds."""
    held = []

    def hold(ids):
        held[:] = ids
        order.append((name, len(ids)))

    return EngineAdapter(facts={}, hold=hold, take_in=lambda ids: [1e-6 * len(held)] * len(ids))


def test_what_grows_is_seen_to_grow():
    """A token late in a set takes as much longer as there is more before it; both are measured round by round."""
    order = []
    told = measure_growth(growing("early", order), growing("late", order), (100, 1000), vocabulary=5, rounds=3)
    assert {"100": 0.1, "1000": 1.0} == told["ms"]
    assert told["x_ms"] == 10
    assert [("early", 100), ("late", 1000)] * 3 == order[-6:]
    assert {"100", "1000"} == set(told["rss_mib"])
