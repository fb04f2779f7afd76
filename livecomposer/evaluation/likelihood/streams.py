"""Forward passes taken chunk after chunk, for pieces of any length in constant memory: one for each architecture."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from livecomposer.model.decoder import Block, Decoder, Network, rotary, rotate
from livecomposer.model.gpt2 import Gpt2
from livecomposer.model.lstm import Recurrent, State
from livecomposer.model.variants import Variant, base_of

__all__ = ["Stream", "stream_of"]

Stream = Callable[[Tensor], Tensor]
"""Logits (count, vocabulary) after each of the next ids (count,), in the mode of those who play in turn."""


def stream_of(network: Network) -> Stream:
    """A new piece; :class:`TypeError` for a network of another kind."""
    match network:
        case Recurrent():
            return _Carried(network)
        case Variant(places=None):
            return _Remembered(network)
        case Variant() | Gpt2():
            return _Rebased(network)
        case Decoder():
            return _Rotary(network)
    raise TypeError(f"{type(network).__name__}, wanted a network of livecomposer.model")


class _Carried:
    """The LSTM's state is carried on."""

    def __init__(self, network: Recurrent) -> None:
        self.network = network
        self.state: State | None = None

    def __call__(self, ids: Tensor) -> Tensor:
        x = functional.embedding(ids, self.network.embedding_in(0))
        logits, self.state = self.network.after(self.state, x[None])
        return logits[0]


class _Remembered:
    """What a layer read of the last ``window - 1`` tokens is carried on."""

    def __init__(self, network: Variant) -> None:
        self.network = network
        self.memory = network.no_memory(1)

    def __call__(self, ids: Tensor) -> Tensor:
        x = functional.embedding(ids, self.network.embedding_in(0))
        y, self.memory = self.network.after(self.memory, x[None])
        return self.network.logits(y[0])


class _Rebased:
    """The ids of the window that the next token falls in are kept, and computed again."""

    def __init__(self, network: Variant | Gpt2) -> None:
        self.network = network
        self.held: Tensor | None = None

    def __call__(self, ids: Tensor) -> Tensor:
        line = ids if self.held is None else torch.cat((self.held, ids))
        self.held = line[base_of(len(line), self.network.shape.window) :]
        logits: Tensor = self.network(line[None])[0, len(line) - len(ids) :]
        return logits


class _Rotary:
    """A decoder's forward pass, chunk after chunk: keys and values of the last ``window - 1`` tokens are carried on."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        shape, nothing = decoder.shape, decoder.embedding.weight.new_zeros(0)
        self.position = 0
        self.past = [nothing.view(2, shape.heads, 0, shape.head_width) for _ in decoder.blocks]

    def __call__(self, ids: Tensor) -> Tensor:
        """(count, vocabulary), after each of the next ``ids`` (count,)."""
        positions = torch.arange(self.position, self.position + len(ids), device=ids.device)
        turn = rotary(positions, self.decoder.shape.head_width)
        x = functional.embedding(ids, self.decoder.embedding_in(0))  # (count, width)
        for layer, block in enumerate(self.decoder.blocks):
            assert isinstance(block, Block)
            x = x + block.out(self._attend(layer, block, x, turn))
            x = x + block.feedforward(x)
        self.position += len(ids)
        return self.decoder.logits(x)

    def _attend(self, layer: int, block: Block, x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        shape = self.decoder.shape
        qkv = block.qkv(block.attention_norm(x)).view(-1, 3, shape.heads, shape.head_width).permute(1, 2, 0, 3)
        q, k = rotate(qkv[:2], *turn)  # each (heads, count, head_width)
        seen = torch.cat((self.past[layer], torch.stack((k, qkv[2]))), dim=2)  # (2, heads, past + count, head_width)
        self.past[layer] = seen[:, :, max(0, seen.shape[2] - shape.window + 1) :]
        columns = torch.arange(seen.shape[2], device=x.device)
        distance = columns[-len(x) :, None] - columns[None, :]
        mask = (distance >= 0) & (distance < shape.window)  # (count, past + count): True where row may see column
        y = functional.scaled_dot_product_attention(q[None], seen[None, 0], seen[None, 1], attn_mask=mask)[0]
        return y.transpose(0, 1).reshape(-1, shape.width)
