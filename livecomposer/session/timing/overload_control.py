"""Climbs the ladder in a live session: looks twice a second, tells the performer, and has what changes changed."""

import asyncio
from collections.abc import Awaitable, Callable

from livecomposer.engine.client import EngineClient
from livecomposer.errors import LivecomposerError
from livecomposer.model.card import name_of
from livecomposer.session.session import Session
from livecomposer.session.timing.overload_ladder import LadderStep, Load, OverloadLadder
from livecomposer.session.timing.reduced_settings import ReducedSettings
from livecomposer.settings import changed
from livecomposer.weights.checkpoint_folder import model_folder

__all__ = ["OverloadControl"]

WINDOW_SECONDS = 0.5


class OverloadControl:
    """Runs beside a session, until cancelled.

    ``open_engine`` starts an engine with the model it is given. A model that does not come up is told; a smaller one
    is then never tried again.
    """

    def __init__(
        self,
        ladder: OverloadLadder,
        load: Load,
        reduced: ReducedSettings,
        session: Session,
        *,
        open_engine: Callable[[str], Awaitable[EngineClient]],
    ) -> None:
        self._ladder = ladder
        self._load = load
        self._reduced = reduced
        self._session = session
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
        change = self._ladder.judge(self._load.take())
        if change is not None:
            await self._make(change)

    async def choose(self, model: str) -> str:
        """Play with ``model``, which starts beside the one that plays; a line that says so.

        Raises :class:`CheckpointError` and :class:`EngineError`, and then nothing has changed.
        """
        await self._swap(model)
        self._ladder.settings = changed(self._ladder.settings, {"model": model})
        return f"the companion plays with {name_of(model_folder(model))}"

    async def _make(self, change: LadderStep) -> None:
        self._session.announce(change.line)
        self._reduced.adapt(change.settings)
        try:
            await self._swap(change.settings.model)
        except LivecomposerError as error:
            self._session.announce(f"no other model plays: {error}")
            self._ladder.refuse()
            self._reduced.adapt(self._ladder.now)

    async def _swap(self, model: str) -> None:
        async with self._swapping:
            if model == self._model:
                return
            await self._session.play_with(await self._open_engine(model))
            self._model = model
            self._load.take()  # the steps of the other model, while this one was loaded
