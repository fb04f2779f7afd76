"""The slow, obvious engine: every answer comes from a forward pass over all ids. What every other one is held to."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from livecomposer.engine import common_prefix
from livecomposer.model.decoder import Network
from livecomposer.model.sampling import MaskPolicy, Sampling, sample

__all__ = ["ReferenceEngine"]


class ReferenceEngine:
    """As :class:`livecomposer.engine.Engine` says; memory and time grow with the ids."""

    def __init__(self, decoder: Network, *, mode: int = 0) -> None:
        self._mode = torch.tensor([mode])
        self._decoder = decoder
        self._ids: list[int] = []

    def set_mode(self, mode: int) -> None:
        """Forget everything, and take in what follows as told of that way of playing."""
        self._mode, self._ids = torch.tensor([mode]), []

    @property
    def position(self) -> int:
        """How many ids have been taken in."""
        return len(self._ids)

    def feed(self, ids: Sequence[int]) -> int:
        """Take ``ids`` instead of what was there."""
        if not ids:
            raise ValueError("no id to feed; wanted at least one")
        common = common_prefix(self._ids, list(ids))
        self._ids = list(ids)
        return len(ids) - common

    def rewind(self, position: int) -> None:
        """Forget everything from ``position`` (1 to the present one) on."""
        if not 1 <= position <= len(self._ids):
            raise ValueError(f"rewind to {position}; wanted 1 to {len(self._ids)}")
        del self._ids[position:]

    @torch.inference_mode()
    def logits(self) -> npt.NDArray[np.float32]:
        """For the next id, (V,)."""
        if not self._ids:
            raise ValueError("nothing was fed; wanted at least one id")
        result: npt.NDArray[np.float32] = self._decoder(torch.tensor([self._ids]), self._mode)[0, -1].numpy()
        return result

    def draw(
        self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float, policy: MaskPolicy | None = None
    ) -> int:
        """The next id, not yet taken in."""
        return sample(self.logits(), mask, sampling, chance, policy)

    def advance(self, id_: int) -> None:
        """Take in one more id."""
        self._ids.append(id_)
