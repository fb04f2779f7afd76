"""Climbs the ladder in a live session: looks twice a second, tells the performer, and has what changes changed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from livecomposer.engine.client import EngineClient
from livecomposer.errors import LivecomposerError
from livecomposer.session.timing.overload_ladder import LadderStep, Load, OverloadLadder
from livecomposer.settings import Settings, changed
from livecomposer.weights.checkpoint_folder import model_folder

__all__ = ["Adaptable", "OverloadControl", "Stage"]

WINDOW_SECONDS = 0.5


class Adaptable(Protocol):
    """What takes other settings while it plays."""

    def adapt(self, settings: Settings) -> None:
        """Play with ``settings`` from now on."""
        ...


class Stage(Protocol):
    """Where it plays: a session."""

    def announce(self, line: str) -> None:
        """Tell the performer."""
        ...

    async def play_with(self, engine: EngineClient) -> None:
        """Put ``engine`` in the place of the one that plays."""
        ...


class OverloadControl:
    """Runs beside a session, until cancelled.

    ``open_engine`` starts an engine with the model it is given. A model that does not come up is told; a smaller one
    is then never tried again.
    """

    def __init__(
        self,
        ladder: OverloadLadder,
        health: Load,
        duet: Adaptable,
        stage: Stage,
        *,
        open_engine: Callable[[str], Awaitable[EngineClient]],
    ) -> None:
        self._ladder = ladder
        self._health = health
        self._duet = duet
        self._stage = stage
        self._open_engine = open_engine
        self._model = ladder.settings.model
        self._swapping = asyncio.Lock()

    async def run(self) -> None:
        """Look at one window after the other."""
        while True:
            await asyncio.sleep(WINDOW_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Judge the window that has passed."""
        change = self._ladder.judge(self._health.take())
        if change is not None:
            await self._make(change)

    async def choose(self, model: str) -> str:
        """Play with ``model``, which starts beside the one that plays; a line that says so.

        Raises :class:`CheckpointError` and :class:`EngineError`, and then nothing has changed.
        """
        await self._swap(model)
        self._ladder.settings = changed(self._ladder.settings, {"model": model})
        return f"the companion plays with {model_folder(model).name}"

    async def _make(self, change: LadderStep) -> None:
        self._stage.announce(change.line)
        self._duet.adapt(change.settings)
        try:
            await self._swap(change.settings.model)
        except LivecomposerError as error:
            self._stage.announce(f"no other model plays: {error}")
            self._ladder.refuse()
            self._duet.adapt(self._ladder.now)

    async def _swap(self, model: str) -> None:
        async with self._swapping:
            if model == self._model:
                return
            await self._stage.play_with(await self._open_engine(model))
            self._model = model
            self._health.take()  # the steps of the other model, while this one was loaded
