"""Silence on a signal: ``kill -USR1`` is a panic.

A thread of its own waits for the signal in the kernel (``sigwait``), so that neither the loop nor the main thread need
come to it first. For that it is blocked everywhere else: a program calls :func:`signal_kept` before any library has
begun a thread. One in which it is not blocked would be chosen by the kernel, every time; then Python's own handler
passes it on, which the main thread runs between two instructions, as soon as it has its turn.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["PanicSignal", "signal_kept", "silenced_by_signal"]


class PanicSignal:
    """What a signal sets off."""

    def __init__(self, panic: Callable[[], None]) -> None:
        self.panic = panic
        """Called in the alarm's own thread."""
        self._over = False
        self._thread = threading.Thread(target=self._wait, name="alarm", daemon=True)

    def start(self) -> None:
        """Wait from now on."""
        self._thread.start()

    def ring(self) -> None:
        """Wake the thread; this may be done anywhere, in a signal handler too."""
        if self._thread.ident is not None and self._thread.is_alive():
            signal.pthread_kill(self._thread.ident, signal.SIGUSR1)

    def end(self) -> None:
        """Wait no more."""
        self._over = True
        self.ring()
        self._thread.join(timeout=1.0)

    def _wait(self) -> None:
        while True:
            signal.sigwait({signal.SIGUSR1})
            if self._over:
                return
            self.panic()


def signal_kept() -> None:
    """Keep SIGUSR1 for the alarm, in this thread and in all that it begins; one that comes early waits for it."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})


@contextmanager
def silenced_by_signal(panic: Callable[[], None]) -> Iterator[PanicSignal]:
    """Meanwhile SIGUSR1 calls ``panic``, or what the alarm has in its place by then.

    Enter it in the main thread, before others begin; elsewhere, and where there is no such signal, nothing does.
    """
    panic_signal = PanicSignal(panic)
    if not hasattr(signal, "sigwait") or threading.current_thread() is not threading.main_thread():
        yield panic_signal
        return
    handler = signal.signal(signal.SIGUSR1, lambda _number, _frame: panic_signal.ring())
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    panic_signal.start()
    try:
        yield panic_signal
    finally:
        panic_signal.end()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGUSR1, handler)
