"""What every engine with a cache has in common: which ids it holds, and which of them must be computed."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from livecomposer.engine import common_prefix
from livecomposer.engine.ring import Ring
from livecomposer.model.decoder import Network
from livecomposer.model.sampling import MaskPolicy, Sampling, sample

__all__ = ["CachedEngine", "ModuleEngine"]

_N = TypeVar("_N", bound=Network)


def _ways_of(network: Network) -> list[Tensor]:
    """What each id (vocabulary, width) is read as in each mode, one table a mode: float32, on the CPU, copied."""
    modes = range(max(1, network.shape.modes))
    return [network.embedding_in(mode).detach().to("cpu", torch.float32, copy=True) for mode in modes]


class CachedEngine:
    """As :class:`livecomposer.engine.Engine` says, in constant memory.

    A backend adds :meth:`_take_in`, and its ``_embedding`` (or :meth:`_read_as`).

    A rewind within about two windows is a move of the position. A deeper one, or a feed of more, computes the last
    ``(layers + 1) * window`` ids anew, which is exact, since nothing further back reaches the last window of them.
    """

    largest_chunk = 256
    """Most ids that are computed at once."""

    @torch.inference_mode()
    def __init__(self, network: Network) -> None:
        self._shape = shape = network.shape
        self._ring = Ring(window=shape.window, layers=shape.layers)
        self._ids: list[int] = []
        self._logits: npt.NDArray[np.float32] | None = None
        self._ways = _ways_of(network)
        self._embedding: Tensor
        self.beat: Callable[[], None] = lambda: None

    @property
    def position(self) -> int:
        """How many ids have been taken in."""
        return len(self._ids)

    def feed(self, ids: Sequence[int]) -> int:
        """Make ``ids`` all that was taken in; returns how many of them had to be computed."""
        ids = list(ids)
        if not ids:
            raise ValueError("no id to feed; wanted at least one")
        common = common_prefix(self._ids, ids)
        if common == len(ids) == len(self._ids) and self._logits is not None:
            return 0
        start = self._rewound(min(common, len(ids) - 1), len(ids))
        self._ids, self._logits = ids[:start], None
        chunk = min(self.largest_chunk, self._shape.window)
        for at in range(start, len(ids), chunk):
            if at > start:
                self.beat()
            self._compute(ids[at : at + chunk])
        return len(ids) - start

    def set_mode(self, mode: int) -> None:
        """Forget everything, and take in what follows as told of that way of playing."""
        self._ids, self._logits = [], None
        self._ring.reset()
        self._read_as(self._ways[min(mode, len(self._ways) - 1)])

    def rewind(self, position: int) -> None:
        """Forget everything from ``position`` (1 to the present one) on."""
        if not 1 <= position <= len(self._ids):
            raise ValueError(f"rewind to {position}; wanted 1 to {len(self._ids)}")
        self.feed(self._ids[:position])

    def logits(self) -> npt.NDArray[np.float32]:
        """For the next id, (V,)."""
        if self._logits is None:
            raise ValueError("nothing was fed; wanted at least one id")
        return self._logits

    def draw(
        self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float, policy: MaskPolicy | None = None
    ) -> int:
        """The next id, not yet taken in."""
        return sample(self.logits(), mask, sampling, chance, policy)

    def advance(self, id_: int) -> None:
        """Take in one more id."""
        self._compute([id_])

    def _compute(self, ids: Sequence[int]) -> None:
        logits = self._take_in(ids)
        self._ring.position += len(ids)
        self._ids += ids  # only now: an id that fails leaves the engine as it was
        self._logits = logits

    @torch.inference_mode()
    def _read_as(self, embedding: Tensor) -> None:
        """Read each id as that row of ``embedding`` (vocabulary, width) from now on."""
        self._embedding.copy_(embedding)

    def _take_in(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """Compute keys and values of ``ids`` at the ring's position; the logits (V,) after the last, in new memory.

        Raises :class:`IndexError` for an id that is none, before anything changes.
        """
        raise NotImplementedError

    def _rewound(self, common: int, length: int) -> int:
        """Where computing must start so that all ``length`` ids are taken in, with the ring put there."""
        anew = max(0, length - (self._shape.layers + 1) * self._shape.window)
        if common >= anew and self._ring.can_rewind(common):
            self._ring.position = common
            return common
        self._ring.reset(anew)
        return anew


class ModuleEngine(CachedEngine, Generic[_N]):
    """Computes by the modules of ``network``, of which it keeps a copy on ``device``."""

    @torch.inference_mode()
    def __init__(self, network: _N, *, mode: int = 0, device: str = "cpu") -> None:
        super().__init__(network)
        self._network = deepcopy(network).to(device).eval()
        self._embedding = self._network.embedding_in(mode).clone()

    def _embedded(self, ids: Sequence[int]) -> Tensor:
        """The rows (count, width) that ``ids`` are read as."""
        return functional.embedding(torch.tensor(ids, device=self._embedding.device), self._embedding)
