"""An engine in the same process."""

import numpy as np
import pytest

from livecomposer.engine.eager import EagerEngine
from livecomposer.errors import CheckpointError
from livecomposer.evaluation.music.local_engine import AppendingEngine, LocalEngine
from livecomposer.model.sampling import MaskPolicy, Sampling
from livecomposer.tokens.vocabulary import VOCABULARY
from tests.model.networks import random_decoder
from tests.session.minds import TINY, tiny_checkpoint

SAMPLING = Sampling()
ANYTHING = np.ones(VOCABULARY.size, dtype=np.bool_)
LANGUAGE = MaskPolicy(kinds=np.array(VOCABULARY.kinds), twins=np.arange(VOCABULARY.size))


class Remembering:
    """Writes down what it is fed and answers 7, as no model does."""

    def __init__(self):
        self.fed = []

    async def feed(self, ids):
        self.fed.append(list(ids))
        return 0

    async def step(self, *_):
        return 7


async def test_it_draws_as_its_engine_does():
    """And takes in what it drew."""
    engine, other = (EagerEngine(random_decoder(TINY)) for _ in range(2))
    mind = LocalEngine(engine, LANGUAGE)
    assert 3 == await mind.feed([1, 2, 3])
    drawn = await mind.step(ANYTHING, SAMPLING, 0.3)
    other.feed([1, 2, 3])
    assert other.draw(ANYTHING, SAMPLING, 0.3, LANGUAGE) == drawn
    assert 4 == engine.position
    assert 0 == await mind.feed([1, 2, 3, drawn])


async def test_it_opens_a_checkpoint(tmp_path):
    """Of this vocabulary alone."""
    how = {"mode": 1, "device": "cpu", "precision": "float32", "threads": 1, "policy": LANGUAGE}
    mind = LocalEngine.open(tiny_checkpoint(tmp_path / "tiny"), **how)
    await mind.feed([0])
    assert 0 <= await mind.step(ANYTHING, SAMPLING, 0.5) < VOCABULARY.size
    with pytest.raises(CheckpointError):
        LocalEngine.open(tiny_checkpoint(tmp_path / "other", fingerprint="0" * 12), **how)


async def test_what_cannot_rewind_appends():
    """A plan of two ids that a key cuts stays, and the key comes after it."""
    inner = Remembering()
    mind = AppendingEngine(inner)
    await mind.feed([0, 1, 2])
    assert [7, 7] == [await mind.step(ANYTHING, SAMPLING, 0.5) for _ in range(2)]
    await mind.feed([0, 1, 2, 7, 5])
    assert [[0, 1, 2], [0, 1, 2, 7, 7, 5]] == inner.fed
    await mind.feed([0, 1, 2, 7, 5, 6])
    assert [0, 1, 2, 7, 7, 5, 6] == inner.fed[-1]


async def test_what_begins_otherwise_is_begun_anew():
    """A tape whose window moved shares no more than BOS."""
    inner = Remembering()
    mind = AppendingEngine(inner)
    await mind.feed([0, 1, 2])
    await mind.feed([0, 8, 9])
    assert [0, 8, 9] == inner.fed[-1]
