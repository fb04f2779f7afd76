"""The thread that plays: it sleeps until just before the next message is due, then spins, then sends.

The scheduler decides what and when, the output where; this shell adds the thread, the lock and the promise that every
way out ends in silence.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Self

from livecomposer.clocks import Clock
from livecomposer.faults import Fault, Faults
from livecomposer.playing.scheduler import Scheduler, Timed
from livecomposer.playing.sinks import Output, patiently

__all__ = ["OnSent", "Player"]

OnSent = Callable[[float, float, bytes], None]
"""Told ``(due, now, data)`` in seconds after each message was sent; it must be quick."""

_LONGEST_SLEEP = 60.0


class Player:
    """Plays wire messages at absolute seconds of ``clock`` through ``output``. Any thread may call it.

    ``start`` (or ``with``) runs the thread; without it, ``run_due`` is the same step by hand. A message that is due
    sooner than ``spin`` seconds is awaited in a loop that gives way to other threads, since a sleep may end late. If
    the thread meets an exception, the session's or its own, it releases everything that sounds and sets ``failed``;
    from then on nothing is played. Latency of the output is not compensated here.
    """

    def __init__(
        self,
        output: Output,
        clock: Clock,
        *,
        late_limit: float = 0.1,
        max_events: int = 10_000,
        spin: float = 0.001,
        on_sent: OnSent | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.output = output
        self.failed: BaseException | None = None
        """What ended the thread, or ``None`` while all is well."""
        self.panics = 0
        """How often :meth:`panic` was called."""
        self._clock = clock
        self._scheduler = Scheduler(late_limit=late_limit, max_events=max_events)
        self._spin = spin
        self._on_sent = on_sent
        self._faults = faults or Faults()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._over = False
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)

    def start(self) -> None:
        """Run the thread; once."""
        self._thread.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._scheduler)

    def schedule(self, items: Iterable[tuple[float, bytes]], *, since: int | None = None) -> int:
        """Plan ``(due, message)`` pairs, in any order; return how many were accepted.

        After ``close``, or once failed, none are; nor, if ``since`` is given, where that is no longer the number of
        ``panics``: what was decided before a panic must not sound after it. Raises :class:`ValueError` for a moment
        that is not finite.
        """
        planned = list(items)  # before the lock: they may come from a slow generator
        with self._changed:
            if self._over or since not in (None, self.panics):
                return 0
            accepted = sum(self._scheduler.add(due, data) for due, data in planned)
            if refused := len(planned) - accepted:
                self._faults.count(Fault.CROWDED_OUT, times=refused)
            self._changed.notify()
            return accepted

    def cut(self, after: float, channel: int, *, end_sounding: bool) -> list[Timed]:
        """Take back one channel's future from ``after`` on, as :meth:`Scheduler.cut` says; what was taken back."""
        with self._changed:
            gone = self._scheduler.cut(after, channel, end_sounding=end_sounding)
            self._changed.notify()
            return gone

    def panic(self) -> None:
        """Silence at once, and no future but a clock's. Waits for no more than 0.1 s on a thread that hangs."""
        self.panics += 1
        self.output.panic()
        with patiently(self._lock):
            self._scheduler.clear(keep_clock=True)
            self.output.release()  # what the thread sent between the two lines above

    def run_due(self, now: float) -> list[Timed]:
        """Send what is due at ``now``; return it. The thread's one step, public so that a test can take it."""
        with self._changed:
            before = self._scheduler.late_dropped
            sent = [] if self._over else self._scheduler.take_due(now)
            moments = [self._send(item) for item in sent]
            if dropped := self._scheduler.late_dropped - before:
                self._faults.count(Fault.DROPPED, times=dropped)
        if self._on_sent is not None:
            for item, moment in zip(sent, moments, strict=True):
                self._on_sent(item.due, moment, item.data)
        return sent

    def close(self) -> None:
        """End the thread and what sounds; the output stays open for its owner. A second call does nothing new."""
        self._end()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=1.0)
        self.output.release()

    def _send(self, item: Timed) -> float:
        (self.output.send if item.data[0] < 0xF0 else self.output.realtime)(item.data)
        return self._clock.now()

    def _run(self) -> None:
        try:
            while not self._over:
                self._wait()
                self.run_due(self._clock.now())
        except BaseException as error:  # noqa: BLE001 - silence comes before knowing what it was
            self.failed = error
        finally:
            self._end()
            self.output.release()

    def _wait(self) -> None:
        """Return when something is due, or a moment before; or when the future has changed."""
        with self._changed:
            due = self._scheduler.next_due()
            left = None if due is None else due - self._clock.now() - self._spin
            if not self._over and (left is None or left > 0):
                self._changed.wait(left if left is None else min(left, _LONGEST_SLEEP))
                return
        if left is not None and left + self._spin > 0:
            time.sleep(0)

    def _end(self) -> None:
        self._over = True
        with patiently(self._lock) as locked:
            self._scheduler.clear()
            if locked:
                self._changed.notify_all()
