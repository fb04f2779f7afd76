"""An event loop on a clock that is moved by hand: what a live session does in hours is done as fast as it computes.

It never waits. Where nothing is ready, the clock moves to the next timer; else it moves by as much as a turn of the
loop takes, so that whoever looks again at once does not look for ever. What would go to a thread is done at once.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from livecomposer.clocks import ManualClock

__all__ = ["ManualLoop", "run_on"]

T = TypeVar("T")

_TURN_SECONDS = 20e-6


class _Selector(selectors.SelectSelector):
    """Lets time pass instead of waiting."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; raises :class:`RuntimeError` where nothing ever will be."""
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("nothing is ready, and nothing is waited for")
        self._clock.advance(max(_TURN_SECONDS, timeout or 0.0) if not ready else _TURN_SECONDS)
        return ready


class ManualLoop(asyncio.SelectorEventLoop):
    """As its base, but its time is that of ``clock``."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(_Selector(clock))
        self._manual = clock

    def time(self) -> float:
        """Seconds, as the clock says."""
        return self._manual.now()

    def run_in_executor(  # type: ignore[override] # of one kind of function alone
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Do it at once."""
        del executor
        done: asyncio.Future[T] = self.create_future()
        done.set_result(func(*args))
        return done


def run_on(clock: ManualClock, work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, done in no real time but what it computes."""
    with asyncio.Runner(loop_factory=lambda: ManualLoop(clock)) as runner:
        return runner.run(work)
