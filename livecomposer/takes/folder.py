"""The folder of takes: what is in it, as notes; new takes made from edited notes, and exchanges that are kept."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from livecomposer.companion.undo_history import Exchange
from livecomposer.errors import MidiFileError
from livecomposer.events import Note, NoteOn, events_of_notes
from livecomposer.midi import files
from livecomposer.midi.files import Track
from livecomposer.tokens.stream import notes_heard

__all__ = ["MOST_NOTES", "Take", "find_take", "kept", "notes_of", "save_take", "takes_in"]

MOST_NOTES = 50_000
_MOST_TAKES = 500
_LONGEST_SECONDS = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Take:
    """One file in the folder."""

    name: str
    changed: float
    """When it was last written, in seconds since 1970."""
    size: int
    """Bytes."""


def takes_in(folder: Path) -> list[Take]:
    """The newest 500 takes, newest first."""
    found = []
    for path in folder.glob("*.mid"):
        try:
            stat = path.stat()
        except OSError:  # deleted meanwhile
            continue
        if path.is_file():
            found.append(Take(path.name, stat.st_mtime, stat.st_size))
    return sorted(found, key=lambda take: (-take.changed, take.name))[:_MOST_TAKES]


def find_take(folder: Path, name: str) -> Path:
    """The path of the take called ``name``; raises :class:`MidiFileError` where there is none in ``folder`` itself."""
    path = folder / name
    try:
        found = path.suffix == ".mid" and path.is_file() and path.resolve().parent == folder.resolve()
    except (OSError, ValueError):  # a name that no file can have
        found = False
    if not found or Path(name).name != name:
        raise MidiFileError(f"{name[:80]!r}: no such take; it may have been deleted: look at the list again")
    return path


def notes_of(path: Path, notify: Callable[[str], None] = lambda _: None) -> dict[str, list[Note]]:
    """The notes heard on each part of a take, the pedal applied; tracks of one name are one part.

    ``notify`` hears in one line what is odd about the file.
    Raises :class:`MidiFileError`.
    """
    parts: dict[str, list[Note]] = {}
    for number, track in enumerate(files.read(path, notify).tracks, 1):
        parts.setdefault(track.name or f"track {number}", []).extend(notes_heard([track.events]))
    return parts


def save_take(folder: Path, parts: Mapping[str, Iterable[Note]], *, stem: str = "") -> Path:
    """Write the parts as a new take, its name made of ``stem`` or of the time; returns its path.

    Raises :class:`MidiFileError` where there is no note, where there are too many, or where it cannot be written.
    """
    tracks = [Track(name, tuple(events_of_notes(notes))) for name, notes in parts.items()]
    notes = sum(len(track.events) for track in tracks) // 2
    end = max((track.events[-1].time for track in tracks if track.events), default=0.0)
    if not 0 < notes <= MOST_NOTES or end > _LONGEST_SECONDS:
        raise MidiFileError(
            f"{notes} notes in {end:.0f} s: wanted 1 to {MOST_NOTES} within six hours; nothing was saved"
        )
    path = _free(folder, stem or time.strftime("%Y-%m-%d_%H-%M-%S"))
    files.write(path, [track for track in tracks if track.events])
    return path


def kept(exchange: Exchange | None, now: float, *, beside: Path | None) -> str:
    """Keep ``exchange`` as a MIDI file of two tracks beside the take ``beside``; what became of it, in a line."""
    if beside is None:
        return "nothing is recorded; begin with --record DIR"
    parts = {} if exchange is None else exchange.parts(now)
    if not any(isinstance(event, NoteOn) for events in parts.values() for event in events):
        return "nothing was played together yet; wait for the companion's first turn"
    paths = (beside.with_name(f"{beside.stem}_kept_{number}.mid") for number in count(1))
    path = next(path for path in paths if not path.exists())
    try:
        files.write(path, [files.Track(role.name.lower(), tuple(events)) for role, events in parts.items()])
    except MidiFileError as error:
        return str(error)
    return str(path)


def _free(folder: Path, stem: str) -> Path:
    number = 1
    while (path := folder / f"{stem}_{number}.mid").exists():
        number += 1
    return path
