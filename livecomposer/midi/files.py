"""Standard MIDI Files in and out.

Reading keeps what a player needs (notes, controllers, track names) in seconds, and counts what it leaves out. Anything
that is not readable, playable MIDI becomes a :class:`MidiFileError` of one line.
"""

import io
import re
import struct
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import mido

from livecomposer.atomic_write import atomic_write
from livecomposer.errors import MidiFileError
from livecomposer.events import Control, Event, Note, NoteOff, NoteOn, Other, events_of_notes, in_order, untangle
from livecomposer.units import DEFAULT_TEMPO_US, TempoMap

__all__ = ["MAX_FILE_BYTES", "Recording", "Track", "read", "write"]

MAX_FILE_BYTES = 4 * 2**20
"""About 1.4 million messages, some twenty seconds to read and a gigabyte of memory: far above any one piece."""
MAX_SECONDS = 24 * 3600.0
_MOST_BEATS = 100_000
_TICKS_PER_BEAT = 960
_DRUM_CHANNEL = 9
_MELODIC_CHANNELS = [channel for channel in range(16) if channel != _DRUM_CHANNEL]
_TICKS_PER_SECOND = _TICKS_PER_BEAT * 1_000_000 / DEFAULT_TEMPO_US
_FRAME_RATES = {24: 24.0, 25: 25.0, 29: 29.97, 30: 30.0}
"""Frames a second of the SMPTE formats (SMF 1.0); 29 stands for 30 drop-frame."""

_ENDLESS_NUMBER = re.compile(rb"[\x80-\xff]{8192}")
"""A number of the format ends at its first byte below 0x80, by the fourth at the latest; the parser would follow one to
the end of the file, in quadratic time. No file of music holds such a run."""


