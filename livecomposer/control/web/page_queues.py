"""All pages that look on, and what each is still to be told. Nobody waits for a page.

Each page has a queue of its own. A page that is ``MOST_WAITING`` messages behind is not kept up with: its connection
ends, and it comes again when it can. Blocks of sound are another matter: there the oldest give way to the newest.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["MOST_PAGES", "MOST_WAITING", "Page", "PageQueues", "SoundQueue"]

MOST_PAGES = 16
MOST_WAITING = 400
_MOST_BLOCKS = 40
"""Half a second of sound."""


class Page:
    """One page. ``offer`` never waits; :meth:`run` sends what was offered, until it falls behind or is cancelled."""

    def __init__(self, send: Callable[[str], Awaitable[None]]) -> None:
        self.behind = False
        self._send = send
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._fell_behind = asyncio.Event()

    def offer(self, text: str) -> None:
        """Send ``text`` some time."""
        if self._waiting.full():
            self.behind = True
            self._fell_behind.set()
        else:
            self._waiting.put_nowait(text)

    async def run(self) -> None:
        """Send; ends once the page has fallen behind. Raises what the connection raises."""
        sending = asyncio.create_task(self._go_on())
        falling = asyncio.create_task(self._fell_behind.wait())
        try:
            done, _ = await asyncio.wait((sending, falling), return_when=asyncio.FIRST_COMPLETED)
            if sending in done:
                sending.result()
        finally:
            sending.cancel()
            falling.cancel()

    async def _go_on(self) -> None:
        while True:
            await self._send(await self._waiting.get())


class PageQueues:
    """The pages, told alike. In the loop's thread."""

    def __init__(self) -> None:
        self._guests: set[Page] = set()

    def __len__(self) -> int:
        return len(self._guests)

    def join(self, page: Page) -> Callable[[], None]:
        """Tell ``page`` too, until what is returned is called."""
        self._guests.add(page)
        return lambda: self._guests.discard(page)

    def notify(self, **message: Any) -> None:
        """Tell every page."""
        if self._guests:
            text = json.dumps(message, separators=(",", ":"))
            for page in self._guests:
                page.offer(text)


class SoundQueue:
    """Blocks of sound on their way to one page; from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._loop = loop
        self._send = send
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(_MOST_BLOCKS)

    def __call__(self, block: bytes) -> None:
        """Take one block; in the renderer's thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, block)

    async def run(self) -> None:
        """Send, until cancelled. Raises what the connection raises."""
        while True:
            await self._send(await self._waiting.get())

    def _put(self, block: bytes) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(block)
