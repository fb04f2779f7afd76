"""Standard MIDI Files in and out.

Reading keeps what a player needs (notes, controllers, track names) in seconds, and counts what it leaves out or mends.
Anything that is not readable, playable MIDI becomes a :class:`MidiFileError` of one line.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import mido

from livecomposer.atomic_write import atomic_write
from livecomposer.errors import MidiFileError
from livecomposer.events import Control, Event, NoteOff, NoteOn, Other, events_of_notes, in_order
from livecomposer.midi.file_chunks import Chunks, TimedMessage, parse
from livecomposer.midi.file_conductor import conductor_of
from livecomposer.midi.file_faults import Fault, summary
from livecomposer.midi.file_notes import Ending, notes_of_strokes
from livecomposer.units import DEFAULT_TEMPO_US, TempoMap

__all__ = ["MAX_FILE_BYTES", "Fault", "Recording", "Track", "read", "summary", "write"]

MAX_FILE_BYTES = 4 * 2**20
"""About 1.2 million messages, ten seconds to read and two thirds of a gigabyte of memory: far above any one piece."""
MAX_SECONDS = 24 * 3600.0
_TICKS_PER_BEAT = 960
_DRUM_CHANNEL = 9
_MELODIC_CHANNELS = [channel for channel in range(16) if channel != _DRUM_CHANNEL]
_TICKS_PER_SECOND = _TICKS_PER_BEAT * 1_000_000 / DEFAULT_TEMPO_US
_TRACK_NAME = b"\xff\x03"
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f]")


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
    """A whole file. ``dropped`` counts, by reason, what was left out or mended.

    ``beats``: when each quarter note begins, in seconds, to past the end; none where time is not told in beats.
    """

    tracks: tuple[Track, ...]
    dropped: Mapping[Fault, int] = field(default_factory=dict)
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

    @property
    def remarks(self) -> str:
        """One line on what was left out or mended; empty where nothing was."""
        notes = sum(isinstance(event, NoteOn) for track in self.tracks for event in track.events)
        return f"read {notes:,} note{'s' * (notes != 1)}; {summary(self.dropped)}" if self.dropped else ""


def read(path: Path, notify: Callable[[str], None] = lambda _: None) -> Recording:
    """Read a file as a player or a DAW does, however odd.

    What is left out or mended is counted, and ``notify`` is given one line on it, if there is any. Drums (channel 10)
    are left out. Raises :class:`MidiFileError` for what is missing, too large, no MIDI file, without a note, or of type
    2 with several tracks, which are pieces of their own.
    """
    chunks = _load(path)
    recording = _recording(path, chunks)
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


def _recording(path: Path, chunks: Chunks) -> Recording:
    faults = Counter(chunks.faults)
    faults[Fault.FILE_TYPES] += chunks.kind > 1
    try:
        conductor = conductor_of(chunks, faults)
    except ValueError as error:
        raise MidiFileError(f"{path}: {error}") from error
    parts = [_part(messages, conductor.tempo, faults) for messages in chunks.tracks]
    ending = Ending.of([part.strokes for part in parts])
    tracks = tuple(track for part in parts if (track := _to_track(part, ending, faults)).events)
    seconds = max((track.events[-1].time for track in tracks), default=0.0)
    return Recording(tracks, dict(+faults), conductor.beats(seconds), conductor.quarters_per_bar)


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


@dataclass(slots=True)
class _Part:
    """One track as the file has it; ``end``: when its last message is, in seconds."""

    name: str = ""
    strokes: defaultdict[tuple[int, int], list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    others: list[Event] = field(default_factory=list)
    end: float = 0.0


def _part(messages: Sequence[TimedMessage], tempo: TempoMap, faults: Counter[Fault]) -> _Part:
    part = _Part()
    names = [data[2:] for _, data in messages if data.startswith(_TRACK_NAME)]
    if names:
        part.name = _to_name(names[0])
    for tick, message in messages:
        status = message[0]
        if status & 0x0F == _DRUM_CHANNEL and status < 0xF0:
            faults[Fault.DRUM_NOTES] += status == 0x99 and message[2] > 0
        elif status < 0xF0 and (data := _in_range(message[1:], faults)):
            now = tempo.to_seconds(tick)
            if status < 0xA0:
                part.strokes[status & 0x0F, data[0]].append((now, data[1] if status >= 0x90 else 0))
            elif status < 0xC0 and status >= 0xB0:
                part.others.append(Control(now, data[0], data[1]))
            else:
                part.others.append(Other(now, message[:1] + data))
    part.end = tempo.to_seconds(messages[-1][0]) if messages else 0.0
    return part


def _in_range(data: bytes, faults: Counter[Fault]) -> bytes:
    """The data bytes of a message with a value above 127 as 127; none of them where a number is above 127."""
    if data.isascii():
        return data
    if data[0] > 127:
        faults[Fault.NUMBERS] += 1
        return b""
    faults[Fault.VALUES] += 1
    return bytes(min(byte, 127) for byte in data)


def _to_track(part: _Part, ending: Ending, faults: Counter[Fault]) -> Track:
    notes = notes_of_strokes(part.strokes, ending, track_end=part.end, faults=faults)
    return Track(part.name, tuple(in_order([*part.others, *events_of_notes(notes)])))


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


def _to_name(data: bytes) -> str:
    """A track's name as UTF-8 where it is that, for the format does not say; else as Latin-1."""
    try:
        return data.decode("utf-8")
    except UnicodeError:
        return data.decode("latin-1")


def _from_name(name: str) -> str:
    """As mido writes Latin-1; without control characters, which are no text to whoever reads it."""
    return _CONTROL_CHARACTERS.sub(" ", name).encode("utf-8", errors="replace").decode("latin-1")


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
