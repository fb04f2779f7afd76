"""The engine in eager PyTorch, one sequence, keys and values cached. Runs on any device that PyTorch has."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from livecomposer.engine import common_prefix
from livecomposer.engine.cache import Cache, View
from livecomposer.model.decoder import Block, Decoder, rotate
from livecomposer.model.sampling import Sampling, sample

__all__ = ["CpuEngine"]

_LARGEST_CHUNK = 256


class CpuEngine:
    """As :class:`livecomposer.engine.Engine` says, in constant memory.

    A rewind within about two windows is a move of the position. A deeper one, or a feed of more, computes the last
    ``(layers + 1) * window`` ids anew, which is exact, since nothing further back reaches the last window of them.
    """

    def __init__(self, decoder: Decoder, *, device: str = "cpu") -> None:
        self._decoder = decoder.to(device)
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

    def draw(self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float) -> int:
        """The next id, not yet taken in."""
        return sample(self.logits(), mask, sampling, chance)

    def advance(self, id_: int) -> None:
        """Take in one more id."""
        self._compute([id_])

    @property
    def _chunk(self) -> int:
        return min(_LARGEST_CHUNK, self._decoder.shape.window)

    def _rewound(self, common: int, length: int) -> int:
        """Where computing must start so that all ``length`` ids are taken in, with the cache put there."""
        shape = self._decoder.shape
        anew = max(0, length - (shape.layers + 1) * shape.window)
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
        x = self._decoder.embedding(torch.tensor(ids, device=cache.keys.device))  # (count, width)
        for layer, block in enumerate(self._decoder.blocks):
            assert isinstance(block, Block)
            x = x + block.out(self._attend(layer, block, x, see))
            x = x + block.feedforward(x)
        cache.position += count
        self._ids += ids  # only now: an id that fails leaves the engine as it was
        self._logits = self._decoder.logits(x[-1]).cpu().numpy()

    def _attend(self, layer: int, block: Block, x: Tensor, see: View) -> Tensor:
        cache, shape = self._cache, self._decoder.shape
        qkv = block.qkv(block.attention_norm(x)).view(-1, 3, shape.heads, shape.head_width).permute(1, 2, 0, 3)
        q, k = rotate(qkv[:2], cache.cos[see.own], cache.sin[see.own])  # each (heads, count, head_width)
        cache.keys[layer, :, see.own] = k
        cache.values[layer, :, see.own] = qkv[2]
        keys, values = cache.keys[layer, :, see.visible], cache.values[layer, :, see.visible]
        y = functional.scaled_dot_product_attention(q[None], keys[None], values[None], attn_mask=see.mask)[0]
        return y.transpose(0, 1).reshape(-1, shape.width)
