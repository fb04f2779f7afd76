"""How late this machine makes a player that has nothing else to do: what no session on it can better.

``python -m livecomposer.session.timing.idle_lateness`` ticks without sound, in a process of its own, until its input
ends, and prints what it measured; :class:`IdleLateness` runs that beside a session.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from livecomposer.clocks import Clock, MonotonicClock
from livecomposer.playing.player import Player
from livecomposer.playing.sinks import NullSink, Output
from livecomposer.session.timing.meters import Meter

__all__ = ["IdleLateness", "main", "next_tick", "ticking"]

_PERIOD = 0.011
_SOUNDLESS = bytes([0xB0, 119, 0])


def next_tick(due: float, now: float, period: float) -> float:
    """The first moment after ``now`` on the beat of ``due`` and ``period`` (seconds): ticks that were missed are."""
    return due + period * (1 + max(0.0, now - due) // period)


@contextmanager
def ticking(clock: Clock, late: Meter, *, period: float = _PERIOD) -> Iterator[None]:
    """Meanwhile have a player of its own wake every ``period`` seconds, and tell ``late`` how late it was."""

    def ticked(due: float, now: float, data: bytes) -> None:
        late.add(max(0.0, now - due))
        player.schedule([(next_tick(due, now, period), data)])

    player = Player(Output([NullSink()]), clock, on_sent=ticked)
    with player:
        player.schedule([(clock.now() + period, _SOUNDLESS)])
        yield


class IdleLateness:
    """The process beside a session; a context manager. ``late_ms`` is there once it has ended, and empty if it died."""

    def __init__(self) -> None:
        self.late_ms: dict[str, float | int] = Meter().summary_ms()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "livecomposer.session.timing.idle_lateness"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=pipe, stdout=pipe, text=True, start_new_session=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        said = self._process.communicate()[0]
        if self._process.returncode == 0:
            self.late_ms = json.loads(said)


def main() -> int:
    """Tick until the input ends."""
    late = Meter()
    with ticking(MonotonicClock(), late):
        sys.stdin.read()
    sys.stdout.write(json.dumps(late.summary_ms()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
