"""An LSTM (Hochreiter & Schmidhuber 1997; with a forget gate, Gers et al. 2000) in the Transformer's place.

Embedding, norm and tied output are the Transformer's, so that what is compared is what lies between.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from livecomposer.model.decoder import Network, Shape

__all__ = ["Recurrent", "State"]

State = tuple[Tensor, Tensor]
"""Outputs and cells, each (layers, B, width)."""


class Recurrent(Network):
    """Ids to logits over the next id; ``width`` channels in every layer, and no window: it forgets what it will."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.lstm = nn.LSTM(shape.width, shape.width, shape.layers, batch_first=True)
        self.norm = nn.RMSNorm(shape.width, eps=1e-5)
        self.modes = nn.Embedding(shape.modes, shape.width) if shape.modes else None
        self._initialise()

    def _initialise(self) -> None:
        nn.init.normal_(self.embedding.weight, std=0.02)
        if self.modes is not None:
            nn.init.zeros_(self.modes.weight)
        with torch.no_grad():
            for name, weight in self.lstm.named_parameters():
                if name.startswith("bias"):
                    nn.init.zeros_(weight)
                    if name.startswith("bias_hh"):
                        weight[self.shape.width : 2 * self.shape.width] = 1.0  # remember, at first (Gers et al. 2000)
                else:
                    nn.init.normal_(weight, std=self.shape.width**-0.5)

    def forward(self, ids: Tensor, modes: Tensor | None = None) -> Tensor:
        """Logits (B, T, vocabulary) for int64 ids (B, T) played in ``modes`` (B,), 0 if not told."""
        return self.after(None, self.embedded(ids, modes))[0]

    def after(self, state: State | None, x: Tensor) -> tuple[Tensor, State]:
        """Logits (B, T, vocabulary) for embedded ids (B, T, width) behind ``state``, and the state behind them."""
        x = functional.rms_norm(x, x.shape[-1:], eps=1e-5)  # tied embeddings are small; gates want more
        y, state = self.lstm(x, state)
        return self.logits(y), state
