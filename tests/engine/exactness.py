"""What every engine must do: after feeds, rewinds and steps its logits are those of a forward pass over the whole."""

import numpy as np
import torch
from hypothesis import strategies as st

__all__ = ["assert_any_feeds_and_rewinds_are_exact", "assert_exact"]


def assert_exact(ids, engine, network, *, mode=0, atol=1e-4):
    """The engine holds ``ids`` and says what a forward pass over them says."""
    assert len(ids) == engine.position
    expected = network(torch.tensor([ids]), torch.tensor([mode]))[0, -1].numpy()
    np.testing.assert_allclose(expected, engine.logits(), atol=atol)


def assert_any_feeds_and_rewinds_are_exact(engine, network, feeds, data):
    """Rewinds of any depth, drawn from hypothesis' ``data``, and a step from there."""
    for ids in feeds:
        engine.feed(ids)
        assert_exact(ids, engine, network)
        position = data.draw(st.integers(1, len(ids)))
        engine.rewind(position)
        assert_exact(ids[:position], engine, network)
        engine.advance(3)
        assert_exact([*ids[:position], 3], engine, network)
