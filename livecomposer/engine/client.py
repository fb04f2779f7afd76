"""The session's side of the engine's process: asks, supervises, starts it again.

Never blocks the loop, and knows no torch.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from livecomposer.engine import common_prefix
from livecomposer.engine.protocol import ALIVE, HEADER, pack, pack_mask, payload_length, unpack
from livecomposer.errors import CheckpointError, EngineError, LivecomposerError
from livecomposer.model.sampling import MaskPolicy, Sampling

__all__ = ["PATIENCE", "EngineClient", "Fed", "host_command"]

PATIENCE = 0.75
"""Seconds without a sign of life after which a request counts as hanging, at the least."""
_CHUNKS_PATIENCE = 4
"""As many times what a chunk took at the start, on a machine on which that is more."""
_START_TIMEOUT = 120.0
_SHORTEST_BACK_OFF = 0.05
_LONGEST_BACK_OFF = 10.0


@dataclass(frozen=True, slots=True)
class Fed:
    """What a feed cost: ids computed, and seconds in the engine."""

    computed: int
    seconds: float


def host_command(
    model: Path, *, mode: int = 0, device: str = "cpu", precision: str = "int8", threads: int = 1
) -> list[str]:
    """The command that runs the engine's process; ``mode`` is the way of playing that the weights are told of."""
    arguments = ["--model", str(model), "--device", device, "--precision", precision]
    arguments += ["--mode", str(mode), "--threads", str(threads)]
    return [sys.executable, "-m", "livecomposer.engine.host", *arguments]


