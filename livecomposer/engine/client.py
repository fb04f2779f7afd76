"""The session's side of the engine's process: asks, supervises, starts it again. Never blocks the loop; knows no torch."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from livecomposer.engine import common_prefix
from livecomposer.engine.protocol import HEADER, pack, pack_mask, payload_length, unpack
from livecomposer.errors import CheckpointError, EngineError
from livecomposer.model.sampling import Sampling

__all__ = ["EngineClient", "Fed", "host_command"]

_START_TIMEOUT = 120.0
_LONGEST_BACK_OFF = 10.0


@dataclass(frozen=True, slots=True)
class Fed:
    """What a feed cost: ids computed, and seconds in the engine."""

    computed: int
    seconds: float


def host_command(model: Path, *, device: str = "cpu", threads: int = 1) -> list[str]:
    """The command that runs the engine's process."""
    arguments = ["--model", str(model), "--device", device, "--threads", str(threads)]
    return [sys.executable, "-m", "livecomposer.engine.host", *arguments]


class EngineClient:
    """One engine process at a time; an async context manager.

    Requests go one after the other. One that is not answered within ``timeout`` seconds kills the process and raises
    :class:`EngineError`; so does a process that died. ``restart`` then starts another, which knows nothing: the next
    ``feed`` sends everything.
    """

    def __init__(self, command: Sequence[str], *, timeout: float = 10.0) -> None:
        self.hello: dict[str, Any] = {}
        self.restarts = 0
        self._command = list(command)
        self._timeout = timeout
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self._ids: list[int] = []
        self.step_seconds = 0.0
        """What taking in the last drawn id but one cost, in the engine."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Run the process and wait until it is ready; raises :class:`CheckpointError` for weights it refuses."""
        self._ids = []
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True
        )
        try:
            self.hello = await self._ask({"op": "hello"}, timeout=_START_TIMEOUT)
        except CheckpointError:
            await self._kill()
            raise

    async def restart(self) -> None:
        """Kill what is left and start again, waiting longer each time (at most 10 s)."""
        await self._kill()
        await asyncio.sleep(min(0.05 * 2**self.restarts, _LONGEST_BACK_OFF))
        self.restarts += 1
        await self.start()

    async def close(self) -> None:
        """End the process; a second call does nothing."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), timeout=1.0)
        await self._kill()

    async def feed(self, ids: Sequence[int]) -> Fed:
        """Make ``ids`` all that the engine has taken in; only what is new is sent and computed."""
        async with self._lock:
            ids = list(ids)
            keep = common_prefix(self._ids, ids)
            reply = await self._ask({"op": "feed", "keep": keep, "ids": ids[keep:]})
            self._ids = ids
            return Fed(reply["computed"], reply["seconds"])

    async def step(self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float) -> int:
        """The next id of those that ``mask`` (V,) allows; the engine has taken it in, or is about to."""
        async with self._lock:
            drawn = [sampling.technique, sampling.threshold, sampling.creative_risk]
            reply = await self._ask({"op": "step", "mask": pack_mask(mask), "sampling": drawn, "chance": chance})
            self._ids.append(reply["id"])
            self.step_seconds = reply["seconds"]
            return int(reply["id"])

    async def _ask(self, request: dict[str, Any], *, timeout: float | None = None) -> dict[str, Any]:  # noqa: ASYNC109
        process = self._process
        if process is None or process.stdin is None or process.stdout is None or process.returncode is not None:
            raise EngineError("the engine's process is not running; it is started again")
        try:
            process.stdin.write(pack(request))
            async with asyncio.timeout(timeout or self._timeout):
                header = await process.stdout.readexactly(HEADER.size)
                reply = unpack(await process.stdout.readexactly(payload_length(header)))
        except TimeoutError as error:
            await self._kill()
            raise EngineError(f"the engine did not answer within {timeout or self._timeout:g} s; it was killed") from error
        except (asyncio.IncompleteReadError, OSError) as error:
            await self._kill()
            raise EngineError("the engine's process died; it is started again") from error
        except (EngineError, asyncio.CancelledError):  # half a reply may be left in the pipe
            await self._kill()
            raise
        if "error" in reply:
            raise (CheckpointError if reply.get("fatal") else EngineError)(reply["error"])
        return reply

    async def _kill(self) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()
        self._ids = []
        await asyncio.shield(self._process.wait())
