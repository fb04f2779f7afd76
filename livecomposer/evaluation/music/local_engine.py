"""An engine in this very process, asked as a session asks its engine's process: for offline playing at full speed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from livecomposer.engine import Engine, common_prefix
from livecomposer.engine.backends import open_engine
from livecomposer.model import checkpoint
from livecomposer.model.sampling import MaskPolicy, Sampling
from livecomposer.tokens.vocabulary import VOCABULARY

__all__ = ["AppendingEngine", "LocalEngine"]


class LocalEngine:
    """``engine`` behind awaitable methods that never wait; ``policy`` as the live session's."""

    def __init__(self, engine: Engine, policy: MaskPolicy | None = None) -> None:
        self.engine = engine
        self._policy = policy

    @classmethod
    def open(cls, folder: Path, *, mode: int, device: str, precision: str, threads: int, policy: MaskPolicy) -> Self:
        """With the checkpoint in ``folder``, told the way of playing ``mode``.

        Raises :class:`CheckpointError` or :class:`EngineError`.
        """
        decoder = checkpoint.load(folder, fingerprint=VOCABULARY.fingerprint)
        engine, _ = open_engine(decoder, mode=mode, device=device, precision=precision, threads=threads)
        return cls(engine, policy)

    async def feed(self, ids: Sequence[int]) -> int:
        """Take in ``ids``; how many had to be computed."""
        return self.engine.feed(ids)

    async def step(self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float) -> int:
        """Draw the next id and take it in."""
        id_ = self.engine.draw(mask, sampling, chance, self._policy)
        self.engine.advance(id_)
        return id_


class AppendingEngine:
    """A mind that cannot rewind: what was planned and then cut stays in what it remembers, before the key that cut it.

    It starts anew where it is given something that begins otherwise.
    """

    def __init__(self, mind: LocalEngine) -> None:
        self._mind = mind
        self._given: list[int] = []  # what was last given and drawn
        self._remembered: list[int] = []

    async def feed(self, ids: Sequence[int]) -> int:
        """Take in what of ``ids`` goes beyond what they share with those known; how many had to be computed."""
        shared = common_prefix(self._given, ids)
        anew = shared <= 1  # BOS alone, or nothing
        self._remembered = list(ids) if anew else self._remembered + list(ids[shared:])
        self._given = list(ids)
        return await self._mind.feed(self._remembered)

    async def step(self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float) -> int:
        """Draw the next id and take it in."""
        id_ = await self._mind.step(mask, sampling, chance)
        self._given.append(id_)
        self._remembered.append(id_)
        return id_
