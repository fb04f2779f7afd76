"""The GPU's engine, its work done as it is where there is no GPU: the same code, the same numbers, the same graphs."""

import numpy as np
import pytest
import torch

from livecomposer.engine.cuda import SHAPES, CudaEngine
from livecomposer.errors import EngineError
from livecomposer.model.sampling import Sampling
from tests.model.networks import SMALL, random_decoder

DECODER = random_decoder()
IDS = np.random.default_rng(4).integers(0, SMALL.vocabulary, 400).tolist()
ALL = np.ones(SMALL.vocabulary, dtype=bool)
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


class Graphs:
    """Stands in for CUDA's: counts what is captured and replayed."""

    def __init__(self):
        self.captured = 0
        self.replayed = 0

    def __call__(self, work):
        self.captured += 1

        def replay():
            self.replayed += 1
            work()

        return replay


def engine_of(**options):
    """An engine on the CPU."""
    return CudaEngine(DECODER, device="cpu", precision="float32", **options)


def test_a_token_is_one_replay_and_a_draw_another():
    """Nothing is captured once it is made, and no memory that a graph reads ever moves."""
    graphs = Graphs()
    engine = engine_of(capture=graphs)
    engine.feed(IDS[:5])
    made = graphs.captured
    statics = (engine._keys, engine._values, engine._ids_in, engine._where, engine._logits_out, engine._draw._inputs)
    before = [tensor.data_ptr() for tensor in statics]
    graphs.replayed = 0
    for chance in np.linspace(0, 0.99, 50):
        engine.advance(engine.draw(ALL, Sampling(), float(chance)))
    assert graphs.replayed == 100
    assert graphs.captured == made
    assert before == [tensor.data_ptr() for tensor in statics]


def test_a_drawn_id_stays_where_the_next_token_reads_it():
    """Taking in the id just drawn copies nothing; another id is taken in all the same."""
    engine, other = engine_of(), engine_of()
    for each in (engine, other):
        each.feed([1, 2, 3])
    drawn = engine.draw(ALL, Sampling(), 0.3)
    engine.advance(drawn)
    other.feed([1, 2, 3, drawn])
    np.testing.assert_allclose(other.logits(), engine.logits(), atol=1e-5)
    different = (engine.draw(ALL, Sampling(), 0.3) + 1) % SMALL.vocabulary
    engine.advance(different)
    np.testing.assert_allclose(DECODER(torch.tensor([[1, 2, 3, drawn, different]]))[0, -1], engine.logits(), atol=1e-4)


def test_padding_leaves_no_trace():
    """Whatever the shape that a chunk is padded to, what follows is exact."""
    for count in range(1, max(SHAPES[1], SMALL.window) + 1):
        engine = engine_of()
        engine.feed(IDS[:count])
        engine.feed(IDS[: count + 3])
        expected = DECODER(torch.tensor([IDS[: count + 3]]))[0, -1]
        np.testing.assert_allclose(expected, engine.logits(), atol=1e-4)


def test_half_precision_is_near():
    """In bfloat16 the logits are those of the decoder to within a few hundredths of their spread."""
    engine = CudaEngine(DECODER, device="cpu", precision="bfloat16")
    engine.feed(IDS[:60])
    expected = DECODER(torch.tensor([IDS[:60]]))[0, -1].numpy()
    assert np.sqrt(np.mean((engine.logits() - expected) ** 2)) < 0.05 * expected.std()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_no_gpu_is_told_in_a_line():
    """What was wanted, what was found, and what to type."""
    with pytest.raises(EngineError, match="no CUDA here; try --device cpu"):
        CudaEngine(DECODER)


@GPU
def test_captured_graphs_say_what_the_decoder_says():
    """On a real GPU, over several windows, with draws."""
    engine = CudaEngine(DECODER, precision="float32")
    engine.feed(IDS[:100])
    ids = IDS[:100]
    for chance in np.linspace(0, 0.99, 50):
        ids.append(engine.draw(ALL, Sampling(), float(chance)))
        engine.advance(ids[-1])
    np.testing.assert_allclose(DECODER(torch.tensor([ids]))[0, -1], engine.logits(), atol=1e-3)
