"""The engine in eager PyTorch, one sequence, keys and values cached. Runs on any device that PyTorch has."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from livecomposer.engine import common_prefix
from livecomposer.engine.cache import Cache, View
from livecomposer.model.decoder import Block, Decoder, Shape
from livecomposer.model.sampling import Language, Sampling, sample

__all__ = ["CpuEngine"]

_LARGEST_CHUNK = 256


@dataclass(frozen=True, slots=True)
class _Layer:
    """One block's weights, laid out for few tokens at once: (in, out), the norms' scales multiplied in."""

    qkv: Tensor  # (width, 3 * width); the pairs that a rotation turns lie side by side
    out: Tensor  # (width, width)
    up: Tensor  # (width, hidden)
    down: Tensor  # (hidden, width)


class CpuEngine:
    """As :class:`livecomposer.engine.Engine` says, in constant memory. Copies the weights of ``decoder``.

    A rewind within about two windows is a move of the position. A deeper one, or a feed of more, computes the last
    ``(layers + 1) * window`` ids anew, which is exact, since nothing further back reaches the last window of them.
    """

    @torch.inference_mode()
    def __init__(self, decoder: Decoder, *, device: str = "cpu") -> None:
        self._shape = decoder.shape
        self._eps = decoder.norm.eps
        self._embedding = decoder.embedding.weight.to(device)
        self._unembedding = _laid_out(decoder.embedding.weight * decoder.norm.weight, device)  # (width, vocabulary)
        self._layers = [_layer(block, decoder.shape, device) for block in decoder.blocks if isinstance(block, Block)]
        self._cache = Cache(decoder.shape, torch.device(device))
        self._ids: list[int] = []
        self._logits: npt.NDArray[np.float32] | None = None

    @property
    def position(self) -> int:
        """How many ids have been taken in."""
        return len(self._ids)

    def feed(self, ids: Sequence[int]) -> int:
        """Make ``ids`` all that was taken in; returns how many of them had to be computed."""
        ids = list(ids)
        if not ids:
            raise ValueError("no id to feed; wanted at least one")
        common = common_prefix(self._ids, ids)
        if common == len(ids) == len(self._ids) and self._logits is not None:
            return 0
        start = self._rewound(min(common, len(ids) - 1), len(ids))
        self._ids, self._logits = ids[:start], None
        for at in range(start, len(ids), self._chunk):
            self._compute(ids[at : at + self._chunk])
        return len(ids) - start

    def rewind(self, position: int) -> None:
        """Forget everything from ``position`` (1 to the present one) on."""
        if not 1 <= position <= len(self._ids):
            raise ValueError(f"rewind to {position}; wanted 1 to {len(self._ids)}")
        self.feed(self._ids[:position])

    def logits(self) -> npt.NDArray[np.float32]:
        """For the next id, (V,)."""
        if self._logits is None:
            raise ValueError("nothing was fed; wanted at least one id")
        return self._logits

    def draw(
        self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float, language: Language | None = None
    ) -> int:
        """The next id, not yet taken in."""
        return sample(self.logits(), mask, sampling, chance, language)

    def advance(self, id_: int) -> None:
        """Take in one more id."""
        self._compute([id_])

    @property
    def _chunk(self) -> int:
        return min(_LARGEST_CHUNK, self._shape.window)

    def _rewound(self, common: int, length: int) -> int:
        """Where computing must start so that all ``length`` ids are taken in, with the cache put there."""
        anew = max(0, length - (self._shape.layers + 1) * self._shape.window)
        if common >= anew and self._cache.can_rewind(common):
            self._cache.position = common
            return common
        self._cache.reset(anew)
        return anew

    @torch.inference_mode()
    def _compute(self, ids: Sequence[int]) -> None:
        cache, count = self._cache, len(ids)
        cache.reserve(count)
        see = cache.see(count)
        turn = torch.complex(cache.cos[see.own], cache.sin[see.own])[:, None, None]  # (count, 1, 1, head_width / 2)
        x = functional.embedding(torch.tensor(ids, device=cache.keys.device), self._embedding)  # (count, width)
        for number, layer in enumerate(self._layers):
            x = torch.addmm(x, self._attend(number, layer, x, see, turn), layer.out)
            hidden = torch.mm(self._normed(x), layer.up).relu_()
            x = torch.addmm(x, hidden.mul_(hidden), layer.down)
        cache.position += count
        self._ids += ids  # only now: an id that fails leaves the engine as it was
        self._logits = torch.mm(self._normed(x[-1:]), self._unembedding)[0].cpu().numpy()

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
