"""When notes that sound were to end, though their plan was cut: then they end, if no other plan decides. Pure."""

from collections.abc import Iterable, Iterator

from livecomposer.events import NoteEvent, NoteOff, Role

__all__ = ["PledgedEnds"]


class PledgedEnds:
    """At most one end for each pitch of the companion's; moments in seconds."""

    def __init__(self) -> None:
        self._moments: dict[int, float] = {}

    def __iter__(self) -> Iterator[float]:
        """The moments, in no order."""
        return iter(self._moments.values())

    def pledge(self, events: Iterable[NoteEvent], sounding: set[int]) -> None:
        """Remember when each of the pitches that are ``sounding`` was to end by ``events``, unless it is known."""
        waiting = set(sounding)
        for event in events:
            if isinstance(event, NoteOff) and event.pitch in waiting:
                self._moments.setdefault(event.pitch, event.time)
                waiting.discard(event.pitch)

    def redeem(self, until: float, *, reached: float) -> list[NoteOff]:
        """The ends that are due at ``until``, where no plan has ``reached`` as far; the others are the plan's."""
        due = []
        for pitch, moment in sorted(self._moments.items(), key=lambda pledge: pledge[1]):
            if moment < reached:
                del self._moments[pitch]
            elif moment <= until:
                del self._moments[pitch]
                due.append(NoteOff(moment, pitch, Role.COMPANION))
        return due

    def forget(self, pitch: int) -> None:
        """The plan has decided on it."""
        self._moments.pop(pitch, None)

    def clear(self) -> None:
        """Nothing sounds any more."""
        self._moments.clear()
