"""Has what goes wrong reported while music plays: the first of each kind, in one line and in the journal.

What fails in the loop, or ends a thread, where nobody is there to catch it, is counted too, and the music goes on.
"""

import asyncio
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from livecomposer.clocks import Clock
from livecomposer.faults import Fault, Faults
from livecomposer.session.ports.opening import in_loop
from livecomposer.takes.journal import Journal

__all__ = ["FaultReport", "faults_reported"]

_DEEPEST = 12
"""Calls of a traceback that are written down, the innermost."""


class FaultReport:
    """Says what happened first; in the loop's thread. ``journal``: where it is written down, once there is one."""

    def __init__(self, notify: Callable[[str], None], clock: Clock) -> None:
        self.journal: Journal | None = None
        self._notify = notify
        self._clock = clock

    def __call__(self, fault: Fault, error: object) -> None:
        """Report ``fault``, and what was raised."""
        line = f"{fault.what}; {fault.remedy}{_cause(error)}"
        if self.journal is not None:
            self.journal.note(self._clock.now(), "fault", kind=fault.key, line=line, trace=_trace(error))
        self._notify(line)


@contextmanager
def faults_reported(faults: Faults, *, notify: Callable[[str], None], clock: Clock) -> Iterator[FaultReport]:
    """Meanwhile, in this loop and in every thread; afterwards both have the exception handlers that they had."""
    loop, report = asyncio.get_running_loop(), FaultReport(notify, clock)

    def loop_failed(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        faults.count(Fault.LOOP_FAILED, context.get("exception") or context["message"])

    def thread_failed(ended: threading.ExceptHookArgs) -> None:
        faults.count(Fault.THREAD_FAILED, ended.exc_value)

    before, threading.excepthook = threading.excepthook, thread_failed
    loop_before = loop.get_exception_handler()
    loop.set_exception_handler(loop_failed)
    faults.on_first = in_loop(report)
    try:
        yield report
    finally:
        faults.on_first = None
        loop.set_exception_handler(loop_before)
        threading.excepthook = before


def _cause(error: object) -> str:
    """What was raised and where, in one line; nothing where nothing was."""
    said = " ".join(str(error).split())
    if not isinstance(error, BaseException):
        return f" ({said})" if said else ""
    places = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    return f" ({type(error).__name__}{f': {said}' if said else ''}{where})"


def _trace(error: object) -> list[str]:
    return traceback.format_exception(error, limit=-_DEEPEST) if isinstance(error, BaseException) else []
