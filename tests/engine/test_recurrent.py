"""The LSTM's engine: exact after any rewind, at the cost of what lies behind a snapshot."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from livecomposer.engine.recurrent import RecurrentEngine
from tests.engine.exactness import assert_any_feeds_and_rewinds_are_exact, assert_exact
from tests.model.networks import LSTM, random_decoder

NETWORK = random_decoder(LSTM)
IDS = np.random.default_rng(4).integers(0, LSTM.vocabulary, 400).tolist()

sequences = st.lists(st.integers(0, LSTM.vocabulary - 1), min_size=1, max_size=150)


@settings(deadline=None, max_examples=60)
@given(st.lists(sequences, min_size=1, max_size=4), st.data())
def test_any_feeds_and_rewinds_give_the_logits_of_a_forward_pass(feeds, data):
    """After feeds of any ids, rewinds of any depth, and steps from there, logits are those of the whole."""
    assert_any_feeds_and_rewinds_are_exact(RecurrentEngine(NETWORK), NETWORK, feeds, data)


@pytest.mark.parametrize("position", [1, 63, 64, 65, 127, 128, 300, 399])
def test_a_rewind_computes_what_lies_behind_a_snapshot(position):
    """However deep, it is at most as many ids as snapshots are apart."""
    engine = RecurrentEngine(NETWORK)
    engine.feed(IDS)
    assert engine.feed([*IDS[:position], 5]) == position % 64 + 1
    assert_exact([*IDS[:position], 5], engine, NETWORK)


def test_snapshots_are_bounded_and_stay_exact():
    """Once there are too many they are thinned; a rewind then computes more, and what it says stays right."""
    engine = RecurrentEngine(NETWORK)
    engine.every, engine.most = 2, 8
    for reached, id_ in enumerate(IDS, 1):
        engine.feed([id_]) if reached == 1 else engine.advance(id_)
        assert len(engine._snapshots) <= engine.most
    assert engine.every == 64
    for position in (399, 300, 250, 17, 1):
        engine.rewind(position)
        assert_exact(IDS[:position], engine, NETWORK)


def test_an_id_that_fails_changes_nothing():
    """After an id that is none, the engine holds what came before."""
    engine = RecurrentEngine(NETWORK)
    engine.feed(IDS[:64])
    with pytest.raises(IndexError):
        engine.advance(10_000)
    assert_exact(IDS[:64], engine, NETWORK)
    engine.advance(1)
    assert_exact([*IDS[:64], 1], engine, NETWORK)


def test_another_mode_is_heard_from_the_first_id_on():
    """Whatever was played before, it begins again as told."""
    network = random_decoder(replace(LSTM, modes=2))
    engine = RecurrentEngine(network)
    engine.feed(IDS[:150])
    engine.set_mode(1)
    engine.feed(IDS[10:25])
    expected = network(torch.tensor([IDS[10:25]]), torch.tensor([1]))[0, -1].numpy()
    np.testing.assert_allclose(expected, engine.logits(), atol=1e-4)
