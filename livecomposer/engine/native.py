"""The engine in C: one call a token, vectors for attention and weights alike, weights and cache in eight bits.

Chunking and the number of threads change nothing in what comes out, not a bit of it: sums run in one fixed order. The
numbers are those of :class:`livecomposer.model.decoder.Decoder`, with each row of weights rounded to ``precision``
(int8: to 127 steps of the row's largest; so are keys and values, each with its own scale).
"""

import ctypes
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from livecomposer.engine.cached import CachedEngine
from livecomposer.engine.library import NativeShape, available, instructions, native_library
from livecomposer.errors import EngineError
from livecomposer.model.decoder import ROTARY_BASE, Block, Decoder, Shape

__all__ = ["PRECISIONS", "NativeEngine", "available", "instructions"]

PRECISIONS = ("float32", "int8")
_QKV, _OUT, _UP, _DOWN, _UNEMBED, _EMBED = range(6)  # as in native_code/native.h


class NativeEngine(CachedEngine):
    """As :class:`livecomposer.engine.Engine` says. Copies the weights of ``decoder``; holds no GIL while it computes.

    ``threads`` counts those that compute one token together. Raises :class:`EngineError` where the compiled part or
    memory is wanting.
    """

    largest_chunk = 64  # more at once are no faster, and leave longer without a sign of life

    @torch.inference_mode()
    def __init__(
        self,
        decoder: Decoder,
        *,
        mode: int = 0,
        precision: str = "int8",
        cache_precision: str | None = None,
        threads: int = 1,
    ) -> None:
        super().__init__(decoder)
        library = native_library()
        if library is None:
            raise EngineError("no compiled engine here; install a C compiler and livecomposer again, or use eager")
        self._library = library
        self._decoder = self._create(decoder, PRECISIONS.index(precision), cache_precision or precision, threads)
        self._finalizer = weakref.finalize(self, library.lc_free, self._decoder)
        for (matrix, layer), rows in _matrices(decoder, mode):
            library.lc_load(self._decoder, matrix, layer, _pointer(rows.float().contiguous().numpy()))

    def _create(self, decoder: Decoder, precision: int, cache_precision: str, threads: int) -> int:
        shape = decoder.shape
        wanted = NativeShape(
            *(shape.layers, shape.width, shape.heads, shape.hidden, shape.vocabulary, self._ring.size),
            *(precision, PRECISIONS.index(cache_precision), threads),
            *(float(decoder.norm.eps or 0), ROTARY_BASE),
        )
        created: int | None = self._library.lc_create(ctypes.byref(wanted))
        if created is None:
            raise EngineError(f"no memory or threads for the engine ({threads} threads); close other programs")
        return created

    @property
    def weight_bytes(self) -> int:
        """Bytes of weights that one token reads."""
        return int(self._library.lc_weight_bytes(self._decoder))

    def read_weights(self) -> None:
        """Read all those bytes once, with as many threads, and nothing more: what no token can do without."""
        self._library.lc_read(self._decoder)

    def _read_as(self, embedding: Tensor) -> None:
        self._library.lc_load(self._decoder, _EMBED, 0, _pointer(embedding.numpy()))

    def _take_in(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        if not 0 <= min(ids) <= max(ids) < self._shape.vocabulary:
            raise IndexError(f"ids from {min(ids)} to {max(ids)}; wanted 0 to {self._shape.vocabulary - 1}")
        ring, count = self._ring, len(ids)
        if moved := ring.reserve(count):
            self._library.lc_move(self._decoder, moved)
        visible, own = ring.slots(count)
        taken, logits = np.array(ids, dtype=np.int32), np.empty(self._shape.vocabulary, dtype=np.float32)
        where = (ring.position, own.start, visible.start, self._shape.window)
        self._library.lc_run(self._decoder, _pointer(taken), count, *where, _pointer(logits))
        return logits


def _pointer(array: npt.NDArray[Any]) -> int:
    return int(array.ctypes.data)


def _matrices(decoder: Decoder, mode: int) -> list[tuple[tuple[int, int], Tensor]]:
    """Every matrix (out, in) under its number and its layer's, the norms' scales multiplied in."""
    embedding = decoder.embedding.weight
    found = [((_EMBED, 0), decoder.embedding_in(mode)), ((_UNEMBED, 0), embedding * decoder.norm.weight)]
    for n, block in enumerate(block for block in decoder.blocks if isinstance(block, Block)):
        found.append(((_QKV, n), _by_head(block.qkv.weight * block.attention_norm.weight, decoder.shape)))
        found.append(((_OUT, n), block.out.weight))
        found.append(((_UP, n), block.up.weight * block.feedforward_norm.weight))
        found.append(((_DOWN, n), block.down.weight))
    return found


def _by_head(weight: Tensor, shape: Shape) -> Tensor:
    """Rows (3, heads, head_width) as (heads, 3, head_width); in queries and keys the pairs that turn side by side."""
    split = weight.view(3, shape.heads, shape.head_width, shape.width)
    pairs = split[:2].view(2, shape.heads, 2, -1, shape.width).transpose(2, 3).reshape(split[:2].shape)
    return torch.cat((pairs, split[2:])).transpose(0, 1).reshape(weight.shape)
