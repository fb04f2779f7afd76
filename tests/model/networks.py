"""Tiny decoders whose every weight matters."""

from dataclasses import replace

import torch

from livecomposer.model.decoder import Decoder, Shape

__all__ = ["MODED", "SMALL", "random_decoder"]

SMALL = Shape(vocabulary=23, layers=2, width=16, heads=2, window=8, hidden=24)
MODED = replace(SMALL, modes=2)


def random_decoder(shape: Shape = SMALL, *, seed: int = 0, scale: float = 0.3) -> Decoder:
    """A fresh decoder starts as the identity; this one's blocks all do something."""
    chance = torch.Generator().manual_seed(seed)
    decoder = Decoder(shape)
    with torch.no_grad():
        for weight in decoder.parameters():
            noise = torch.randn(weight.shape, generator=chance)
            weight.copy_(scale * noise if weight.dim() == 2 else 1 + 0.1 * noise)
    return decoder.eval().requires_grad_(requires_grad=False)
