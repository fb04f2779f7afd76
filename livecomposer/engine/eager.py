"""The engine in eager PyTorch, one sequence, keys and values cached. Runs on any device that PyTorch has."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from livecomposer.engine.cache import Cache, View
from livecomposer.engine.cached import CachedEngine
from livecomposer.model.decoder import Block, Decoder, Shape

__all__ = ["EagerEngine"]


@dataclass(frozen=True, slots=True)
class _Layer:
    """One block's weights, laid out for few tokens at once: (in, out), the norms' scales multiplied in."""

    qkv: Tensor  # (width, 3 * width); the pairs that a rotation turns lie side by side
    out: Tensor  # (width, width)
    up: Tensor  # (width, hidden)
    down: Tensor  # (hidden, width)


class EagerEngine(CachedEngine):
    """As :class:`livecomposer.engine.Engine` says. Copies the weights of ``decoder``."""

    @torch.inference_mode()
    def __init__(self, decoder: Decoder, *, mode: int = 0, device: str = "cpu") -> None:
        super().__init__(decoder)
        self._eps = decoder.norm.eps
        self._embedding = decoder.embedding_in(mode).to(device, copy=True)
        self._unembedding = _laid_out(decoder.embedding.weight * decoder.norm.weight, device)  # (width, vocabulary)
        self._layers = [_layer(block, decoder.shape, device) for block in decoder.blocks if isinstance(block, Block)]
        self._cache = Cache(decoder.shape, self._ring, torch.device(device))

    @torch.inference_mode()
    def _take_in(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        x = functional.embedding(torch.tensor(ids, device=self._embedding.device), self._embedding)  # (count, width)
        see = self._cache.see(len(ids))
        turn = self._cache.turn(see.own)[:, None, None]
        for number, layer in enumerate(self._layers):
            x = torch.addmm(x, self._attend(number, layer, x, see, turn), layer.out)
            hidden = torch.mm(self._normed(x), layer.up).relu_()
            x = torch.addmm(x, hidden.mul_(hidden), layer.down)
        logits: npt.NDArray[np.float32] = torch.mm(self._normed(x[-1:]), self._unembedding)[0].cpu().numpy()
        return logits

    def _attend(self, number: int, layer: _Layer, x: Tensor, see: View, turn: Tensor) -> Tensor:
        shape, count = self._shape, len(x)
        qkv = torch.mm(self._normed(x), layer.qkv).view(count, 3, shape.heads, shape.head_width)
        pairs = torch.view_as_complex(qkv[:, :2].view(count, 2, shape.heads, -1, 2))
        q, k = torch.view_as_real(pairs * turn).flatten(-2).permute(1, 2, 0, 3)  # each (heads, count, head_width)
        keys, values = self._cache.keys[number], self._cache.values[number]  # each (heads, size, head_width)
        keys[:, see.own] = k
        values[:, see.own] = qkv[:, 2].transpose(0, 1)
        seen = keys[None, :, see.visible], values[None, :, see.visible]
        y = functional.scaled_dot_product_attention(q[None], *seen, attn_mask=see.mask)[0]
        return y.transpose(0, 1).reshape(count, shape.width)

    def _normed(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, (self._shape.width,), None, self._eps)


def _layer(block: Block, shape: Shape, device: str) -> _Layer:
    """Attention compares queries with keys alone, so that both may have their channels in another order."""
    qkv = (block.qkv.weight * block.attention_norm.weight).view(3, shape.heads, 2, -1, shape.width)
    qk = qkv[:2].transpose(2, 3)  # from (left half, right half) of a head to pairs
    return _Layer(
        qkv=_laid_out(torch.cat((qk.flatten(0, 3), qkv[2].flatten(0, 2))), device),
        out=_laid_out(block.out.weight, device),
        up=_laid_out(block.up.weight * block.feedforward_norm.weight, device),
        down=_laid_out(block.down.weight, device),
    )


def _laid_out(weight: Tensor, device: str) -> Tensor:
    return weight.to(device).T.contiguous()
