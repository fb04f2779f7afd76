"""What every engine keeps to, asked of the slow one and the fast one alike."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from livecomposer.engine import common_prefix
from livecomposer.engine.cuda import CudaEngine
from livecomposer.engine.eager import EagerEngine
from livecomposer.engine.native import NativeEngine
from livecomposer.engine.reference import ReferenceEngine
from livecomposer.model.sampling import Sampling, sample
from tests.engine import exactness
from tests.model.networks import MODED, SMALL, random_decoder

DECODER = random_decoder()
assert_exact = partial(exactness.assert_exact, network=DECODER)
ALL = np.ones(SMALL.vocabulary, dtype=bool)
NATIVE = partial(NativeEngine, precision="float32")
CUDA = partial(CudaEngine, device="cpu", precision="float32")  # its code, without its graphs
ENGINES = pytest.mark.parametrize(
    "make", [ReferenceEngine, EagerEngine, NATIVE, CUDA], ids=["reference", "eager", "native", "cuda"]
)

sequences = st.lists(st.integers(0, SMALL.vocabulary - 1), min_size=1, max_size=70)


def forward(ids):
    """The logits that count, (V,)."""
    return DECODER(torch.tensor([ids]))[0, -1].numpy()


@ENGINES
@settings(deadline=None)
@given(st.lists(sequences, min_size=1, max_size=5))
def test_any_feeds_give_the_logits_of_a_forward_pass(make, feeds):
    """After feeds of any ids in any order, logits are those of the whole sequence."""
    engine = make(DECODER)
    for ids in feeds:
        engine.feed(ids)
        assert_exact(ids, engine)


@ENGINES
@settings(deadline=None)
@given(sequences, st.data())
def test_any_chunking_gives_the_same(make, ids, data):
    """However a sequence is split into longer and longer feeds, only what is new is computed."""
    engine, at = make(DECODER), 0
    while at < len(ids):
        reached = data.draw(st.integers(at + 1, len(ids)))
        assert reached - at == engine.feed(ids[:reached]) or reached > (SMALL.layers + 1) * SMALL.window
        at = reached
    assert_exact(ids, engine)
    assert engine.feed(ids) == 0


@ENGINES
@settings(deadline=None)
@given(sequences, st.data())
def test_any_rewind_gives_the_same(make, ids, data):
    """After a rewind of any depth, and another way on from there, logits are exact."""
    engine = make(DECODER)
    engine.feed(ids)
    position = data.draw(st.integers(1, len(ids)))
    engine.rewind(position)
    assert_exact(ids[:position], engine)
    engine.advance(3)
    assert_exact([*ids[:position], 3], engine)


@ENGINES
def test_draw_takes_nothing_in(make):
    """A draw is repeatable; only an advance moves the position, and a feed of the same then costs nothing."""
    engine = make(DECODER)
    engine.feed([1, 2, 3])
    sampling = Sampling(technique="random")
    id_ = engine.draw(ALL, sampling, 0.6)
    assert id_ == engine.draw(ALL, sampling, 0.6) == sample(forward([1, 2, 3]), ALL, sampling, 0.6)
    assert engine.position == 3
    engine.advance(id_)
    assert engine.feed([1, 2, 3, id_]) == 0
    assert engine.feed([1, 2, 3, id_, 4, 5]) == 2
    assert_exact([1, 2, 3, id_, 4, 5], engine)


@ENGINES
def test_logits_stay_as_they_were(make):
    """Logits handed out do not change when the engine goes on."""
    engine = make(DECODER)
    engine.feed([1, 2])
    before = engine.logits()
    copy = before.copy()
    engine.advance(5)
    np.testing.assert_array_equal(copy, before)


@ENGINES
def test_nonsense_is_refused(make):
    """Nothing to feed, logits of nothing, and a rewind out of reach are errors that change nothing."""
    engine = make(DECODER)
    with pytest.raises(ValueError, match="nothing was fed"):
        engine.logits()
    with pytest.raises(ValueError, match="at least one"):
        engine.feed([])
    engine.feed([1, 2, 3])
    for position in (0, 4, -1):
        with pytest.raises(ValueError, match="wanted 1 to 3"):
            engine.rewind(position)
    assert_exact([1, 2, 3], engine)


@ENGINES
def test_a_mode_is_heard_in_every_token(make):
    """Each way of playing has its own logits, those of the decoder in that mode; the first one unless told."""
    decoder = random_decoder(MODED)
    ids = torch.tensor([[1, 2, 3]])
    for mode in (0, 1):
        engine = make(decoder, mode=mode)
        engine.feed([1, 2, 3])
        np.testing.assert_allclose(decoder(ids, torch.tensor([mode]))[0, -1].numpy(), engine.logits(), atol=1e-4)
    assert not np.allclose(decoder(ids)[0, -1].numpy(), engine.logits(), atol=1e-2)


@settings(deadline=None)
@given(sequences, sequences)
def test_the_common_prefix_is_common_and_longest(a, b):
    """Up to there all is equal, and the next ids differ or one has ended; a tuple is as good as a list."""
    n = common_prefix(a, b)
    assert a[:n] == b[:n]
    assert n == min(len(a), len(b)) or a[n] != b[n]
    assert n == common_prefix(b, a) == common_prefix(tuple(a), b)
