"""Standard MIDI Files in and out.

Reading keeps what a player needs (notes, controllers, track names) in seconds, and counts what it leaves out. Anything
that is not readable, playable MIDI becomes a :class:`MidiFileError` of one line.
"""

import struct
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import mido

from livecomposer.errors import MidiFileError
from livecomposer.events import Control, Event, Note, NoteOff, NoteOn, Other, events_of_notes
from livecomposer.units import DEFAULT_TEMPO_US, TempoMap

__all__ = ["MAX_FILE_BYTES", "Recording", "Track", "read", "write"]

MAX_FILE_BYTES = 16 * 2**20
MAX_MESSAGES = 2_000_000
MAX_SECONDS = 24 * 3600.0
_TICKS_PER_BEAT = 960
_DRUM_CHANNEL = 9
_TICKS_PER_SECOND = _TICKS_PER_BEAT * 1_000_000 / DEFAULT_TEMPO_US


@dataclass(frozen=True, slots=True)
class Track:
    """One player's part: a name and its events in time order, in seconds from the start of the file."""

    name: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole file. ``dropped`` counts, by reason, the notes that were left out."""

    tracks: tuple[Track, ...]
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def events(self) -> list[Event]:
        """All events of all tracks, in time order."""
        return sorted((e for track in self.tracks for e in track.events), key=lambda event: event.time)

    @property
    def seconds(self) -> float:
        """When the last event happens."""
        return max((track.events[-1].time for track in self.tracks if track.events), default=0.0)


def read(path: Path) -> Recording:
    """Read a type 0 or type 1 file.

    Raises :class:`MidiFileError` for what is missing, damaged, too large, of type 2, or without a note. Drums (channel
    10) are left out; a note of no length and a note-off without a note are dropped and counted; a note that never ends
    ends with its track.
    """
    file = _load(path)
    if file.type == 2:
        raise MidiFileError(f"{path}: MIDI of type 2 (separate patterns); wanted type 0 or 1: export it as type 1")
    if sum(map(len, file.tracks)) > MAX_MESSAGES:
        raise MidiFileError(f"{path}: more than {MAX_MESSAGES:,} messages; wanted one piece: cut it first")
    tempo = _tempo_map(path, file)
    dropped: Counter[str] = Counter()
    tracks = tuple(track for source in file.tracks if (track := _read_track(source, tempo, dropped)).events)
    recording = Recording(tracks, dict(dropped))
    if not any(isinstance(event, NoteOn) for track in tracks for event in track.events):
        raise MidiFileError(f"{path}: no playable note in it; wanted at least one outside the drum channel")
    if recording.seconds > MAX_SECONDS:
        raise MidiFileError(f"{path}: lasts {recording.seconds / 3600:.0f} hours; wanted less than 24: cut it first")
    return recording


def _load(path: Path) -> mido.MidiFile:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise MidiFileError(f"{path}: {size / 2**20:.0f} MiB; wanted at most {MAX_FILE_BYTES // 2**20} MiB")
        return mido.MidiFile(path, clip=True)
    except FileNotFoundError as error:
        raise MidiFileError(f"{path}: no such file; wanted a Standard MIDI File (.mid)") from error
    except IsADirectoryError as error:
        raise MidiFileError(f"{path}: a folder; wanted a Standard MIDI File (.mid)") from error
    except (OSError, EOFError, ValueError, LookupError, TypeError, struct.error, mido.KeySignatureError) as error:
        reason = str(error) or "it ends too early"
        raise MidiFileError(f"{path}: not a readable MIDI file ({reason}); try to export it again") from error


def _tempo_map(path: Path, file: mido.MidiFile) -> TempoMap:
    division = file.ticks_per_beat
    if division < 0:  # SMPTE (SMF 1.0): minus frames a second in the high byte, ticks a frame in the low one
        frames, ticks = 256 - ((division >> 8) & 0xFF), division & 0xFF
        rate = {29: 29.97}.get(frames, float(frames)) * ticks
        if rate:
            return TempoMap([0], [0.0], [1 / rate])
    if division <= 0:
        raise MidiFileError(f"{path}: a time division of {division}; wanted ticks per beat or SMPTE frames")
    changes = [(tick, m.tempo) for track in file.tracks for tick, m in _absolute(track) if m.type == "set_tempo"]
    return TempoMap.from_changes(changes, division)


def _absolute(track: Iterable[mido.Message]) -> Iterator[tuple[int, mido.Message]]:
    tick = 0
    for message in track:
        tick += message.time
        yield tick, message


def _read_track(source: mido.MidiTrack, tempo: TempoMap, dropped: Counter[str]) -> Track:
    notes: list[Note] = []
    others: list[Event] = []
    open_: defaultdict[tuple[int, int], deque[tuple[int, int]]] = defaultdict(deque)  # start tick, velocity
    tick = 0
    for tick, message in _absolute(source):
        if message.is_meta or getattr(message, "channel", _DRUM_CHANNEL) == _DRUM_CHANNEL:
            continue
        if message.type == "note_on" and message.velocity:
            open_[message.channel, message.note].append((tick, message.velocity))
        elif message.type in ("note_on", "note_off"):
            waiting = open_[message.channel, message.note]
            reason = _cannot_end(waiting, tick)
            start, velocity = waiting.popleft() if waiting else (tick, 0)
            if reason:
                dropped[reason] += 1
            else:
                notes.append(Note(tempo.to_seconds(start), tempo.to_seconds(tick), message.note, velocity))
        elif message.type == "control_change":
            others.append(Control(tempo.to_seconds(tick), message.control, message.value))
        else:
            others.append(Other(tempo.to_seconds(tick), bytes(message.bytes())))
    for (_, pitch), waiting in open_.items():
        dropped["notes never ended (ended with their track)"] += len(waiting)
        notes += [Note(tempo.to_seconds(start), tempo.to_seconds(tick), pitch, velocity) for start, velocity in waiting]
    return Track(source.name, tuple(sorted([*events_of_notes(notes), *others], key=lambda event: event.time)))


def _cannot_end(waiting: deque[tuple[int, int]], tick: int) -> str | None:
    if not waiting:
        return "note-offs without a note"
    return "notes of no length" if waiting[0][0] == tick else None


def write(path: Path, tracks: Sequence[Track]) -> None:
    """Write a type 1 file, one track a part, at 120 beats a minute and about half a millisecond a tick.

    The file appears whole or not at all: it is written beside its place and moved there.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=_TICKS_PER_BEAT)
    for channel, track in enumerate(tracks):
        file.tracks.append(_write_track(track, channel))
    partial = path.with_name(path.name + ".partial")
    try:
        file.save(partial)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise MidiFileError(f"{path}: cannot be written ({error.strerror}); name a writable place") from error


def _write_track(track: Track, channel: int) -> mido.MidiTrack:
    result = mido.MidiTrack([mido.MetaMessage("track_name", name=track.name, time=0)])
    tick = 0
    for event in track.events:
        at = max(tick, round(event.time * _TICKS_PER_SECOND))
        message = _to_message(event, channel)
        result.append(message.copy(time=at - tick))
        tick = at
    return result


def _to_message(event: Event, channel: int) -> mido.Message:
    match event:
        case NoteOn():
            return mido.Message("note_on", channel=channel, note=event.pitch, velocity=event.velocity)
        case NoteOff():
            return mido.Message("note_off", channel=channel, note=event.pitch)
        case Control():
            return mido.Message("control_change", channel=channel, control=event.number, value=event.value)
        case Other():
            return mido.Message.from_bytes(event.data).copy(channel=channel)
