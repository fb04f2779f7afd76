"""The GPU's engine, its work done as it is where there is no GPU: the same code, the same numbers, the same graphs."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from livecomposer.engine.cuda import CudaEngine
from livecomposer.errors import EngineError
from livecomposer.model.sampling import MaskPolicy, Sampling, sample
from tests.engine import exactness
from tests.model.networks import SMALL, random_decoder

DECODER = random_decoder()
assert_exact = partial(exactness.assert_exact, network=DECODER)
IDS = np.random.default_rng(4).integers(0, SMALL.vocabulary, 400).tolist()
ALL = np.ones(SMALL.vocabulary, dtype=bool)
LANGUAGE = MaskPolicy(np.arange(SMALL.vocabulary) % 4, np.arange(SMALL.vocabulary) // 2 * 2)
REACH = (SMALL.layers + 1) * SMALL.window
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


class Graphs:
    """Stands in for CUDA's: tries work out before it is captured, as they do; counts what is captured and replayed.

    Unlike them it would let a shape or a pointer change.
    """

    def __init__(self):
        self.captured = 0
        self.replayed = 0
        self.idle = False  # from now on a replay does nothing

    def __call__(self, work):
        self.captured += 1
        for _ in range(4):
            work()

        def replay():
            self.replayed += 1
            if not self.idle:
                work()

        return replay


class Launches(TorchDispatchMode):
    """Writes down what PyTorch is asked to do."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.asked.append(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


def engine_of(decoder=DECODER, **options):
    """An engine on the CPU, tried out as on a GPU."""
    return CudaEngine(decoder, device="cpu", precision="float32", **{"capture": Graphs(), **options})


def random_draw(chance, vocabulary=SMALL.vocabulary):
    """What a draw may be told: a mask, a way of sampling, a chance, a language or none."""
    mask = chance.random(vocabulary) < chance.choice([0.2, 1.0])
    mask[chance.integers(vocabulary)] = True
    technique = str(chance.choice(["topk", "nucleus", "random"]))
    sampling = Sampling(technique=technique, threshold=chance.uniform(0.1, 1), creative_risk=chance.choice([0.3, 1, 2]))
    return mask, sampling, float(chance.random()), [None, LANGUAGE][chance.integers(2)]


def play(engine, ids, rounds, *, decoder=DECODER, atol=1e-4):
    """Draw, insist on other ids, feed, rewind, in any order: always exact, and drawn as the host draws."""
    chance = np.random.default_rng(rounds)
    engine.feed(ids)
    for _ in range(rounds):
        match chance.integers(6):
            case 0:
                ids = [*ids, *IDS[: chance.integers(1, 30)]]
                engine.feed(ids)
            case 1:
                ids = ids[: chance.integers(1, len(ids) + 1)]
                engine.rewind(len(ids))
            case 2:
                ids = [*ids, int(chance.integers(SMALL.vocabulary))]
                engine.draw(ALL, Sampling(), 0.5)
                engine.advance(ids[-1])
            case _:
                told = random_draw(chance)
                ids = [*ids, engine.draw(*told)]
                assert sample(engine.logits(), *told) == ids[-1]
                engine.advance(ids[-1])
        assert_exact(ids, engine, network=decoder, atol=atol)


def test_a_token_is_one_replay_and_a_draw_another():
    """Nothing is captured once it is made, and no memory that a graph reads ever moves, over many windows."""
    graphs = Graphs()
    engine = engine_of(capture=graphs)
    made = graphs.captured
    engine.feed(IDS[:5])
    statics = (engine._cache, engine._inputs, engine._logits_out, engine._drawn, engine._draw._inputs)
    before = [tensor.data_ptr() for tensor in statics]
    graphs.replayed = 0
    for chance in np.linspace(0, 0.99, 200):
        engine.advance(engine.draw(ALL, Sampling(), float(chance)))
    assert 400 == graphs.replayed
    assert made == graphs.captured
    assert before == [tensor.data_ptr() for tensor in statics]