@dataclass(frozen=True, slots=True)
class Track:
    """One player's part: a name and its events in time order, in seconds from the start of the file.

    ``end``: when the written track ends, if that is later than its last event.
    """

    name: str
    events: tuple[Event, ...]
    end: float = 0.0


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole file. ``dropped`` counts, by reason, the notes that were left out.

    ``beats``: when each quarter note begins, in seconds, to past the end; none where time is not told in beats.
    """

    tracks: tuple[Track, ...]
    dropped: dict[str, int] = field(default_factory=dict)
    beats: tuple[float, ...] = ()
    quarters_per_bar: float = 4.0  # at the beginning

    @property
    def events(self) -> list[Event]:
        """All events of all tracks, in the order of :func:`in_order`."""
        return in_order(event for track in self.tracks for event in track.events)

    @property
    def seconds(self) -> float:
        """When the last event happens."""
        return max((track.events[-1].time for track in self.tracks if track.events), default=0.0)


def read(path: Path) -> Recording:
    """Read a type 0 or type 1 file.

    Raises :class:`MidiFileError` for what is missing, damaged, too large, of type 2, or without a note. Left out and
    counted are drums (channel 10), notes of no length, note-offs without a note, and notes doubled on one key; a note
    that never ends is counted and ends with its track.
    """
    file = _load(path)
    if file.type not in (0, 1):
        raise MidiFileError(f"{path}: MIDI of type {file.type}; wanted type 0 or 1: export it as type 1")
    dropped: Counter[str] = Counter()
    try:
        tempo = _tempo_map(path, file)
        tracks = tuple(track for source in file.tracks if (track := _read_track(source, tempo, dropped)).events)
    except OverflowError as error:
        raise MidiFileError(f"{path}: lasts for ever; wanted less than 24 hours: try to export it again") from error
    beats = _beats(tempo, file.ticks_per_beat, max((track.events[-1].time for track in tracks), default=0.0))
    recording = Recording(tracks, dict(dropped), beats, _quarters_per_bar(file))
    if not any(isinstance(event, NoteOn) for track in tracks for event in track.events):
        raise MidiFileError(f"{path}: no playable note in it; wanted at least one outside the drum channel")
    if recording.seconds > MAX_SECONDS:
        raise MidiFileError(f"{path}: lasts {recording.seconds / 3600:.0f} hours; wanted less than 24: cut it first")
    return recording


def _load(path: Path) -> mido.MidiFile:
    try:
        return mido.MidiFile(file=io.BytesIO(_bytes_of(path)), clip=True)
    except FileNotFoundError as error:
        raise MidiFileError(f"{path}: no such file; wanted a Standard MIDI File (.mid)") from error
    except (OSError, EOFError, ValueError, LookupError, TypeError, struct.error, mido.KeySignatureError) as error:
        reason = str(error) or "it ends too early"
        raise MidiFileError(f"{path}: not a readable MIDI file ({reason}); try to export it again") from error


def _bytes_of(path: Path) -> bytes:
    size = path.stat().st_size
    if not path.is_file():  # a pipe or a device might never end
        raise MidiFileError(f"{path}: a folder or device; wanted a Standard MIDI File (.mid)")
    if size > MAX_FILE_BYTES:
        limit = f"wanted at most {MAX_FILE_BYTES / 2**20:.0f} MiB: cut it first"
        raise MidiFileError(f"{path}: {size / 2**20:.1f} MiB; {limit}")
    data = path.read_bytes()
    if _ENDLESS_NUMBER.search(data):
        raise MidiFileError(f"{path}: not a readable MIDI file (a number without end); try to export it again")
    return data


def _tempo_map(path: Path, file: mido.MidiFile) -> TempoMap:
    division = file.ticks_per_beat
    if division < 0:  # SMPTE (SMF 1.0): minus frames a second in the high byte, ticks a frame in the low one
        rate = _FRAME_RATES.get(-(division >> 8), 0.0) * (division & 0xFF)
        if rate:
            return TempoMap([0], [0.0], [1 / rate])
    if division <= 0:
        raise MidiFileError(f"{path}: a time division of {division}; wanted ticks per beat or SMPTE frames")
    changes = [(tick, m.tempo) for track in file.tracks for tick, m in _absolute(track) if m.type == "set_tempo"]
    return TempoMap.from_changes(changes, division)


def _beats(tempo: TempoMap, ticks_per_beat: int, end: float) -> tuple[float, ...]:
    beats = [0.0]
    while ticks_per_beat > 0 and beats[-1] <= end:
        beats.append(tempo.to_seconds(len(beats) * ticks_per_beat))
        if beats[-1] <= beats[-2] or len(beats) > _MOST_BEATS:  # no music has such a tempo
            return ()
    return tuple(beats) if len(beats) > 1 else ()


def _quarters_per_bar(file: mido.MidiFile) -> float:
    """As the first time signature says; four without any."""
    signatures = (message for track in file.tracks for message in track if message.type == "time_signature")
    return next((4 * one.numerator / one.denominator for one in signatures), 4.0)


def _absolute(track: Iterable[mido.Message]) -> Iterator[tuple[int, mido.Message]]:
    tick = 0
    for message in track:
        tick += message.time
        yield tick, message


def _read_track(source: mido.MidiTrack, tempo: TempoMap, dropped: Counter[str]) -> Track:
    notes: list[Note] = []
    others: list[Event] = []
    open_: defaultdict[tuple[int, int], deque[tuple[float, int]]] = defaultdict(deque)  # start, velocity
    now = 0.0
    for tick, message in _absolute(source):
        now = tempo.to_seconds(tick)
        if message.is_meta or not hasattr(message, "channel"):
            continue
        struck = message.type == "note_on" and message.velocity > 0
        if message.channel == _DRUM_CHANNEL:
            dropped.update(["drum notes"] if struck else [])
        elif struck:
            open_[message.channel, message.note].append((now, message.velocity))
        elif message.type in ("note_on", "note_off"):
            if waiting := open_[message.channel, message.note]:
                start, velocity = waiting.popleft()
                notes.append(Note(start, now, message.note, velocity))
            else:
                dropped["note-offs without a note"] += 1
        else:
            others.append(_to_event(message, now))
    for (_, pitch), waiting in open_.items():
        dropped.update(["notes never ended (ended with their track)"] * len(waiting))
        notes += [Note(start, now, pitch, velocity) for start, velocity in waiting]
    return Track(_to_name(source.name), tuple(in_order([*others, *events_of_notes(_playable(notes, dropped))])))


def _to_event(message: mido.Message, now: float) -> Event:
    if message.type == "control_change":
        return Control(now, message.control, message.value)
    return Other(now, bytes(message.bytes()))


def _playable(notes: list[Note], dropped: Counter[str]) -> list[Note]:
    lasting = [note for note in notes if note.end > note.start]
    kept = untangle(lasting)
    dropped.update(["notes of no length"] * (len(notes) - len(lasting)))
    dropped.update(["notes doubled on one key"] * (len(lasting) - len(kept)))
    return kept


def write(path: Path, tracks: Sequence[Track]) -> None:
    """Write a type 1 file, one track a part, at 120 beats a minute and about half a millisecond a tick.

    Parts take the channels in turn, the drum channel left out. The file appears whole or not at all: it is written
    beside its place and moved there. Raises :class:`MidiFileError` where that cannot be done.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=_TICKS_PER_BEAT)
    for part, track in enumerate(tracks):
        file.tracks.append(_write_track(track, _MELODIC_CHANNELS[part % len(_MELODIC_CHANNELS)]))
    try:
        with atomic_write(path) as partial:
            file.save(partial)
    except OSError as error:
        raise MidiFileError(f"{path}: cannot be written ({error.strerror}); name a writable place") from error


def _write_track(track: Track, channel: int) -> mido.MidiTrack:
    result = mido.MidiTrack([mido.MetaMessage("track_name", name=_from_name(track.name), time=0)])
    struck: dict[int, int] = {}
    tick = 0
    for event in track.events:
        at = max(tick, round(event.time * _TICKS_PER_SECOND))
        if isinstance(event, NoteOn):
            struck[event.pitch] = at
        elif isinstance(event, NoteOff):
            at = max(at, struck.pop(event.pitch, -1) + 1)  # a note of no ticks would be lost to the next reader
        result.append(_to_message(event, channel).copy(time=at - tick))
        tick = at
    result.append(mido.MetaMessage("end_of_track", time=max(0, round(track.end * _TICKS_PER_SECOND) - tick)))
    return result


def _to_name(latin: str) -> str:
    """A track's name as UTF-8 where it is that; the format does not say, and mido reads Latin-1."""
    try:
        return latin.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return latin


def _from_name(name: str) -> str:
    return name.encode("utf-8", errors="replace").decode("latin-1")


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
