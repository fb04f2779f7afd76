"""A take, played through the session's output on channels of its own; the companion does not hear it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from livecomposer.clocks import Clock
from livecomposer.events import Note, events_of_notes
from livecomposer.messages import encode

__all__ = ["CHANNELS", "TakePlayback"]

CHANNELS = (2, 3)
"""MIDI channels (0–15) that sessions leave alone: the first part's, and every other's."""


class TakePlayback:
    """Plays one take at a time; ``told`` is given each change: the take's name and where it begins, or ``None``."""

    def __init__(
        self,
        send: Callable[[bytes], None],
        release: Callable[[int], None],
        clock: Clock,
        changed: Callable[[tuple[str, float] | None], None],
    ) -> None:
        self._send = send
        self._release = release
        self._clock = clock
        self._changed = changed
        self._task: asyncio.Task[None] | None = None

    def start(self, name: str, parts: Mapping[str, Iterable[Note]], *, at: float = 0.0) -> None:
        """Play ``parts`` from ``at`` seconds on, in place of what plays."""
        self.stop()
        timed = sorted(
            (
                (event.time - at, encode(event, channel=CHANNELS[min(part, 1)]))
                for part, notes in enumerate(parts.values())
                for event in events_of_notes(note for note in notes if note.end > at)
            ),
            key=lambda item: item[0],
        )
        self._changed((name, at))
        self._task = asyncio.create_task(self._play(timed))

    def stop(self) -> None:
        """Fall silent; where nothing plays, nothing happens."""
        if self._task is None:
            return
        self._task.cancel()
        self._task = None
        for channel in CHANNELS:
            self._release(channel)
        self._changed(None)

    async def close(self) -> None:
        """Stop, and wait until that is so."""
        task = self._task
        self.stop()
        if task is not None:
            with suppress(asyncio.CancelledError):
                await task

    async def _play(self, timed: list[tuple[float, bytes]]) -> None:
        began = self._clock.now()
        for due, data in timed:
            wait = began + due - self._clock.now()
            if wait > 0:
                await asyncio.sleep(wait)
            self._send(data)
        self._task = None
        self._changed(None)
