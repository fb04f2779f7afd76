"""Engines' processes, opened in one way for sessions, replays and files."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from livecomposer.companion.modes import mask_policy_of, weights_mode
from livecomposer.engine.client import EngineClient, host_command
from livecomposer.settings import Settings
from livecomposer.weights.checkpoint_folder import model_folder, vocabulary_checked

__all__ = ["OFFLINE_TIMEOUT", "Engines", "engine_line"]

OFFLINE_TIMEOUT = 60.0
"""How long a request may take where nobody waits for the music (seconds)."""
_LIVE_TIMEOUT = 10.0


class Engines:
    """Opens engines for the mode, the device and the precision of ``settings``; an async context manager.

    All that were opened are closed when it is left.
    """

    def __init__(self, settings: Settings, *, timeout: float = _LIVE_TIMEOUT) -> None:
        self._settings = settings
        self._timeout = timeout
        self._opened = AsyncExitStack()
        self.latest: EngineClient | None = None
        """The one that was opened last."""

    async def open(self, model: str) -> EngineClient:
        """One that plays the weights in the folder ``model``; empty for those that ship.

        Raises :class:`CheckpointError` for a folder that holds none of this vocabulary, :class:`EngineError` for a
        process that does not start.
        """
        settings, folder = self._settings, model_folder(model)
        command = host_command(
            folder,
            mode=weights_mode(settings),
            device=settings.device,
            precision=settings.precision,
            threads=settings.threads,
        )
        client = EngineClient(command, policy=mask_policy_of(settings), timeout=self._timeout)
        engine = await self._opened.enter_async_context(client)
        vocabulary_checked(folder, engine.hello)
        self.latest = engine
        return engine

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.aclose()


def engine_line(hello: Mapping[str, Any]) -> str:
    """What computes, as its process says, and what would be better."""
    line = f"engine {hello.get('backend')}, {hello.get('precision')}"
    return f"{line}, {hello['remedy']}" if "remedy" in hello else line
