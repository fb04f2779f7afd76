"""The engine for an LSTM: its state is all it needs, and snapshots of it are what it can go back to."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from livecomposer.engine.cached import ModuleEngine
from livecomposer.model.lstm import Recurrent, State

__all__ = ["RecurrentEngine"]


class RecurrentEngine(ModuleEngine[Recurrent]):
    """As :class:`livecomposer.engine.Engine` says, exactly, however deep a rewind. Copies the weights of ``network``.

    A snapshot is kept every ``every`` ids, so that a rewind computes at most so many before it goes on. Once there are
    ``most`` of them every second one is dropped, and from then on they are kept half as often: 64 ids apart for the
    first 65,536 ids, which is over an hour of music, 128 up to twice as many.
    """

    every = 64
    most = 1024

    @torch.inference_mode()  # flattening writes to parameters that were copied in it
    def __init__(self, network: Recurrent, *, mode: int = 0, device: str = "cpu") -> None:
        super().__init__(network, mode=mode, device=device)
        self._network.lstm.flatten_parameters()
        self._state: State | None = None
        self._snapshots: list[tuple[int, State | None]] = [(0, None)]  # the state behind so many ids

    def set_mode(self, mode: int) -> None:
        """Forget everything, and take in what follows as told of that way of playing."""
        super().set_mode(mode)
        self._state, self._snapshots = None, [(0, None)]

    @torch.inference_mode()
    def _take_in(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        x = self._embedded(ids)
        begin = self._ring.position
        cuts = [at - begin for at in range(begin, begin + len(ids)) if at % self.every == 0 and at > begin]
        for part in torch.tensor_split(x, cuts):
            self._keep(begin)
            logits, self._state = self._network.after(self._state, part[None])
            begin += len(part)
        result: npt.NDArray[np.float32] = logits[0, -1].cpu().numpy()
        return result

    def _keep(self, position: int) -> None:
        """Keep the state behind ``position`` ids, if it is time."""
        if position % self.every == 0 and position > self._snapshots[-1][0]:
            self._snapshots.append((position, self._state))
            if len(self._snapshots) > self.most:
                self.every *= 2
                del self._snapshots[1::2]

    def _rewound(self, common: int, length: int) -> int:
        del length
        if common != self.position:
            del self._snapshots[bisect_right(self._snapshots, common, key=lambda kept: kept[0]) :]
            common, self._state = self._snapshots[-1]
        self._ring.reset(common)
        return common
