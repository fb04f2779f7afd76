"""Engines for Transformers with other positions, in eager PyTorch, one sequence, in constant memory."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from livecomposer.engine.cache import Cache, View
from livecomposer.engine.cached import CachedEngine, ModuleEngine
from livecomposer.model.decoder import Block
from livecomposer.model.positions import Scheme
from livecomposer.model.variants import Variant, base_of

__all__ = ["Rebasing", "RebasingEngine", "VariantEngine"]


class VariantEngine(ModuleEngine[Variant]):
    """For positions that are distances: ``relative``, ``xl`` and ``alibi``. Copies the weights of ``network``."""

    @torch.inference_mode()
    def __init__(self, network: Variant, *, mode: int = 0, device: str = "cpu") -> None:
        super().__init__(network, mode=mode, device=device)
        self._cache = Cache(network.shape, self._ring, torch.device(device))
        for scheme in self._network.schemes:
            assert isinstance(scheme, Scheme)
            scheme.settle()

    @torch.inference_mode()
    def _take_in(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        return self._through(self._placed(self._embedded(ids)), self._cache.see(len(ids)))

    def _placed(self, x: Tensor) -> Tensor:
        """The embedded ids (count, width), told where they stand if that is not told to attention."""
        return x

    def _through(self, x: Tensor, see: View) -> npt.NDArray[np.float32]:
        shape, scores = self._network.shape, None
        for layer, block in enumerate(self._network.blocks):
            assert isinstance(block, Block)
            qkv = block.qkv(block.attention_norm(x)).view(len(x), 3, shape.heads, shape.head_width)
            q, k, v = qkv.permute(1, 2, 0, 3)  # each (heads, count, head_width)
            keys, values = self._cache.keys[layer], self._cache.values[layer]  # each (heads, size, head_width)
            keys[:, see.own], values[:, see.own] = k, v
            seen = q[None], keys[None, :, see.visible], values[None, :, see.visible]
            y, scores = self._network.attend(layer, seen, mask=see.mask, before=scores)
            x = x + block.out(y[0])
            x = x + block.feedforward(x)
        logits: npt.NDArray[np.float32] = self._network.logits(x[-1]).cpu().numpy()
        return logits


class Rebasing(CachedEngine):
    """For positions that are bounded by the window.

    Once the window is full, its younger half is computed anew from position 0 on, and the music goes on behind it: one
    token in half a window costs half a window. A rewind to before the present window computes at most a window.
    """

    _base = 0  # of the window that is kept

    def set_mode(self, mode: int) -> None:
        """Forget everything, and take in what follows as told of that way of playing."""
        super().set_mode(mode)
        self._base = 0

    def advance(self, id_: int) -> None:
        """Take in one more id."""
        if base_of(self.position, self._shape.window) == self._base:
            super().advance(id_)
        elif not 0 <= id_ < self._shape.vocabulary:
            raise IndexError(f"id {id_}; wanted 0 to {self._shape.vocabulary - 1}")
        else:
            self.feed([*self._ids, id_])

    def _rewound(self, common: int, length: int) -> int:
        base = base_of(length - 1, self._shape.window)
        if base == self._base <= common:
            self._ring.position = common
            return common
        self._ring.reset(base)
        self._base = base
        return base


class RebasingEngine(Rebasing, VariantEngine):
    """For ``absolute`` positions. Copies the weights of ``network``."""

    def _placed(self, x: Tensor) -> Tensor:
        assert self._network.places is not None
        begin = self._ring.position - self._base
        return x + self._network.places.weight[begin : begin + len(x)]
