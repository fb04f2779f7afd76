"""Transformers with other positions, against attention computed token by token."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from livecomposer.model.decoder import Decoder
from livecomposer.model.gpt2 import Gpt2
from livecomposer.model.lstm import Recurrent
from livecomposer.model.positions import Sinusoid
from livecomposer.model.variants import Variant, base_of, build
from tests.model.networks import GPT2, LSTM, SMALL, VARIANTS, random_decoder

EVERY = pytest.mark.parametrize("name", VARIANTS)
SLIDING = pytest.mark.parametrize("name", [name for name in VARIANTS if name != "absolute"])


def ids_of(length, seed=1):
    """Some ids, (1, length)."""
    return torch.randint(SMALL.vocabulary, (1, length), generator=torch.Generator().manual_seed(seed))


def slow_logits(network, ids):
    """Token by token: each layer's query against the keys of its window, (T, vocabulary)."""
    shape = network.shape
    stream = [network.embedding.weight[i] for i in ids]
    if network.places is not None:
        stream = [x + network.places.weight[at] for at, x in enumerate(stream)]
    below = [None] * len(ids)  # scores of the layer before
    for layer, block in enumerate(network.blocks):
        scheme = network.schemes[layer % len(network.schemes)]
        qkv = [block.qkv(block.attention_norm(x)).view(3, shape.heads, 1, shape.head_width) for x in stream]
        attended = []
        for at in range(len(ids)):
            seen = range(max(0, at - shape.window + 1), at + 1)
            k, v = (torch.cat([qkv[i][part] for i in seen], dim=1) for part in (1, 2))
            scores = scheme.scores(qkv[at][0], k)
            if shape.residual and below[at] is not None:
                scores = scores + below[at]
            below[at] = scores
            attended.append((scores.softmax(-1) @ v).flatten())
        stream = [x + block.out(y) for x, y in zip(stream, attended, strict=True)]
        stream = [x + block.feedforward(x) for x in stream]
    return torch.stack([network.logits(x) for x in stream])


@SLIDING
@pytest.mark.parametrize("length", [1, 7, 8, 9, 20, 33])
def test_forward_equals_the_formula(name, length):
    """Within the window and past it, whole cuts give what token by token gives."""
    network, ids = random_decoder(VARIANTS[name]), ids_of(length)
    torch.testing.assert_close(slow_logits(network, ids[0]), network(ids)[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("length", [1, 7, 8, 9, 12, 13, 20, 33])
def test_absolute_positions_begin_anew_every_half_window(length):
    """Each token is computed from where its window begins, at positions counted from there."""
    network, ids = random_decoder(VARIANTS["absolute"]), ids_of(length)
    got = network(ids)[0]
    for at in range(length):
        begin = max(0, (at // 4 - 1) * 4)  # half a window is 4
        assert begin == base_of(at, SMALL.window)
        torch.testing.assert_close(slow_logits(network, ids[0, begin : at + 1])[-1], got[at], atol=1e-4, rtol=1e-4)


@EVERY
def test_the_past_alone_counts(name):
    """A later id changes no earlier logits, and every id changes its own."""
    network, ids = random_decoder(VARIANTS[name]), ids_of(30)
    other = ids.clone()
    other[0, 20] = (other[0, 20] + 1) % SMALL.vocabulary
    changed = (network(ids) - network(other)).abs().amax(dim=-1)[0] > 1e-5
    assert not changed[:20].any()
    assert changed[20]


@SLIDING
def test_order_is_heard(name):
    """The same ids in another order give other logits."""
    network, ids = random_decoder(VARIANTS[name]), torch.tensor([[1, 2, 3, 4, 5]])
    assert not torch.allclose(network(ids)[0, -1], network(ids[:, [1, 0, 3, 2, 4]])[0, -1], atol=1e-3)


def test_memory_takes_no_gradient():
    """With ``xl`` a token of the second segment teaches nothing about what the first one's ids mean."""
    network = random_decoder(VARIANTS["xl"]).requires_grad_()
    x = functional.embedding(ids_of(16), network.embedding.weight).detach().requires_grad_()
    _, memory = network.after(network.no_memory(1), x[:, :8])
    y, _ = network.after(memory, x[:, 8:])
    y.sum().backward()
    assert not x.grad[0, :8].any()
    assert x.grad[0, 8:].any()


def test_what_is_settled_stays():
    """Computed once, the keys of distances are those computed each time."""
    network, ids = random_decoder(VARIANTS["xl"]), ids_of(20)
    before = network(ids)
    for scheme in network.schemes:
        assert isinstance(scheme, Sinusoid)
        scheme.settle()
        scheme.distance = None
    torch.testing.assert_close(before, network(ids))


def test_a_shared_table_is_one_table():
    """All layers share it; else each has its own."""
    assert (1, 2) == (len(build(VARIANTS["shared"]).schemes), len(build(VARIANTS["relative"]).schemes))


@pytest.mark.parametrize(
    ("shape", "kind"), [(SMALL, Decoder), (VARIANTS["xl"], Variant), (LSTM, Recurrent), (GPT2, Gpt2)]
)
def test_each_shape_has_its_network(shape, kind):
    """The shape says which network it is of."""
    assert kind is type(build(shape))


def test_an_unknown_architecture_is_an_error():
    """What nobody knows how to build is said so."""
    with pytest.raises(ValueError, match="transformer, lstm or gpt2"):
        build(replace(SMALL, architecture="mamba"))
