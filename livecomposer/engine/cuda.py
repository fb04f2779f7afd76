"""The engine on a GPU: nothing but replays of captured graphs on the way from one id to the next.

A small decoder's step on a GPU is hundreds of kernels of a few microseconds each: launching them one by one costs more
than running them. So every shape of work (a token, chunks of fixed sizes, a draw) is captured once as a CUDA graph.
That asks for memory and shapes that never change: what differs from token to token (position, slot, count, mask,
chance) lies in device tensors that the graphs read. An id that was drawn stays on the device and is the
next token's input; the host reads it meanwhile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from livecomposer.engine.cached import CachedEngine
from livecomposer.engine.device_sampling import Draw
from livecomposer.errors import EngineError
from livecomposer.model.decoder import ROTARY_BASE, Block, Decoder, rotate
from livecomposer.model.sampling import Language, Sampling

__all__ = ["SHAPES", "CudaEngine", "captured"]

SHAPES = (1, 8, 64, 256)
"""Numbers of ids that are computed together; what is fewer is padded."""

Work = Callable[[], None]
_ON_DEVICE = np.empty(0, dtype=np.float32)
_WARM_UPS = 3


def captured(work: Work) -> Work:
    """``work`` as a CUDA graph, which does the same to the same memory at one launch."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(_WARM_UPS):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


@dataclass(frozen=True, slots=True)
class _Layer:
    """One block's weights (out, in), the norms' scales multiplied in."""

    qkv: Tensor
    out: Tensor
    up: Tensor
    down: Tensor


@dataclass(frozen=True, slots=True)
class _View:
    """Where some tokens stand."""

    own: Tensor  # (count,): their slots
    seen: Tensor  # (count, slots): True where a token may look
    turn: tuple[Tensor, Tensor]  # cosines and sines, each (count, head_width / 2)


