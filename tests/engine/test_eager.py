"""The engine in PyTorch: what is its own; that it is exact is told in test_cached.py and test_reference.py."""

import pytest
import torch

from livecomposer.engine.eager import EagerEngine
from tests.model.networks import random_decoder


def test_it_copies_the_weights():
    """What becomes of the decoder's weights afterwards changes nothing."""
    decoder = random_decoder()
    engine = EagerEngine(decoder)
    engine.feed([1, 2, 3])
    before = engine.logits().tolist()
    with torch.no_grad():
        for weight in decoder.parameters():
            weight.zero_()
    engine.rewind(2)
    engine.feed([1, 2, 3])
    assert pytest.approx(before, abs=1e-5) == engine.logits().tolist()


def test_memory_stays_what_it_was():
    """However many ids are taken in, keys and values stay where they are."""
    engine = EagerEngine(random_decoder())
    memory = (engine._cache.keys.data_ptr(), engine._cache.values.data_ptr(), engine._cache.keys.numel())
    for _ in range(200):
        engine.feed([1]) if engine.position == 0 else engine.advance(1)
    assert memory == (engine._cache.keys.data_ptr(), engine._cache.values.data_ptr(), engine._cache.keys.numel())
