"""GPT-2 (Radford et al. 2019) as Hugging Face has it, for comparison: the same interface around their code.

Embedding and last norm are theirs too, and the output is tied to the embedding, as in ``GPT2LMHeadModel``; without
dropout, as no other network here has any. ``window`` is their ``n_positions``, ``hidden`` their ``n_inner``. Learned
absolute positions are bounded by re-basing, as :mod:`livecomposer.model.variants` describes it.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from livecomposer.errors import EngineError
from livecomposer.model.decoder import Network, Shape

__all__ = ["Gpt2"]


class Gpt2(Network):
    """Ids to logits; ``window`` must be even. Raises :class:`EngineError` where transformers is not installed."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        try:
            from transformers import GPT2Config, GPT2Model
        except ImportError as error:
            raise EngineError("transformers is not installed; pip install 'livecomposer[research]'") from error
        sizes: dict[str, Any] = {"n_layer": shape.layers, "n_embd": shape.width, "n_head": shape.heads}
        sizes |= {"n_inner": shape.hidden, "vocab_size": shape.vocabulary, "n_positions": shape.window}
        without: dict[str, Any] = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
        body: Any = GPT2Model(GPT2Config(**sizes, **without, bos_token_id=None, eos_token_id=None))
        self.shape = shape
        self.embedding, body.wte = body.wte, None  # each weight once; embedded ids are what the body is given
        self.norm, body.ln_f = body.ln_f, nn.Identity()
        self.body = body
        self.modes = nn.Embedding(shape.modes, shape.width) if shape.modes else None
        if self.modes is not None:
            nn.init.zeros_(self.modes.weight)

    def forward(self, ids: Tensor, modes: Tensor | None = None) -> Tensor:
        """Logits (B, T, vocabulary) for int64 ids (B, T) played in ``modes`` (B,), 0 if not told.

        T may exceed the window: every half window after the first window is computed in a window of its own.
        """
        x, window, half = self.embedded(ids, modes), self.shape.window, self.shape.window // 2
        rows, length, width = x.shape
        if length <= window:
            return self.logits(self.after(None, x))
        further = -(-(length - window) // half)
        padded = functional.pad(x, (0, 0, 0, window + further * half - length))
        windows = padded.unfold(1, window, half).transpose(2, 3).reshape(-1, window, width)
        done = self.after(None, windows).view(rows, 1 + further, window, width)
        return self.logits(torch.cat((done[:, 0], done[:, 1:, half:].flatten(1, 2)), dim=1)[:, :length])

    def after(self, past: Any, x: Tensor) -> Tensor:
        """The stream (B, n, width) after all layers for embedded ids behind ``past``, Hugging Face's cache, or none.

        The cache takes in what is computed; with it, no more than a window may be.
        """
        y: Tensor = self.body(inputs_embeds=x, cache=past, use_cache=past is not None).last_hidden_state
        return y
