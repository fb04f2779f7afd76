"""What pages draw: what has sounded, by whom, and what the companion is about to play.

Messages come in from the loop's and from the player's thread. At most ``MOST_KEPT`` are kept, the last two minutes of
them for pages that open later; the oldest go.
"""

from collections import deque
from collections.abc import Iterable
from itertools import islice

from livecomposer.clocks import Clock
from livecomposer.events import NoteEvent, NoteOn, Role
from livecomposer.session.session import Session

__all__ = ["MOST_KEPT", "RollFeed"]

MOST_KEPT = 6000
_REMEMBERED_SECONDS = 120.0

Row = tuple[float, int, int, int, int]
"""Moment (seconds), role (0 performer, 1 companion), status byte, and two data bytes, the second 0 if there is none."""


class RollFeed:
    """Fed by :meth:`heard`; read by :meth:`fresh`, :meth:`past` and :meth:`plan` in the loop's thread."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._rows: deque[Row] = deque(maxlen=MOST_KEPT)
        self._count = 0
        self._sent = 0
        self._planned: tuple[tuple[NoteEvent, ...], tuple[NoteOn, ...]] = (), ()

    def heard(self, moment: float, role: Role, data: bytes) -> None:
        """Take in one message that has sounded; from any thread."""
        self._rows.append((round(moment, 4), int(role), data[0], data[1], data[2] if len(data) > 2 else 0))
        self._count += 1

    def fresh(self) -> list[Row]:
        """What has sounded since the last call."""
        new = min(self._count - self._sent, len(self._rows))
        self._sent = self._count
        return list(islice(tuple(self._rows), len(self._rows) - new, None)) if new > 0 else []

    def past(self) -> list[Row]:
        """What has sounded lately."""
        since = self._clock.now() - _REMEMBERED_SECONDS
        return [row for row in tuple(self._rows) if row[0] > since]

    def plan(self, *, anyway: bool = False) -> dict[str, object] | None:
        """The companion's future and what it foresees of the performer; ``None`` if nothing is new, unless ``anyway``.

        Each is a list of moment, pitch and velocity; the velocity 0 ends a note.
        """
        future = self._session.future
        if future == self._planned and not anyway:
            return None
        self._planned = future
        own, foreseen = future
        return {"notes": _rows(own), "foreseen": _rows(foreseen)}


def _rows(events: Iterable[NoteEvent]) -> list[tuple[float, int, int]]:
    return [(round(e.time, 3), e.pitch, e.velocity if isinstance(e, NoteOn) else 0) for e in events]
