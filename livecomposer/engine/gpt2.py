"""The engine for Hugging Face's GPT-2: their cache, re-based as absolute positions need it. One sequence, float32."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from livecomposer.engine.cached import ModuleEngine
from livecomposer.engine.variants import Rebasing
from livecomposer.model.gpt2 import Gpt2

__all__ = ["Gpt2Engine"]


class Gpt2Engine(Rebasing, ModuleEngine[Gpt2]):
    """As :class:`livecomposer.engine.Engine` says, in constant memory. Copies the weights of ``network``.

    Within the present window a rewind crops the cache; a deeper one computes at most a window anew.
    """

    def __init__(self, network: Gpt2, *, mode: int = 0, device: str = "cpu") -> None:
        super().__init__(network, mode=mode, device=device)
        self._past: Any = None

    @torch.inference_mode()
    def _take_in(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        y = self._network.after(self._cropped(self._ring.position - self._base), self._embedded(ids)[None])
        logits: npt.NDArray[np.float32] = self._network.logits(y[0, -1]).cpu().numpy()
        return logits

    def _cropped(self, length: int) -> Any:
        """The cache of the first ``length`` tokens of the present window."""
        from transformers import DynamicCache

        if self._past is None or not length:
            self._past = DynamicCache()
        elif self._past.get_seq_length() > length:
            self._past.crop(length - self._past.get_seq_length())
        return self._past
