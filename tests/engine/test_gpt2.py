"""The engine around Hugging Face's GPT-2 says what a forward pass says, after any chunks and rewinds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecomposer.engine.gpt2 import Gpt2Engine
from tests.engine.exactness import assert_any_feeds_and_rewinds_are_exact, assert_exact
from tests.model.networks import GPT2, random_decoder

NETWORK = random_decoder(GPT2)
IDS = np.random.default_rng(4).integers(0, GPT2.vocabulary, 60).tolist()

sequences = st.lists(st.integers(0, GPT2.vocabulary - 1), min_size=1, max_size=30)


@settings(deadline=None, max_examples=25)
@given(st.lists(sequences, min_size=1, max_size=3), st.data())
def test_any_feeds_and_rewinds_give_the_logits_of_a_forward_pass(feeds, data):
    """After feeds of any ids, rewinds of any depth, and steps from there, logits are those of the whole."""
    assert_any_feeds_and_rewinds_are_exact(Gpt2Engine(NETWORK), NETWORK, feeds, data)


def test_a_long_set_is_exact():
    """Token by token windows turn over without a trace, and the cache stays within one."""
    engine = Gpt2Engine(NETWORK)
    for reached, id_ in enumerate(IDS, 1):
        engine.feed([id_]) if reached == 1 else engine.advance(id_)
        assert_exact(IDS[:reached], engine, NETWORK)
        assert engine._past.get_seq_length() <= GPT2.window


def test_modes_are_heard():
    """A change of mode forgets all, and reads what follows otherwise."""
    network = random_decoder(replace(GPT2, modes=2))
    engine = Gpt2Engine(network)
    for mode in (0, 1, 0):
        engine.set_mode(mode)
        engine.feed(IDS[:20])
        assert_exact(IDS[:20], engine, network, mode=mode)


def test_an_id_that_is_none_changes_nothing():
    """It is refused before it is taken in."""
    engine = Gpt2Engine(NETWORK)
    engine.feed(IDS[:6])
    with pytest.raises(IndexError):
        engine.advance(GPT2.vocabulary)
    assert_exact(IDS[:6], engine, NETWORK)
    engine.advance(IDS[6])
    assert_exact(IDS[:7], engine, NETWORK)