class CudaEngine(CachedEngine):
    """As :class:`livecomposer.engine.Engine` says. Copies the weights of ``decoder``; everything is captured when made.

    ``precision``: of weights, keys and values. ``capture`` makes a graph of a piece of work; by default
    :func:`captured` on a GPU, while elsewhere the work is done as it is. Raises :class:`EngineError` where there is no
    such device, or too little memory on it.
    """

    largest_chunk = max(SHAPES)

    def __init__(
        self,
        decoder: Decoder,
        *,
        mode: int = 0,
        device: str = "cuda",
        precision: str = "bfloat16",
        capture: Callable[[Work], Work] | None = None,
    ) -> None:
        super().__init__(decoder.shape)
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise EngineError(f"device {device!r}: PyTorch finds no CUDA here; try --device cpu")
        self._device = torch.device(device)
        self._dtype = getattr(torch, precision)
        self._eps = decoder.norm.eps
        try:
            self._prepare(decoder, mode, capture or (captured if self._device.type == "cuda" else lambda work: work))
        except torch.OutOfMemoryError as error:
            raise EngineError(
                f"device {device!r}: too little memory; close other programs or try --device cpu"
            ) from error

    @torch.inference_mode()
    def _prepare(self, decoder: Decoder, mode: int, capture: Callable[[Work], Work]) -> None:
        shape, device = self._shape, self._device
        self._embedding = decoder.embedding_in(mode).to(device, copy=True)
        self._unembedding = self._taken(decoder.embedding.weight * decoder.norm.weight)
        self._layers = [self._layer(block) for block in decoder.blocks if isinstance(block, Block)]
        slots = (shape.layers, shape.heads, self._ring.size, shape.head_width)
        self._keys = torch.zeros(slots, dtype=self._dtype, device=device)
        self._values = torch.zeros(slots, dtype=self._dtype, device=device)
        self._ids_in = torch.zeros(max(SHAPES), dtype=torch.int64, device=device)
        # where the next token goes: its position, its slot, the first slot that may be seen, and how many come
        self._where = torch.zeros(4, dtype=torch.int64, device=device)
        self._slots = torch.arange(self._ring.size, device=device)
        exponents = torch.arange(0, shape.head_width, 2, dtype=torch.float64, device=device) / shape.head_width
        self._frequencies = ROTARY_BASE**-exponents
        self._logits_out = torch.zeros(shape.vocabulary, device=device)
        self._draw = Draw(shape.vocabulary, device)
        self._drawn = torch.zeros(1, dtype=torch.int64, pin_memory=device.type == "cuda")
        self._in_place: int | None = None  # the id that a draw has left in the input
        self._work = {count: capture(partial(self._chunk, count)) for count in SHAPES if self._fits(count)}
        self._sample = capture(self._draw_one)

    def logits(self) -> npt.NDArray[np.float32]:
        """For the next id, (V,)."""
        super().logits()  # which says so where there are none
        found: npt.NDArray[np.float32] = self._logits_out.cpu().numpy().copy()
        return found

    @torch.inference_mode()
    def draw(
        self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float, language: Language | None = None
    ) -> int:
        """The next id, not yet taken in."""
        super().logits()
        self._draw.prepare(mask, sampling, chance, language)
        self._sample()
        self._drawn.copy_(self._ids_in[:1], non_blocking=True)
        if self._device.type == "cuda":
            torch.cuda.current_stream(self._device).synchronize()
        self._in_place = int(self._drawn[0])
        return self._in_place

    @torch.inference_mode()
    def _take_in(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        if not 0 <= min(ids) <= max(ids) < self._shape.vocabulary:
            raise IndexError(f"ids from {min(ids)} to {max(ids)}; wanted 0 to {self._shape.vocabulary - 1}")
        count = next(shape for shape in self._work if shape >= len(ids))
        if moved := self._ring.reserve(count):
            for stored in (self._keys, self._values):
                stored[:, :, :-moved] = stored[:, :, moved:].clone()
        if list(ids) != [self._in_place]:
            self._ids_in[: len(ids)] = torch.tensor(ids)
        visible, own = self._ring.slots(len(ids))
        self._where.copy_(torch.tensor([self._ring.position, own.start, visible.start, len(ids)]))
        self._work[count]()
        self._in_place = None
        return _ON_DEVICE

    def _draw_one(self) -> None:
        self._ids_in[:1].copy_(self._draw.compute(self._logits_out))

    def _fits(self, count: int) -> bool:
        return count <= max(8, self._shape.window)

    def _chunk(self, count: int) -> None:
        """Take in the first of ``count`` ids that are said to come; the others leave traces that nobody sees."""
        position, slot, first, told = self._where.unbind()
        rows = torch.arange(count, device=self._device)
        own = slot + rows
        distance = own[:, None] - self._slots[None, :]
        seen = (distance >= 0) & (distance < self._shape.window) & (self._slots >= first)  # (count, slots)
        angles = (position + rows)[:, None].double() * self._frequencies
        turn = angles.cos().float(), angles.sin().float()
        x = functional.embedding(self._ids_in[:count], self._embedding)  # (count, width)
        view = _View(own, seen, turn)
        for number, layer in enumerate(self._layers):
            x = x + functional.linear(self._attend(number, layer, x, view), layer.out).float()
            hidden = functional.relu(functional.linear(self._normed(x), layer.up)).square()
            x = x + functional.linear(hidden, layer.down).float()
        last = x.index_select(0, (told - 1)[None])
        self._logits_out.copy_(functional.linear(self._normed(last), self._unembedding)[0])

    def _attend(self, number: int, layer: _Layer, x: Tensor, view: "_View") -> Tensor:
        shape, count = self._shape, len(x)
        qkv = functional.linear(self._normed(x), layer.qkv).view(count, 3, shape.heads, shape.head_width)
        q, k, v = qkv.permute(1, 2, 0, 3)  # each (heads, count, head_width)
        q, k = (rotate(each.float(), *view.turn).to(self._dtype) for each in (q, k))
        keys, values = self._keys[number], self._values[number]  # each (heads, slots, head_width)
        keys.index_copy_(1, view.own, k)
        values.index_copy_(1, view.own, v.contiguous())
        y = functional.scaled_dot_product_attention(q[None], keys[None], values[None], attn_mask=view.seen)[0]
        return y.transpose(0, 1).reshape(count, shape.width)

    def _normed(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, (self._shape.width,), None, self._eps).to(self._dtype)

    def _taken(self, weight: Tensor) -> Tensor:
        return weight.to(self._device, self._dtype, copy=True)

    def _layer(self, block: Block) -> _Layer:
        return _Layer(
            qkv=self._taken(block.qkv.weight * block.attention_norm.weight),
            out=self._taken(block.out.weight),
            up=self._taken(block.up.weight * block.feedforward_norm.weight),
            down=self._taken(block.down.weight),
        )
