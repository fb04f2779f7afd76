"""Tiny networks whose every weight matters."""

from dataclasses import replace

import torch

from livecomposer.model.decoder import Network, Shape
from livecomposer.model.variants import build

__all__ = ["GPT2", "LSTM", "MODED", "SMALL", "VARIANTS", "random_decoder"]

SMALL = Shape(vocabulary=23, layers=2, width=16, heads=2, window=8, hidden=24)
MODED = replace(SMALL, modes=2)
LSTM = replace(SMALL, architecture="lstm")
GPT2 = replace(SMALL, architecture="gpt2")
VARIANTS = {
    **{name: replace(SMALL, positions=name) for name in ("absolute", "relative", "xl", "alibi")},
    "shared": replace(SMALL, positions="relative", shared=True),
    "residual": replace(SMALL, positions="relative", residual=True),
}


def random_decoder(shape: Shape = SMALL, *, seed: int = 0, scale: float = 0.3) -> Network:
    """A fresh network's blocks start as the identity; this one's all do something."""
    chance = torch.Generator().manual_seed(seed)
    network = build(shape)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            noise = torch.randn(weight.shape, generator=chance)
            weight.copy_(1 + 0.1 * noise if "norm" in name else scale * noise)
    return network.eval().requires_grad_(requires_grad=False)
