"""Ids in, ids out. This room knows no MIDI, no session and no tokenizer."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from livecomposer.model.sampling import MaskPolicy, Sampling

__all__ = ["Engine", "common_prefix"]


class Engine(Protocol):
    """What every backend offers. Logits are float32 (V,), for the id after the last one fed."""

    largest_chunk: int
    """Most ids that are computed at once."""
    beat: Callable[[], None]
    """Called between the chunks of a long feed, so that whoever waits for it knows that it goes on."""

    @property
    def position(self) -> int:
        """How many ids have been taken in."""
        ...

    def feed(self, ids: Sequence[int]) -> int:
        """Make ``ids`` (at least one) all that was taken in; returns how many of them had to be computed."""
        ...

    def set_mode(self, mode: int) -> None:
        """Forget everything, and take in what follows as told of that way of playing."""
        ...

    def rewind(self, position: int) -> None:
        """Forget everything from ``position`` (1 to the present one) on; :class:`ValueError` for any other."""
        ...

    def logits(self) -> npt.NDArray[np.float32]:
        """For the next id; :class:`ValueError` before anything was taken in."""
        ...

    def draw(
        self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float, policy: MaskPolicy | None = None
    ) -> int:
        """The next id, not yet taken in."""
        ...

    def advance(self, id_: int) -> None:
        """Take in one more id."""
        ...


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many ids ``a`` and ``b`` have in common from the start."""
    shorter = min(len(a), len(b))
    if a[:shorter] == b[:shorter]:  # the usual case, at the speed of C
        return shorter
    return next((i for i in range(shorter) if a[i] != b[i]), shorter)
