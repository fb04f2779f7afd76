"""An exchange that goes round under the performer."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from livecomposer.beats import Beats
from livecomposer.clocks import Clock
from livecomposer.companion.looper import Loop, loop_of
from livecomposer.events import Event, Role
from livecomposer.messages import encode
from livecomposer.playing.player import Player

__all__ = ["LoopPlayback"]

_DRUMS = 9
_AHEAD_SECONDS = 0.5
_EVERY_SECONDS = 0.2


class LoopPlayback:
    """Plays the loop, if there is one, through ``player``, on a channel that is not ``taken`` (0–15).

    So keys that the two strike meanwhile do not end its notes, nor its notes theirs. In the loop's thread.
    """

    def __init__(self, player: Player, clock: Clock, *, taken: Iterable[int]) -> None:
        self.channel = min({*range(16)} - {*taken, _DRUMS, 0, 1})
        self._player = player
        self._clock = clock
        self._loop: Loop | None = None
        self._panics = 0
        self._begun = asyncio.Event()

    def begin(self, parts: Mapping[Role, Sequence[Event]], *, now: float, beats: Beats | None) -> bool:
        """Go round with ``parts`` from ``now`` on, in whole bars where there are beats; ``False`` without a note."""
        self.end(now)
        self._loop = loop_of(parts.values(), now=now, beats=beats)
        self._panics = self._player.panics
        self._begun.set()
        self.play()
        return self._loop is not None

    def end(self, now: float) -> None:
        """End it, and what sounds of it."""
        self._loop = None
        self._player.cut(now, self.channel, end_sounding=True)

    def play(self) -> None:
        """Hand the next of it to the player; a panic is the end of it."""
        if self._loop is not None and self._player.panics != self._panics:
            self._loop = None
        if self._loop is None:
            self._begun.clear()
            return
        due = self._loop.take(self._clock.now() + _AHEAD_SECONDS)
        self._player.schedule(((event.time, encode(event, channel=self.channel)) for event in due), since=self._panics)

    async def run(self) -> None:
        """Play until cancelled."""
        while True:
            await self._begun.wait()
            self.play()
            await asyncio.sleep(_EVERY_SECONDS)