def test_taking_in_what_was_drawn_asks_for_a_replay_alone():
    """From the second id on nothing is copied for it, and nothing computed outside the graphs, over many windows."""
    graphs = Graphs()
    engine = engine_of(capture=graphs)
    engine.feed(IDS[:5])
    engine.advance(engine.draw(ALL, Sampling(), 0.5))
    graphs.idle = True
    for _ in range(100):
        drawn = engine.draw(ALL, Sampling(), 0.5)
        with Launches() as launches:
            engine.advance(drawn)
        assert [] == launches.asked
    with Launches() as launches:
        engine.advance((engine.draw(ALL, Sampling(), 0.5) + 1) % SMALL.vocabulary)
    assert "copy_" in launches.asked


def test_a_feed_is_as_few_replays_as_its_ids_fit():
    """Up to eight ids are one replay, in a window of 8; twelve are two, the second of them padded."""
    graphs = Graphs()
    engine = engine_of(capture=graphs)
    for count, replays in ((8, 1), (9, 1), (12, 1), (24, 2)):
        graphs.replayed = 0
        engine.feed(IDS[:count])
        assert replays == graphs.replayed


@pytest.mark.parametrize("rounds", [60, 61, 62, 63])
def test_whatever_is_played_is_exact(rounds):
    """Draws, other ids than drawn, feeds and rewinds over many windows, each held to a forward pass."""
    play(engine_of(), IDS[:3], rounds)


@pytest.mark.parametrize("window", [1, 3, 7, 9, 50, 65, 100, 300])
def test_any_window_will_do(window):
    """Whether or not a window is one of the shapes, chunks and single ids are exact."""
    decoder = random_decoder(replace(SMALL, window=window))
    engine = engine_of(decoder)
    for count in (120, 250, 253, 400):
        engine.feed(IDS[:count])
        assert_exact(IDS[:count], engine, network=decoder)


def test_padding_leaves_no_trace():
    """Whatever the shape that a chunk is padded to, what follows is exact."""
    decoder = random_decoder(replace(SMALL, window=70))
    for count in (2, 5, 8, 9, 40, 64, 65, 70):
        engine = engine_of(decoder)
        engine.feed(IDS[:count])
        engine.feed(IDS[: count + 3])
        assert_exact(IDS[: count + 3], engine, network=decoder)


def test_padding_spares_what_a_rewind_needs():
    """A chunk padded past the last slot that is free makes room first, so that a rewind far back is exact."""
    decoder = random_decoder(replace(SMALL, window=64))
    for depth in (100, 150, 190):
        engine = engine_of(decoder)
        for count in (100, 200, engine._ring.size - 10, engine._ring.size - 1):
            engine.feed(IDS[:count])
        engine.rewind(count - depth)
        assert_exact(IDS[: count - depth], engine, network=decoder)


def test_days_into_a_set_positions_are_exact():
    """At ten million ids the logits are those of the last ids alone, which is all that a window can hear."""
    engine = engine_of()
    ids = IDS * 25_000
    assert REACH == engine.feed(ids)
    expected = DECODER(torch.tensor([ids[-REACH:]]))[0, -1].numpy()
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


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "'cpu': too little memory; close other programs"),
        (RuntimeError("no kernel image\nfor this device"), "'cpu' does not work \\(no kernel image for this device\\)"),
    ],
)
def test_a_device_that_fails_is_told_in_a_line(error, told):
    """Too little memory, or whatever else PyTorch finds wrong with it while everything is captured."""

    def capture(work):
        raise error

    with pytest.raises(EngineError, match=told) as raised:
        engine_of(capture=capture)
    assert "\n" not in str(raised.value)


@GPU
@pytest.mark.parametrize("rounds", [60, 61])
def test_captured_graphs_say_what_the_decoder_says(rounds):
    """On a real GPU: draws, feeds and rewinds over many windows, each held to a forward pass on the CPU."""
    play(CudaEngine(DECODER, precision="float32"), IDS[:3], rounds, atol=1e-3)


@GPU
def test_a_gpu_in_half_precision_is_near():
    """In bfloat16 chunks and single ids are near the decoder, over several windows of a real shape."""
    decoder = random_decoder(replace(SMALL, vocabulary=646, width=128, hidden=256, window=64), scale=0.1)
    engine = CudaEngine(decoder)
    ids = np.random.default_rng(4).integers(0, 646, 300).tolist()
    engine.feed(ids[:250])
    for id_ in ids[250:]:
        engine.advance(id_)
    expected = decoder(torch.tensor([ids]))[0, -1].numpy()
    assert np.sqrt(np.mean((engine.logits() - expected) ** 2)) < 0.05 * expected.std()