class EngineClient:
    """One engine process at a time; an async context manager.

    Requests go one after the other. A process that gives no sign of life for ``patience`` seconds while it is asked may
    hang: ``silent`` is called, and the request waits on. After ``timeout`` seconds without one it is killed, and
    :class:`EngineError` raised; so it is for an answer that is none, and where it died. A request that is cancelled
    once it is sent kills the process too, for its answer could no longer be told from the next one's. ``restart`` then
    starts another, which knows nothing: the next ``feed`` sends everything. A request that is refused changes nothing.

    Signs of life are answers, and one comes after each chunk (64 ids) of a long feed: so a feed may be of any length.
    What a chunk takes on this machine the process itself has measured as it started.
    """

    def __init__(self, command: Sequence[str], *, policy: MaskPolicy | None = None, timeout: float = 10.0) -> None:
        self.hello: dict[str, Any] = {}
        self.restarts = 0
        self.patience = PATIENCE
        self.silent: Callable[[], None] = lambda: None
        """Called in the loop's thread, and again each time that ``patience`` has passed."""
        self._command = list(command)
        self._timeout = timeout
        self._policy = _encoded(policy)
        self._mode: int | None = None  # that of the command, until another is set
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self._ids: list[int] = []
        self._back_off = _SHORTEST_BACK_OFF

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def ids(self) -> list[int]:
        """What the engine has taken in."""
        return list(self._ids)

    @property
    def taken_in(self) -> int:
        """How many that are."""
        return len(self._ids)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Run the process and wait until it is ready.

        Raises :class:`CheckpointError` for weights it refuses, and :class:`EngineError` where it cannot run.
        """
        async with self._lock:
            await self._start()

    async def restart(self) -> None:
        """Kill what is left and start again.

        Waits first: 50 ms, and twice as long each time (at most 10 s) until a feed or step succeeds again.
        """
        self._signal_death()
        async with self._lock:
            await self._reap()
            wait, self._back_off = self._back_off, min(2 * self._back_off, _LONGEST_BACK_OFF)
            await asyncio.sleep(wait)
            self.restarts += 1
            await self._start()

    async def close(self) -> None:
        """End the process; a second call does nothing."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), timeout=1.0)
        self._signal_death()
        async with self._lock:
            await self._reap()

    async def feed(self, ids: Sequence[int]) -> Fed:
        """Make ``ids`` all that the engine has taken in; only what is new is sent and computed."""
        async with self._lock:
            ids = list(ids)
            keep = common_prefix(self._ids, ids)
            reply = await self._ask({"op": "feed", "keep": keep, "ids": ids[keep:]}, "computed", "seconds")
            self._ids = ids
            return Fed(reply["computed"], reply["seconds"])

    async def set_mode(self, mode: int, policy: MaskPolicy | None = None) -> None:
        """Have the weights told of that way of playing, and masks be kept to in ``policy``; here and after a restart.

        The engine forgets everything: the next ``feed`` sends all.
        """
        async with self._lock:
            self._mode, self._policy = mode, _encoded(policy)
            await self._send_mode()

    async def step(self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float) -> int:
        """The next id of those that ``mask`` (V,) allows; the engine has taken it in, or is about to."""
        async with self._lock:
            drawn = [sampling.technique, sampling.threshold, sampling.creative_risk]
            request = {"op": "step", "mask": pack_mask(mask), "sampling": drawn, "chance": chance}
            reply = await self._ask(request, "id")
            self._ids.append(reply["id"])
            return int(reply["id"])

    async def _start(self) -> None:
        await self._reap()
        pipe = asyncio.subprocess.PIPE
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, start_new_session=True
            )
        except OSError as error:
            raise EngineError(f"the engine's process cannot run ({error}); install livecomposer again") from error
        try:
            self.hello = await self._ask({"op": "hello", "policy": self._policy}, starts=True)
            self.patience = max(PATIENCE, _CHUNKS_PATIENCE * self.hello.get("chunk_seconds", 0.0))
            if self._mode is not None:
                await self._send_mode()
        except LivecomposerError:
            await self._reap()
            raise

    async def _send_mode(self) -> None:
        await self._ask({"op": "mode", "mode": self._mode, "policy": self._policy})
        self._ids = []

    async def _ask(self, request: dict[str, Any], *wanted: str, starts: bool = False) -> dict[str, Any]:
        """The reply to ``request``, which has the keys ``wanted``; whoever asks holds the lock.

        A process that ``starts`` may load for as long as it needs, without a sign.
        """
        process, seconds = self._process, _START_TIMEOUT if starts else self._timeout
        if process is None or process.stdin is None or process.stdout is None or process.returncode is not None:
            self._ids = []
            raise EngineError("the engine's process is not running; wanted a running one; it is started again")
        try:
            process.stdin.write(pack(request))
            reply = await self._reply(process.stdout, seconds, watched=not starts)
            if "error" not in reply and not reply.keys() >= set(wanted):
                raise EngineError(f"a reply without {' or '.join(wanted)}; the engine is started again")
        except TimeoutError as error:
            await self._reap()
            raise EngineError(f"no sign of life from the engine for {seconds:g} s; it is started again") from error
        except (asyncio.IncompleteReadError, OSError) as error:
            await self._reap()
            raise EngineError("the engine's process died; it is started again") from error
        except (EngineError, asyncio.CancelledError):  # half a reply may be left in the pipe
            await self._reap()
            raise
        if "error" in reply:
            raise (CheckpointError if reply.get("fatal") else EngineError)(reply["error"])
        if wanted:
            self._back_off = _SHORTEST_BACK_OFF
        return reply

    async def _reply(self, stdout: asyncio.StreamReader, seconds: float, *, watched: bool) -> dict[str, Any]:
        """The next frame that is no sign of life; raises :class:`TimeoutError` where none comes within ``seconds``."""
        while True:
            with self._watch() if watched else nullcontext():
                async with asyncio.timeout(seconds):
                    header = await stdout.readexactly(HEADER.size)
                    frame = unpack(await stdout.readexactly(payload_length(header)))
            if frame != ALIVE:
                return frame

    @contextmanager
    def _watch(self) -> Iterator[None]:
        self._wait()
        try:
            yield
        finally:
            self._waiting.cancel()

    def _wait(self) -> None:
        self._waiting = asyncio.get_running_loop().call_later(self.patience, self._miss)

    def _miss(self) -> None:
        self._wait()
        self.silent()

    def _signal_death(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _reap(self) -> None:
        """End the process for good, and empty its pipes, without which their ends would stay open."""
        self._signal_death()
        process, self._process, self._ids = self._process, None, []
        if process is not None:
            await asyncio.shield(process.communicate())


def _encoded(policy: MaskPolicy | None) -> list[list[int]] | None:
    return None if policy is None else [policy.kinds.tolist(), policy.twins.tolist(), list(policy.shifts)]
