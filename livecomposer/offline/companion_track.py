"""What the companion plays to a file, as a track of that file. Pure."""

from collections.abc import Iterable, Sequence
from itertools import count

from livecomposer.events import Event, Note, Other, events_of_notes
from livecomposer.midi.files import Track
from livecomposer.settings import Settings

__all__ = ["NAME", "companion_track", "free_name"]

NAME = "companion"
_PROGRAM_CHANGE = 0xC0


def companion_track(
    notes: Iterable[Note], settings: Settings, *, start: float = 0.0, end: float = 0.0, name: str = NAME
) -> Track:
    """``notes`` on the companion's track, from ``start`` to ``end`` (seconds), with the program that is set."""
    program: list[Event] = []
    if settings.companion_program >= 0:
        program = [Other(start, bytes([_PROGRAM_CHANGE, settings.companion_program]))]
    return Track(name, (*program, *events_of_notes(notes)), end=end)


def free_name(tracks: Sequence[Track]) -> str:
    """A name for one companion more than ``tracks`` have."""
    taken = {track.name for track in tracks}
    return next(name for number in count(1) if (name := NAME if number == 1 else f"{NAME} {number}") not in taken)
