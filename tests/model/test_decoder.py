"""The network, against slow formulas written another way."""

import math

import pytest
import torch
from torch.nn import functional

from livecomposer.model.decoder import Decoder, Shape, rotary, rotate
from tests.model.networks import SMALL, random_decoder


def ids_of(length, seed=1):
    """Some ids, (1, length)."""
    return torch.randint(SMALL.vocabulary, (1, length), generator=torch.Generator().manual_seed(seed))


def turned(pairs, position):
    """Rotary positions as multiplication of complex numbers, in float64."""
    half = len(pairs) // 2
    angles = torch.tensor([position * 10_000.0 ** (-2 * i / len(pairs)) for i in range(half)], dtype=torch.float64)
    z = torch.complex(pairs[:half].double(), pairs[half:].double()) * torch.exp(1j * angles)
    return torch.cat((z.real, z.imag))


def norm(x, weight):
    """RMSNorm, spelled out."""
    return x / (x.square().mean() + 1e-5).sqrt() * weight.double()


def slow_logits(decoder, ids):
    """Position by position, head by head, in float64: (T, vocabulary)."""
    shape, width = decoder.shape, decoder.shape.head_width
    stream = [decoder.embedding.weight[i].double() for i in ids]
    for block in decoder.blocks:
        qkv = [block.qkv.weight.double() @ norm(x, block.attention_norm.weight) for x in stream]
        attended = []
        for at in range(len(ids)):
            heads = []
            for head in range(shape.heads):
                part = slice(head * width, (head + 1) * width)
                seen = range(max(0, at - shape.window + 1), at + 1)
                q = turned(qkv[at][: shape.width][part], at)
                keys = [turned(qkv[i][shape.width : 2 * shape.width][part], i) for i in seen]
                shares = torch.stack([q @ k / math.sqrt(width) for k in keys]).softmax(0)
                heads.append(sum(s * qkv[i][2 * shape.width :][part] for s, i in zip(shares, seen, strict=True)))
            attended.append(torch.cat(heads))
        stream = [x + block.out.weight.double() @ y for x, y in zip(stream, attended, strict=True)]
        for at, x in enumerate(stream):
            hidden = torch.relu(block.up.weight.double() @ norm(x, block.feedforward_norm.weight)) ** 2
            stream[at] = x + block.down.weight.double() @ hidden
    return torch.stack([decoder.embedding.weight.double() @ norm(x, decoder.norm.weight) for x in stream])


@pytest.mark.parametrize("length", [1, 7, 8, 9, 20])
def test_forward_equals_the_formula(length):
    """Logits equal attention computed position by position, within the window and past it."""
    decoder, ids = random_decoder(), ids_of(length)
    torch.testing.assert_close(slow_logits(decoder, ids[0].tolist()).float(), decoder(ids)[0], atol=1e-4, rtol=1e-4)


def test_the_past_alone_counts():
    """A later id changes no earlier logits, and one that every layer's window has left changes none at all."""
    decoder, ids = random_decoder(), ids_of(40)
    other = ids.clone()
    other[0, 20] = (other[0, 20] + 1) % SMALL.vocabulary
    changed = (decoder(ids) - decoder(other)).abs().amax(dim=-1)[0] > 1e-5
    reach = SMALL.layers * (SMALL.window - 1)
    assert not changed[:20].any()
    assert changed[20]
    assert not changed[20 + reach + 1 :].any()


def test_logits_depend_on_distance_alone():
    """Past the reach of all layers, the same ids give the same logits wherever they stand."""
    decoder, ids = random_decoder(), ids_of(60)
    last = (SMALL.layers + 1) * SMALL.window
    torch.testing.assert_close(decoder(ids)[0, -1], decoder(ids[:, -last:])[0, -1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("shift", [1, 1000, 10_000_000])
def test_rotation_is_relative(shift):
    """The product of a rotated query and key depends on their distance, also after hours."""
    q, k = torch.randn(2, 12, 8, generator=torch.Generator().manual_seed(2))

    def products(start):
        cos, sin = rotary(torch.arange(start, start + 12), 8)
        return rotate(q, cos, sin) @ rotate(k, cos, sin).T

    torch.testing.assert_close(products(0), products(shift), atol=1e-4, rtol=1e-4)


def test_rotation_keeps_lengths():
    """Turning changes no vector's length."""
    x = torch.randn(5, 8, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(x.norm(dim=-1), rotate(x, *rotary(torch.arange(5) * 100, 8)).norm(dim=-1))


def test_a_fresh_decoder_knows_nothing():
    """Before training, the loss is about ln(vocabulary) nats."""
    torch.manual_seed(0)
    shape = Shape(vocabulary=646, layers=2, width=64, heads=2, window=32, hidden=128)
    ids = torch.randint(shape.vocabulary, (2, 64))
    loss = functional.cross_entropy(Decoder(shape)(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
    assert loss.item() == pytest.approx(math.log(646), abs=0.1)
