"""The messages of a MIDI file as a recording: notes, controllers and track names, in seconds. Pure."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from livecomposer.events import Control, Event, Other, events_of_notes, in_order
from livecomposer.midi.file_chunks import Chunks, TimedMessage
from livecomposer.midi.file_conductor import conductor_of
from livecomposer.midi.file_faults import Fault
from livecomposer.midi.file_notes import Ending, Release, notes_of_strokes
from livecomposer.midi.recording import Recording, Source, Track
from livecomposer.units import TempoMap

__all__ = ["DRUM_CHANNEL", "in_range", "name_of", "recording_of"]

DRUM_CHANNEL = 9
_TRACK_NAME = b"\xff\x03"


def recording_of(chunks: Chunks) -> Recording:
    """The tracks that have events, but for drums (channel 10); what was left out or mended is counted.

    Raises ``ValueError`` for a time division that is none.
    """
    faults = Counter(chunks.faults)
    faults[Fault.FILE_TYPES] += chunks.kind > 1
    conductor = conductor_of(chunks, faults)
    parts = [_part(messages, conductor.tempo, faults) for messages in chunks.tracks]
    ending = Ending.of([part.strokes for part in parts])
    read = [_to_track(part, ending, faults) for part in parts]
    tracks = tuple(track for track, _ in read if track.events)
    seconds = max((track.events[-1].time for track in tracks), default=0.0)
    source = Source(chunks, conductor.tempo, tuple(releases for _, releases in read))
    return Recording(tracks, dict(+faults), conductor.beats(seconds), conductor.quarters_per_bar, source)


@dataclass(slots=True)
class _Part:
    """One track as the file has it; ``end``: when its last message is, in seconds."""

    name: str = ""
    strokes: defaultdict[tuple[int, int], list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    others: list[Event] = field(default_factory=list)
    end: float = 0.0


def _part(messages: Sequence[TimedMessage], tempo: TempoMap, faults: Counter[Fault]) -> _Part:
    part = _Part(name_of(messages))
    for tick, message in messages:
        status = message[0]
        if status & 0x0F == DRUM_CHANNEL and status < 0xF0:
            faults[Fault.DRUM_NOTES] += status == 0x99 and message[2] > 0
        elif status < 0xF0 and (data := _checked(message[1:], faults)):
            now = tempo.to_seconds(tick)
            if status < 0xA0:
                part.strokes[status & 0x0F, data[0]].append((now, data[1] if status >= 0x90 else 0))
            elif status < 0xC0 and status >= 0xB0:
                part.others.append(Control(now, data[0], data[1]))
            else:
                part.others.append(Other(now, message[:1] + data))
    part.end = tempo.to_seconds(messages[-1][0]) if messages else 0.0
    return part


def in_range(data: bytes) -> bytes:
    """The data bytes of a message, a value above 127 as 127; none of them where a number is above 127."""
    if data.isascii():
        return data
    return b"" if data[0] > 127 else bytes(min(byte, 127) for byte in data)


def _checked(data: bytes, faults: Counter[Fault]) -> bytes:
    fitting = in_range(data)
    if fitting is not data:
        faults[Fault.VALUES if fitting else Fault.NUMBERS] += 1
    return fitting


def _to_track(part: _Part, ending: Ending, faults: Counter[Fault]) -> tuple[Track, tuple[Release, ...]]:
    notes, releases = notes_of_strokes(part.strokes, ending, track_end=part.end, faults=faults)
    return Track(part.name, tuple(in_order([*part.others, *events_of_notes(notes)]))), tuple(releases)


def name_of(messages: Sequence[TimedMessage]) -> str:
    """The first name that a track is given: UTF-8 where it is that, for the format does not say; else Latin-1."""
    data = next((message[2:] for _, message in messages if message.startswith(_TRACK_NAME)), b"")
    try:
        return data.decode("utf-8")
    except UnicodeError:
        return data.decode("latin-1")
