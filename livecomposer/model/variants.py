"""Transformers that differ from :class:`livecomposer.model.decoder.Decoder` in how positions are told, for comparison.

Blocks, norms, tied embedding and sliding window are the default's; attention is written out. Two more choices:

- ``xl`` learns as Transformer-XL does (Dai et al. 2019, section 3.2): a long cut is taken in segments of one window,
  each of which sees the one before through a memory that no gradient enters. What comes out is what a sliding window
  gives; only what is learned differs.
- ``residual`` adds each layer's scores to the next one's (He et al. 2021, "RealFormer", section 3).

``absolute`` positions are bounded by *re-basing*: once a window is full, its younger half becomes the older half of the
next one and is computed anew from position 0 on. So a token sees between half a window and a whole one.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from livecomposer.model.decoder import Block, Decoder, Network, Shape
from livecomposer.model.gpt2 import Gpt2
from livecomposer.model.lstm import Recurrent
from livecomposer.model.positions import Scheme, scheme_of

__all__ = ["Variant", "base_of", "build"]


def base_of(position: int, window: int) -> int:
    """Where the window begins that a token at ``position`` is computed in, where positions are absolute."""
    half = window // 2
    return 0 if position < window else ((position - window) // half + 1) * half


class Variant(Decoder):
    """Ids to logits; ``window`` must be even where positions are absolute."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.schemes = nn.ModuleList(scheme_of(shape) for _ in range(1 if shape.shared else shape.layers))
        self.places = None
        if shape.positions == "absolute":
            self.places = nn.Embedding(shape.window, shape.width)
            nn.init.normal_(self.places.weight, std=0.02)

    def forward(self, ids: Tensor, modes: Tensor | None = None) -> Tensor:
        """Logits (B, T, vocabulary) for int64 ids (B, T) played in ``modes`` (B,), 0 if not told."""
        x = self.embedded(ids, modes)
        if self.places is not None:
            return self.logits(self._rebased(x, self.places.weight))
        at_once = self.shape.window if self.shape.positions == "xl" else ids.shape[1]
        memory, outputs = self.no_memory(len(ids)), []
        for segment in torch.split(x, at_once, dim=1):
            output, memory = self.after(memory, segment)
            outputs.append(output)
        return self.logits(torch.cat(outputs, dim=1))

    def no_memory(self, rows: int) -> list[Tensor]:
        """What each layer remembers of ``rows`` pieces before their first token."""
        return [self.embedding.weight.new_zeros(rows, 0, self.shape.width) for _ in self.blocks]

    def after(self, memory: list[Tensor], x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The stream (B, n, width) after all layers, behind ``memory``, each layer's input (B, m, width) before it.

        Also the memory for what comes next, up to a window less one token of it, without gradient.
        """
        kept, scores, window = [], None, self.shape.window
        length, past = x.shape[1], memory[0].shape[1]
        mask = self.mask(length, past + length, x.device)
        for layer, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            seen = torch.cat((memory[layer], block.attention_norm(x)), dim=1)
            kept.append(seen[:, max(0, past + length - window + 1) :].detach())
            query, key_value = torch.split(block.qkv.weight, [self.shape.width, 2 * self.shape.width])
            q = self._by_head(functional.linear(seen[:, past:], query))
            k, v = self._by_head(functional.linear(seen, key_value)).chunk(2, dim=1)
            y, scores = self.attend(layer, (q, k, v), mask=mask, before=scores)
            x = x + block.out(y)
            x = x + block.feedforward(x)
        return x, kept

    def attend(
        self, layer: int, qkv: tuple[Tensor, Tensor, Tensor], *, mask: Tensor | None, before: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """What the queries (B, heads, n, head_width) find, (B, n, width), and the scores, for the next layer.

        Keys and values: (B, heads, m, head_width), the queries' own last. ``before``: the scores of the layer below.
        """
        q, k, v = qkv
        scheme = self.schemes[layer % len(self.schemes)]
        assert isinstance(scheme, Scheme)
        scores = scheme.scores(q, k)
        if self.shape.residual and before is not None:
            scores = scores + before
        seen = scores if mask is None else scores.masked_fill(~mask, float("-inf"))
        y = seen.softmax(dim=-1) @ v
        return y.transpose(1, 2).flatten(2), scores

    def mask(self, count: int, places: int, device: torch.device) -> Tensor:
        """(count, places) True where one of the last ``count`` places may see a place."""
        at = torch.arange(places, device=device)
        distance = at[places - count :, None] - at[None, :]
        return (distance >= 0) & (distance < self.shape.window)

    def _by_head(self, x: Tensor) -> Tensor:
        """(B, n, parts * width) to (B, parts * heads, n, head_width)."""
        return x.view(*x.shape[:2], -1, self.shape.head_width).transpose(1, 2)

    def _rebased(self, x: Tensor, places: Tensor) -> Tensor:
        """(B, T, width): every half window after the first window in a window of its own, all at once."""
        rows, length, width = x.shape
        window, half = self.shape.window, self.shape.window // 2
        if length <= window:
            return self.after(self.no_memory(rows), x + places[:length])[0]
        further = -(-(length - window) // half)
        padded = functional.pad(x, (0, 0, 0, window + further * half - length))
        windows = padded.unfold(1, window, half).transpose(2, 3).reshape(-1, window, width)
        done = self.after(self.no_memory(len(windows)), windows + places)[0].view(rows, 1 + further, window, width)
        return torch.cat((done[:, 0], done[:, 1:, half:].flatten(1, 2)), dim=1)[:, :length]


def build(shape: Shape) -> Network:
    """A fresh network of any architecture; :class:`ValueError` for one that is unknown, else what it raises itself."""
    if shape.architecture == "lstm":
        return Recurrent(shape)
    if shape.architecture == "gpt2":
        return Gpt2(shape)
    if shape.architecture != "transformer":
        raise ValueError(f"architecture {shape.architecture!r}; wanted transformer, lstm or gpt2")
    return Decoder(shape) if shape.positions == "rope" else Variant(shape)
