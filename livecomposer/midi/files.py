"""Standard MIDI Files in and out.

Reading keeps what a player needs (notes, controllers, track names) in seconds, and counts what it leaves out or mends.
Anything that is not readable, playable MIDI becomes a :class:`MidiFileError` of one line.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import mido

from livecomposer.atomic_write import atomic_write
from livecomposer.errors import MidiFileError
from livecomposer.events import NoteOn
from livecomposer.midi.file_chunks import Chunks, parse
from livecomposer.midi.file_faults import Fault, summary
from livecomposer.midi.file_reader import recording_of
from livecomposer.midi.file_writer import extended_file, new_file
from livecomposer.midi.recording import Recording, Track

__all__ = ["MAX_FILE_BYTES", "Fault", "Recording", "Track", "extend", "read", "summary", "write"]

MAX_FILE_BYTES = 4 * 2**20
"""About 1.2 million messages, ten seconds to read and two thirds of a gigabyte of memory: far above any one piece."""
MAX_SECONDS = 24 * 3600.0


def read(path: Path, notify: Callable[[str], None] = lambda _: None) -> Recording:
    """Read a file as a player or a DAW does, however odd.

    What is left out or mended is counted, and ``notify`` is given one line on it, if there is any. Drums (channel 10)
    are left out. Raises :class:`MidiFileError` for what is missing, too large, no MIDI file, without a note, or of type
    2 with several tracks, which are pieces of their own.
    """
    chunks = _load(path)
    try:
        recording = recording_of(chunks)
    except ValueError as error:
        raise MidiFileError(f"{path}: {error}") from error
    has_notes = any(isinstance(event, NoteOn) for track in recording.tracks for event in track.events)
    if chunks.kind == 2 and (len(chunks.tracks) > 1 or not has_notes):
        raise MidiFileError(f"{path}: MIDI of type 2; wanted type 0 or 1: export it as type 1")
    if not has_notes:
        raise MidiFileError(f"{path}: {_why_nothing(recording)}")
    if recording.seconds > MAX_SECONDS:
        hours = recording.seconds / 3600
        raise MidiFileError(f"{path}: lasts {hours:.0f} hours; wanted less than 24: cut it first")
    if recording.remarks:
        notify(f"{path}: {recording.remarks}")
    return recording


def _why_nothing(recording: Recording) -> str:
    if {Fault.UNREADABLE, Fault.MISSING_BYTES} & recording.dropped.keys():
        return f"not a readable MIDI file ({summary(recording.dropped)}); try to export it again"
    return "no playable note in it; wanted at least one outside the drum channel"


def _load(path: Path) -> Chunks:
    try:
        return parse(_bytes_of(path))
    except FileNotFoundError as error:
        raise MidiFileError(f"{path}: no such file; wanted a Standard MIDI File (.mid)") from error
    except (OSError, ValueError) as error:
        raise MidiFileError(f"{path}: not a readable MIDI file ({error}); try to export it again") from error


def _bytes_of(path: Path) -> bytes:
    size = path.stat().st_size
    if not path.is_file():  # a pipe or a device might never end
        raise MidiFileError(f"{path}: a folder or device; wanted a Standard MIDI File (.mid)")
    if size > MAX_FILE_BYTES:
        limit = f"wanted at most {MAX_FILE_BYTES / 2**20:.0f} MiB: cut it first"
        raise MidiFileError(f"{path}: {size / 2**20:.1f} MiB; {limit}")
    return path.read_bytes()


def write(path: Path, tracks: Sequence[Track], *, tempo: float = 120.0, beats_per_bar: int = 4) -> None:
    """Write a new file, one track a part, with bars of so many quarters at ``tempo`` quarters a minute.

    The file appears whole or not at all: it is written beside its place and moved there. Raises
    :class:`MidiFileError` where that cannot be done.
    """
    _save(path, new_file(tracks, tempo=tempo, beats_per_bar=beats_per_bar))


def extend(path: Path, recording: Recording, track: Track, notify: Callable[[str], None] = lambda _: None) -> None:
    """Write all that was in ``recording``'s file, and ``track``, as :func:`write` does.

    A track of its name goes on with it; else it is one more. ``notify`` hears in a line what could not be kept.
    """
    if recording.source is None:
        write(path, (*recording.tracks, track))
    else:
        _save(path, extended_file(recording.source, track, lambda line: notify(f"{path}: {line}")))


def _save(path: Path, file: mido.MidiFile) -> None:
    try:
        with atomic_write(path) as partial:
            file.save(partial)
    except OSError as error:
        raise MidiFileError(f"{path}: cannot be written ({error.strerror}); name a writable place") from error
