"""What a MIDI file holds: tracks of events, in seconds from its start. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from livecomposer.events import Event, NoteOn, in_order
from livecomposer.midi.file_chunks import Chunks
from livecomposer.midi.file_faults import Fault, summary
from livecomposer.midi.file_notes import Release
from livecomposer.units import TempoMap

__all__ = ["Recording", "Source", "Track"]


@dataclass(frozen=True, slots=True)
class Track:
    """One player's part: a name and its events in time order, in seconds from the start of the file.

    ``end``: when the written track ends, if that is later than its last event.
    """

    name: str
    events: tuple[Event, ...]
    end: float = 0.0


@dataclass(frozen=True, slots=True)
class Source:
    """All that a file says, to be written again: its messages, what its ticks are, and what ends its held notes.

    ``releases``: those that each track lacks.
    """

    chunks: Chunks
    tempo: TempoMap
    releases: tuple[tuple[Release, ...], ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole file. ``dropped`` counts, by reason, what was left out or mended.

    ``beats``: when each quarter note begins, in seconds, to past the end; none where time is not told in beats.
    ``source``: the file itself, where there is one.
    """

    tracks: tuple[Track, ...]
    dropped: Mapping[Fault, int] = field(default_factory=dict)
    beats: tuple[float, ...] = ()
    quarters_per_bar: float = 4.0  # at the beginning
    source: Source | None = field(default=None, compare=False, repr=False)

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
