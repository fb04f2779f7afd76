"""The engine on a GPU: nothing but replays of captured graphs on the way from one id to the next.

A small decoder's step on a GPU is hundreds of kernels of a few microseconds each: launching them one by one costs more
than running them. So every shape of work (a token, chunks of fixed sizes, a draw) is captured once as a CUDA graph.
That asks for memory and shapes that never change: what differs from token to token (position, count, mask, chance) lies
in device tensors that the graphs read, and position ``p`` has the slot ``p % size`` for good. A draw is a graph of its
own, since its mask is known only once the id before it is. It leaves its id where the next token reads it, and every
token moves the position on: an id that was drawn costs one replay to draw, one small copy to the host, one replay to
take in, and nothing else.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from livecomposer.engine.cached import CachedEngine
from livecomposer.engine.device_sampling import Draw
from livecomposer.errors import EngineError, one_line
from livecomposer.model.decoder import ROTARY_BASE, Block, Decoder
from livecomposer.model.sampling import MaskPolicy, Sampling

__all__ = ["SHAPES", "CudaEngine", "captured"]

SHAPES = (1, 8, 64, 256)
"""Numbers of ids that are computed together; what is fewer is padded."""

Work = Callable[[], None]
_ON_DEVICE = np.empty(0, dtype=np.float32)
_WARM_UPS = 3
_GIVEN = 2  # numbers before the ids in the inputs


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

    qkv: Tensor  # in queries and keys, the pairs that a rotation turns lie side by side
    out: Tensor
    up: Tensor
    down: Tensor


@dataclass(frozen=True, slots=True)
class _View:
    """Where some new tokens are kept, what they see, and by how much they turn."""

    own: Tensor  # (count,) slots
    hidden: Tensor  # (count, slots) 0 where a token may see, else -inf: added to what attention compares
    turn: Tensor  # complex (count, 3, 1, head_width / 2): queries and keys by their position, values not at all


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
        super().__init__(decoder)
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise EngineError(f"device {device!r}: PyTorch finds no CUDA here; try --device cpu")
        self._device = torch.device(device)
        self._dtype = getattr(torch, precision)
        self._eps = decoder.norm.eps
        on_gpu = self._device.type == "cuda"
        try:
            with torch.cuda.device(self._device) if on_gpu else nullcontext():
                self._prepare(decoder, mode, capture or (captured if on_gpu else lambda work: work))
        except torch.OutOfMemoryError as error:
            raise EngineError(
                f"device {device!r}: too little memory; close other programs or try --device cpu"
            ) from error
        except RuntimeError as error:  # what PyTorch raises for a device that is not there, or too old for it
            reason = one_line(error)
            raise EngineError(f"device {device!r} does not work ({reason}); try --device cpu") from error

    @torch.inference_mode()
    def _prepare(self, decoder: Decoder, mode: int, capture: Callable[[Work], Work]) -> None:
        shape, device = self._shape, self._device
        self._embedding = decoder.embedding_in(mode).to(device, copy=True)
        self._unembedding = self._taken(decoder.embedding.weight * decoder.norm.weight)
        self._layers = [self._layer(block) for block in decoder.blocks if isinstance(block, Block)]
        slots = (shape.layers, 2, shape.heads, self._ring.size, shape.head_width)
        self._cache = torch.zeros(slots, dtype=self._dtype, device=device)  # keys, then values
        # the position where the next token goes, how many come, and their ids
        self._inputs = torch.zeros(_GIVEN + max(SHAPES), dtype=torch.int64, device=device)
        self._inputs[_GIVEN - 1] = 1  # a graph is tried out before anything comes, and its last token must be one
        self._slots = torch.arange(self._ring.size, device=device)
        exponents = torch.arange(0, shape.head_width, 2, dtype=torch.float64, device=device) / shape.head_width
        self._frequencies = ROTARY_BASE**-exponents
        self._logits_out = torch.zeros(shape.vocabulary, device=device)
        self._draw = Draw(shape.vocabulary, device)
        self._drawn = torch.zeros(1, dtype=torch.int64, pin_memory=device.type == "cuda")
        self._there: list[int] = []  # what the inputs hold for one token more; nothing known is an empty list
        self._work = {count: capture(partial(self._chunk, count)) for count in SHAPES if self._fits(count)}
        self._sample = capture(self._draw_one)
        self.largest_chunk = max(self._work)

    def logits(self) -> npt.NDArray[np.float32]:
        """For the next id, (V,)."""
        super().logits()  # which says so where there are none
        found: npt.NDArray[np.float32] = self._logits_out.cpu().numpy().copy()
        return found

    @torch.inference_mode()
    def draw(
        self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float, policy: MaskPolicy | None = None
    ) -> int:
        """The next id, not yet taken in."""
        super().logits()
        self._draw.prepare(mask, sampling, chance, policy)
        self._sample()
        self._drawn.copy_(self._inputs[_GIVEN : _GIVEN + 1], non_blocking=True)
        if self._device.type == "cuda":
            torch.cuda.current_stream(self._device).synchronize()
        drawn = int(self._drawn[0])
        self._there[_GIVEN:] = [drawn]
        return drawn

    @torch.inference_mode()
    def _take_in(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        if not 0 <= min(ids) <= max(ids) < self._shape.vocabulary:
            raise IndexError(f"ids from {min(ids)} to {max(ids)}; wanted 0 to {self._shape.vocabulary - 1}")
        padded = next(shape for shape in self._work if shape >= len(ids))
        self._ring.reserve(padded)
        wanted = [self._ring.position, len(ids), *ids]
        if wanted != self._there:
            self._inputs[: len(wanted)].copy_(torch.tensor(wanted))
        self._work[padded]()
        self._there = [self._ring.position + len(ids), len(ids)]  # the position moved on by itself
        return _ON_DEVICE

    def _draw_one(self) -> None:
        self._inputs[_GIVEN : _GIVEN + 1].copy_(self._draw.compute(self._logits_out))

    def _fits(self, count: int) -> bool:
        return count <= max(8, self._shape.window)

    def _chunk(self, count: int) -> None:
        """Take in the first of ``count`` ids that are said to come; the others leave traces that nobody sees."""
        position, given = self._inputs[:_GIVEN].unbind()
        view = self._view(position, count)
        x = functional.embedding(self._inputs[_GIVEN : _GIVEN + count], self._embedding)  # (count, width) float32
        for number, layer in enumerate(self._layers):
            x = x + functional.linear(self._attend(number, layer, x, view), layer.out)
            hidden = functional.relu(functional.linear(self._normed(x), layer.up)).square()
            x = x + functional.linear(hidden, layer.down)
        last = x.index_select(0, (given - 1)[None])
        self._logits_out.copy_(functional.linear(self._normed(last), self._unembedding)[0])
        position.add_(given)

    def _view(self, position: Tensor, count: int) -> _View:
        """Of every slot the position that it holds follows from the newest: the last one not after it that fits.

        Where a set was taken up in its middle, slots before that hold what is long gone. No matter: who sees it lacks
        what came before as well, and is never asked for.
        """
        own = position + torch.arange(count, device=self._device)
        newest = position + count - 1
        held = newest - (newest - self._slots) % self._ring.size  # (slots,)
        distance = own[:, None] - held
        seen = (distance >= 0) & (distance < self._shape.window) & (held >= 0)
        hidden = torch.zeros(seen.shape, dtype=self._dtype, device=self._device).masked_fill(~seen, -torch.inf)
        angles = own[:, None].double() * self._frequencies
        turn = torch.complex(angles.cos().float(), angles.sin().float())[:, None, None]
        return _View(own % self._ring.size, hidden, torch.cat((turn, turn, torch.ones_like(turn)), dim=1))

    def _attend(self, number: int, layer: _Layer, x: Tensor, view: _View) -> Tensor:
        shape, count = self._shape, len(x)
        qkv = functional.linear(self._normed(x), layer.qkv).view(count, 3, shape.heads, -1, 2)
        turned = torch.view_as_real(torch.view_as_complex(qkv.float()) * view.turn).flatten(-2)
        turned = turned.to(self._dtype).permute(1, 2, 0, 3)  # (3, heads, count, head_width)
        kept = self._cache[number].index_copy_(2, view.own, turned[1:])  # (2, heads, slots, head_width)
        y = functional.scaled_dot_product_attention(turned[:1], kept[:1], kept[1:], attn_mask=view.hidden)[0]
        return y.transpose(0, 1).reshape(count, shape.width)

    def _normed(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, (self._shape.width,), None, self._eps).to(self._dtype)

    def _taken(self, weight: Tensor) -> Tensor:
        return weight.to(self._device, self._dtype, copy=True)

    def _layer(self, block: Block) -> _Layer:
        qkv = (block.qkv.weight * block.attention_norm.weight).view(3, self._shape.heads, 2, -1, self._shape.width)
        qk = qkv[:2].transpose(2, 3)  # from (left half, right half) of a head to pairs
        return _Layer(
            qkv=self._taken(torch.cat((qk.flatten(0, 3), qkv[2].flatten(0, 2)))),
            out=self._taken(block.out.weight),
            up=self._taken(block.up.weight * block.feedforward_norm.weight),
            down=self._taken(block.down.weight),
        )
