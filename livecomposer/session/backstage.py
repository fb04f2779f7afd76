"""What hands on the instrument reach while a performance goes on: controllers, OSC, the panel.

They are in :mod:`livecomposer.control`, which the session does not know: whoever performs hands them in.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from livecomposer.clocks import Clock
from livecomposer.playing.sinks import Output
from livecomposer.session.desk import Desk
from livecomposer.session.horizon import Budget
from livecomposer.session.journal import Journal
from livecomposer.session.meters import Meters
from livecomposer.session.session import Session

__all__ = ["Backstage", "Hands"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backstage:
    """One performance, from behind. All of it belongs to the loop's thread unless it says otherwise."""

    desk: Desk
    session: Session
    output: Output
    meters: Meters
    budget: Budget
    clock: Clock
    journal: Journal | None
    """``None`` where nothing is recorded."""
    record: Path | None
    """The folder of takes."""
    hear: Callable[[bytes], None]
    """Play one channel message into the session as the performer's keyboard would, thru included."""
    tell: Callable[[str], None]


Hands = Callable[[Backstage], AbstractAsyncContextManager[object]]
"""Entered once the music can begin, left before the silence."""
