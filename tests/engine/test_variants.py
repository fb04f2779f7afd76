"""Engines for other positions say what a forward pass says, after any chunks and rewinds, in constant memory."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from livecomposer.engine.reference import ReferenceEngine
from livecomposer.engine.variants import RebasingEngine, VariantEngine
from tests.engine.exactness import assert_any_feeds_and_rewinds_are_exact, assert_exact
from tests.model.networks import SMALL, VARIANTS, random_decoder

NETWORKS = {name: random_decoder(shape) for name, shape in VARIANTS.items()}
EVERY = pytest.mark.parametrize("name", VARIANTS)
IDS = np.random.default_rng(4).integers(0, SMALL.vocabulary, 200).tolist()

sequences = st.lists(st.integers(0, SMALL.vocabulary - 1), min_size=1, max_size=50)


def engine_for(name):
    """A fresh engine."""
    return (RebasingEngine if name == "absolute" else VariantEngine)(NETWORKS[name])


@EVERY
@settings(deadline=None, max_examples=40)
@given(st.lists(sequences, min_size=1, max_size=4), st.data())
def test_any_feeds_and_rewinds_give_the_logits_of_a_forward_pass(name, feeds, data):
    """After feeds of any ids, rewinds of any depth, and steps from there, logits are those of the whole."""
    assert_any_feeds_and_rewinds_are_exact(engine_for(name), NETWORKS[name], feeds, data)


@EVERY
@pytest.mark.parametrize("at_once", [1, 3, 20])
def test_a_long_set_is_exact(name, at_once):
    """Token by token or in chunks, windows slide and caches turn over without a trace."""
    engine = engine_for(name)
    for reached in range(at_once, len(IDS) + 1, at_once):
        if at_once == 1 and reached > 1:
            engine.advance(IDS[reached - 1])
        else:
            engine.feed(IDS[:reached])
        assert_exact(IDS[:reached], engine, NETWORKS[name])


@EVERY
@pytest.mark.parametrize("depth", [1, 4, 8, 15, 16, 40, 120, 199])
def test_every_rewind_is_exact(name, depth):
    """However far back, and on from there."""
    engine = engine_for(name)
    engine.feed(IDS)
    engine.rewind(200 - depth)
    assert_exact(IDS[: 200 - depth], engine, NETWORKS[name])
    for id_ in IDS[:20]:
        engine.advance(id_)
    assert_exact([*IDS[: 200 - depth], *IDS[:20]], engine, NETWORKS[name])


def test_a_step_costs_half_a_window_at_most_and_seldom():
    """With absolute positions, one step in half a window computes the younger half again; the others, one id."""
    engine = engine_for("absolute")
    taken = []
    compute = engine._compute
    engine._compute = lambda ids: (taken.append(len(ids)), compute(ids))
    engine.feed(IDS[:1])
    for id_ in IDS[1:41]:
        engine.advance(id_)
    assert [1] * 8 + [5, 1, 1, 1] * 8 + [5] == taken


@EVERY
def test_nothing_new_costs_nothing(name):
    """Fed what it holds it computes nothing, fed one id more, one, where no window is full."""
    engine = engine_for(name)
    assert 5 == engine.feed(IDS[:5])
    assert 0 == engine.feed(IDS[:5])
    assert 1 == engine.feed(IDS[:6])


@EVERY
def test_an_id_that_fails_changes_nothing(name):
    """After an id that is none, the engine holds what came before, where a window is full too."""
    for count in (6, 8, 12):
        engine = engine_for(name)
        engine.feed(IDS[:count])
        with pytest.raises(IndexError):
            engine.advance(10_000)
        assert_exact(IDS[:count], engine, NETWORKS[name])


@EVERY
def test_memory_stays_what_it_was(name):
    """However many ids are taken in, keys and values stay where they are."""
    engine = engine_for(name)
    memory = (engine._cache.keys.data_ptr(), engine._cache.values.data_ptr(), engine._cache.keys.numel())
    engine.feed(IDS[:1])
    for id_ in IDS[1:]:
        engine.advance(id_)
    assert memory == (engine._cache.keys.data_ptr(), engine._cache.values.data_ptr(), engine._cache.keys.numel())


def test_the_slow_engine_plays_them_too():
    """What all are held to takes any network."""
    engine = ReferenceEngine(NETWORKS["absolute"])
    engine.feed(IDS[:30])
    assert_exact(IDS[:30], engine, NETWORKS["absolute"])


@EVERY
def test_another_mode_is_heard_from_the_first_id_on(name):
    """Whatever was played before, it begins again as told."""
    network = random_decoder(replace(VARIANTS[name], modes=2))
    engine = (RebasingEngine if name == "absolute" else VariantEngine)(network)
    engine.feed(IDS[:50])
    engine.set_mode(1)
    engine.feed(IDS[10:25])
    expected = network(torch.tensor([IDS[10:25]]), torch.tensor([1]))[0, -1].numpy()
    np.testing.assert_allclose(expected, engine.logits(), atol=1e-4)
