"""Engines with a cache where a cache can go wrong: eviction, deep rewinds, long sets, ids that fail."""

from functools import partial

import numpy as np
import pytest
import torch

from livecomposer.engine.cuda import CudaEngine
from livecomposer.engine.eager import EagerEngine
from livecomposer.engine.native import NativeEngine
from livecomposer.model.decoder import Shape
from livecomposer.model.sampling import Sampling, sample
from tests.engine import exactness
from tests.model.networks import MODED, SMALL, random_decoder

CUDA = partial(CudaEngine, device="cpu", precision="float32")  # its code, without its graphs
ENGINES = pytest.mark.parametrize(
    "make", [EagerEngine, partial(NativeEngine, precision="float32"), CUDA], ids=["eager", "native", "cuda"]
)
DECODER = random_decoder()
assert_exact = partial(exactness.assert_exact, network=DECODER)
REACH = (SMALL.layers + 1) * SMALL.window
IDS = np.random.default_rng(4).integers(0, SMALL.vocabulary, 400).tolist()


def played(make, count, *, at_once=7):
    """An engine that took in ``count`` ids, a few at once."""
    engine = make(DECODER)
    for reached in [*range(at_once, count, at_once), count]:
        engine.feed(IDS[:reached])
    return engine


@pytest.mark.parametrize("count", [1, 7, 8, 9, 31, 32, 33, 57, 100, 400])
@pytest.mark.parametrize("at_once", [1, 5])
@ENGINES
def test_eviction_is_exact(make, count, at_once):
    """Logits stay exact when the window slides and when the cache turns over."""
    assert_exact(IDS[:count], played(make, count, at_once=at_once))


@pytest.mark.parametrize("depth", [*range(1, 45), 60, 99, 149])
@ENGINES
def test_every_rewind_is_exact(make, depth):
    """A rewind of any depth, past what the cache holds too, gives exact logits, and so does the way on."""
    engine = played(make, 150)
    engine.rewind(150 - depth)
    assert_exact(IDS[: 150 - depth], engine)
    for id_ in IDS[200:230]:
        engine.advance(id_)
    assert_exact([*IDS[: 150 - depth], *IDS[200:230]], engine)


@ENGINES
def test_rewinds_upon_rewinds_are_exact(make):
    """A deep rewind leaves a cache whose beginning is not exact; rewinding into it is exact nevertheless."""
    engine = played(make, 300)
    for position in (180, 170, 160, 200, 199, 150, 40, 39, 12, 1):
        engine.feed([*IDS[:position], 5])
        assert_exact([*IDS[:position], 5], engine)


@pytest.mark.parametrize("depth", range(2 * SMALL.window))
@ENGINES
def test_a_rewind_of_two_windows_is_a_move(make, depth):
    """Whatever was played, the last two windows can be rewound into at the cost of one id."""
    for count in (150, 151, 157):
        engine = played(make, count)
        *before, last = IDS[: count - depth]
        assert engine.feed([*before, (last + 1) % SMALL.vocabulary]) == 1


@ENGINES
def test_no_feed_costs_more_than_its_reach(make):
    """A long tape is computed from where it can still be heard, not from its start."""
    engine = make(DECODER)
    assert REACH == engine.feed(IDS)
    assert_exact(IDS, engine)
    assert REACH == engine.feed([7, *IDS])
    assert_exact([7, *IDS], engine)


@ENGINES
def test_an_id_that_fails_changes_nothing_before_it(make):
    """After an id that is none, the engine holds what came before, and heals with the next feed."""
    engine = make(DECODER)
    engine.feed(IDS[:20])
    with pytest.raises(IndexError):
        engine.advance(10_000)
    assert_exact(IDS[:20], engine)
    with pytest.raises(IndexError):
        engine.feed([*IDS[:40], 10_000])
    engine.feed(IDS[:41])
    assert_exact(IDS[:41], engine)


@ENGINES
def test_a_long_set_in_a_short_window(make):
    """10,000 ids through a window of 1,024: exact logits, the same draws as a forward pass."""
    shape = Shape(vocabulary=31, layers=2, width=16, heads=1, window=1024, hidden=16)
    decoder = random_decoder(shape, scale=0.4)
    engine = make(decoder)
    chance = np.random.default_rng(5)
    ids = chance.integers(0, shape.vocabulary, 9_880).tolist()
    for at in [*range(50, 9_880, 193), 9_880]:
        engine.feed(ids[:at])
    sampling, mask = Sampling(technique="random"), np.ones(shape.vocabulary, dtype=bool)
    chances = chance.random(120)
    for one in chances:
        ids.append(engine.draw(mask, sampling, one))
        engine.advance(ids[-1])
    last = torch.tensor([ids[-(shape.layers + 1) * shape.window - 120 :]])
    expected = decoder(last)[0, -121:].numpy()
    assert len(ids) == engine.position == 10_000
    np.testing.assert_allclose(expected[-1], engine.logits(), atol=1e-4)
    assert [sample(row, mask, sampling, one) for row, one in zip(expected, chances, strict=False)] == ids[-120:]


@ENGINES
def test_another_mode_is_as_a_new_engine_that_is_told_of_it(make):
    """Everything is forgotten, and the logits are those of the mode; back again, those of the first."""
    network = random_decoder(MODED)
    engine, ids = make(network), torch.tensor([IDS[:20]])
    engine.feed(IDS[:20])
    for mode in (1, 0, 7):
        engine.set_mode(mode)
        assert 0 == engine.position
        engine.feed(IDS[:20])
        expected = network(ids, torch.tensor([min(mode, 1)]))[0, -1].numpy()
        np.testing.assert_allclose(expected, engine.logits(), atol=1e-4)
