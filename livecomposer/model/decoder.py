"""A decoder-only Transformer with rotary positions and sliding-window attention.

Pre-norm residual blocks (Radford et al. 2019) with RMSNorm (Zhang & Sennrich 2019), rotary position embedding (Su et
al. 2021, section 3.2), squared ReLU (So et al. 2021, "Primer") and an output layer tied to the embedding (Press & Wolf
2017). Every token sees itself and the ``window - 1`` tokens before it (Beltagy et al. 2020, section 3.1): rotary
positions depend on distance alone, so dropping the oldest cached entry while playing is exactly what training saw.

This module computes whole sequences: for training, and as the reference that every faster path is held to.
"""

from dataclasses import MISSING, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["POSITIONS", "Block", "Decoder", "Network", "Shape", "rotary", "rotate"]

ROTARY_BASE = 10_000.0
POSITIONS = ("rope", "absolute", "relative", "xl", "alibi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What makes two networks interchangeable; saved beside the weights.

    An LSTM has no use for ``heads``, ``hidden`` and what follows ``architecture``; GPT-2 none for the latter.
    """

    vocabulary: int  # number of ids
    layers: int
    width: int  # channels of the residual stream
    heads: int  # width / heads must be even, for the rotation
    window: int  # tokens a token sees, itself included
    hidden: int  # channels inside the feed-forward
    modes: int = 0  # ways of playing that are told apart; 0: none are
    architecture: str = "transformer"  # or lstm, gpt2
    positions: str = "rope"  # or absolute, relative, xl, alibi
    shared: bool = False  # whether all layers have one table of relative positions
    residual: bool = False  # whether each layer's attention scores are added to the next one's

    @property
    def head_width(self) -> int:
        """Channels of one head."""
        return self.width // self.heads

    @property
    def name(self) -> str:
        """``lstm``, ``gpt2``, or a Transformer's position scheme."""
        return self.positions if self.architecture == "transformer" else self.architecture

    def fault(self, *, largest: int = 2**31) -> str:
        """What no network can be built with, in a few words; nothing if all is well. No size is above ``largest``."""
        sizes = {one.name: getattr(self, one.name) for one in fields(self) if one.type is int}
        for name, size in sizes.items():
            if type(size) is not int or not (name == "modes" or size > 0) or not 0 <= size <= largest:
                return f"{name} = {size!r}, wanted a whole number of at least {int(name != 'modes')}"
        if self.architecture == "lstm":
            return ""
        if self.architecture == "gpt2" and self.width % self.heads:
            return f"width = {self.width} with {self.heads} heads, wanted as many channels in each"
        if self.architecture == "gpt2":
            return f"window = {self.window}, wanted an even one where positions are absolute" if self.window % 2 else ""
        if self.architecture != "transformer" or self.positions not in POSITIONS:
            return f"{self.name!r}, wanted lstm, gpt2, or positions of {', '.join(POSITIONS)}"
        return self._misfit()

    def _misfit(self) -> str:
        """What does not go together in a Transformer."""
        if self.width % (2 * self.heads):
            return f"width = {self.width} with {self.heads} heads, wanted an even number of channels a head"
        if self.positions == "absolute" and self.window % 2:
            return f"window = {self.window}, wanted an even one where positions are absolute"
        if type(self.shared) is not bool or type(self.residual) is not bool:
            return f"shared = {self.shared!r}, residual = {self.residual!r}, wanted true or false"
        if self.residual and self.positions == "rope":
            return "residual attention with rope, which has none; wanted other positions"
        return ""

    def written(self) -> dict[str, Any]:
        """What must be written down to have it again: fields with a default only where they differ from it."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        optional = {one.name: one.default for one in fields(self) if one.default is not MISSING and one.name != "modes"}
        return {name: value for name, value in values.items() if value != optional.get(name, MISSING)}


class Network(nn.Module):
    """What every network here is: ids in, logits over the next id out, through one embedding."""

    shape: Shape
    embedding: nn.Embedding
    norm: nn.RMSNorm
    modes: nn.Embedding | None

    def embedding_in(self, mode: int) -> Tensor:
        """What each id (vocabulary, width) is read as in ``mode``; without modes, in any."""
        weight = self.embedding.weight
        return weight if self.modes is None else weight + self.modes.weight[min(mode, self.shape.modes - 1)]

    def embedded(self, ids: Tensor, modes: Tensor | None) -> Tensor:
        """(B, T, width): a mode is a vector added to every token's embedding, so that no window ever loses it."""
        x: Tensor = self.embedding(ids)
        if self.modes is None:
            return x
        return x + self.modes(ids.new_zeros(len(ids)) if modes is None else modes)[:, None]  # type: ignore[no-any-return]

    def logits(self, x: Tensor) -> Tensor:
        """(…, width) to (…, vocabulary), through the tied embedding."""
        return functional.linear(self.norm(x), self.embedding.weight)


def rotary(positions: Tensor, head_width: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines, each float32 (T, head_width / 2), for absolute ``positions`` (T,).

    Angles are taken in float64, so that positions hours into a set keep their precision.
    """
    exponents = torch.arange(0, head_width, 2, dtype=torch.float64, device=positions.device) / head_width
    angles = positions.to(torch.float64)[:, None] * ROTARY_BASE**-exponents
    return angles.cos().float(), angles.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (x[i], x[i + half]) of the last axis of ``x`` (…, T, head_width) by its position's angle."""
    left, right = x.chunk(2, dim=-1)
    return torch.cat((left * cos - right * sin, left * sin + right * cos), dim=-1).to(x.dtype)


class Block(nn.Module):
    """Attention, then feed-forward, each added to the stream after normalisation."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attention_norm = nn.RMSNorm(shape.width, eps=1e-5)
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.feedforward_norm = nn.RMSNorm(shape.width, eps=1e-5)
        self.up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None) -> Tensor:
        """(B, T, width) to the same."""
        x = x + self.out(self._attend(self.attention_norm(x), cos, sin, mask))
        return x + self.feedforward(x)

    def _attend(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None) -> Tensor:
        batch, length, width = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, T, head_width)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        y = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        return y.transpose(1, 2).reshape(batch, length, width)

    def feedforward(self, x: Tensor) -> Tensor:
        """The feed-forward branch alone: (…, width) to the same."""
        hidden: Tensor = functional.relu(self.up(self.feedforward_norm(x))).square()
        return self.down(hidden)  # type: ignore[no-any-return]


class Decoder(Network):
    """The Transformer: ids to logits over the next id."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=1e-5)
        self.modes = nn.Embedding(shape.modes, shape.width) if shape.modes else None
        self._initialise()

    def _initialise(self) -> None:
        nn.init.normal_(self.embedding.weight, std=0.02)
        for name, weight in self.named_parameters():
            if name.endswith(("out.weight", "down.weight", "modes.weight")):
                nn.init.zeros_(weight)  # each block starts as the identity, each mode as no difference
            elif weight.dim() == 2 and not name.startswith("embedding"):
                nn.init.normal_(weight, std=self.shape.width**-0.5)

    def forward(self, ids: Tensor, modes: Tensor | None = None) -> Tensor:
        """Logits (B, T, vocabulary) for int64 ids (B, T) played in ``modes`` (B,), 0 if not told.

        T may exceed the window.
        """
        length = ids.shape[1]
        cos, sin = rotary(torch.arange(length, device=ids.device), self.shape.head_width)
        mask = None if length <= self.shape.window else self._window_mask(length, ids.device)
        x = self.embedded(ids, modes)
        for block in self.blocks:
            x = block(x, cos, sin, mask)
        return self.logits(x)

    def _window_mask(self, length: int, device: torch.device) -> Tensor:
        at = torch.arange(length, device=device)
        distance = at[:, None] - at[None, :]
        return (distance >= 0) & (distance < self.shape.window)  # (T, T): True where row may see column
