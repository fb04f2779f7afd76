"""Tells what we sent and a patch bay brought back from what the performer plays. Pure, but safe in several threads.

With thru each key goes out, so a key's bytes alone say nothing: a second one may be its echo or the same key struck
again. So nothing is taken for an echo until a loop has shown itself, by what no hand does: a key struck that is down,
released that is up, played on a channel on which nothing was ever played, or three different messages that all repeat
what was just sent. While the loop is there every message sent comes back once, and counting tells the two apart.
"""

from collections import deque
from threading import Lock

__all__ = ["WINDOW_SECONDS", "EchoGuard"]

WINDOW_SECONDS = 0.08
"""What comes later than this after it was sent is no echo. Hands repeat a key at most twelve times a second."""

_MOST_SENT = 1024
"""Messages waited for at most; the oldest are forgotten first, and their echoes heard."""
_PROOFS = 3
_LOST_IN_A_ROW = 8
"""Messages that did not come back, after which there is no loop any more."""


class EchoGuard:
    """Listens to what is sent anywhere and what is heard on one input; moments are seconds of one clock."""

    def __init__(self, *, window: float = WINDOW_SECONDS) -> None:
        self.looped = False
        """Whether what we send comes back."""
        self._window = window
        self._sent: deque[tuple[float, bytes]] = deque(maxlen=_MOST_SENT)
        self._repeated: deque[tuple[float, bytes]] = deque(maxlen=_MOST_SENT)
        self._lost = 0
        self._down: set[tuple[int, int]] = set()
        self._values: dict[tuple[int, int], bytes] = {}
        self._channels: set[int] = set()
        self._lock = Lock()

    def sent(self, data: bytes, now: float) -> None:
        """Expect ``data`` back; call it before sending."""
        with self._lock:
            self._expire(now)
            self._sent.append((now, data))

    def is_echo(self, data: bytes, now: float) -> bool:
        """Whether ``data``, one channel message just heard, is ours and not the performer's."""
        with self._lock:
            self._expire(now)
            if not self._take(data):
                self._believe(data)
                return False
            self._lost = 0
            if self.looped or self._proves(data, now):
                self.looped = True
                return True
            if data == self._values.get(_place(data)):  # says nothing new, whoever said it; thru would send it again
                return True
            self._believe(data)
            return False

    def forget(self) -> None:
        """Begin anew: another player sits there."""
        with self._lock:
            self.looped, self._lost = False, 0
            for memory in (self._sent, self._repeated, self._down, self._values, self._channels):
                memory.clear()

    def _take(self, data: bytes) -> bool:
        for i, (_, sent) in enumerate(self._sent):
            if sent == data:
                del self._sent[i]
                return True
        return False

    def _proves(self, data: bytes, now: float) -> bool:
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        if channel not in self._channels:
            return True
        if kind in (0x80, 0x90) and _strikes(data) == ((channel, data[1]) in self._down):
            return True
        self._repeated.append((now, data))
        return len({repeated for _, repeated in self._repeated}) >= _PROOFS

    def _believe(self, data: bytes) -> None:
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        self._channels.add(channel)
        if kind in (0x80, 0x90):
            (self._down.add if _strikes(data) else self._down.discard)((channel, data[1]))
        else:
            self._values[_place(data)] = data

    def _expire(self, now: float) -> None:
        while self._sent and now - self._sent[0][0] > self._window:
            self._sent.popleft()
            self._lost += 1
        while self._repeated and now - self._repeated[0][0] > self._window:
            self._repeated.popleft()
        if self._lost >= _LOST_IN_A_ROW:
            self.looped = False


def _strikes(data: bytes) -> bool:
    return data[0] & 0xF0 == 0x90 and data[2] > 0


def _place(data: bytes) -> tuple[int, int]:
    """What a message that is no key's sets: status, and which controller or key."""
    return data[0], data[1] if data[0] & 0xF0 in (0xA0, 0xB0) else 0
