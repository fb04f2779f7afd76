"""Strokes and releases of keys, as a file has them, to whole notes: pure."""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from livecomposer.events import Note, untangle
from livecomposer.midi.file_faults import Fault

__all__ = ["Ending", "Release", "Strokes", "notes_of_strokes"]

_Stroke = tuple[float, int]
Strokes = Mapping[tuple[int, int], Sequence[_Stroke]]
"""Of each channel and key, its strokes and releases in order: seconds and velocity, which is 0 for a release."""

Release = tuple[int, int, float]
"""Channel, key and seconds of a release."""

_SHORTEST = 0.001  # seconds of a note of no length
_LONGEST_TAIL = 10.0
"""Seconds that a track may go on behind the last stroke or release of its file and still say how long keys are held."""
_CHORD_SPREAD = 0.05  # seconds within which strokes are one chord
_DEFAULT_SPACING = 0.5  # seconds, where nothing else tells how long a note is


@dataclass(frozen=True, slots=True)
class Ending:
    """How a file ends: ``onsets``, all of its strokes, sorted, and ``last``, its last stroke or release, in seconds."""

    onsets: Sequence[float]
    last: float

    @classmethod
    def of(cls, parts: Sequence[Strokes]) -> "Ending":
        """Of a file with these ``parts``."""
        strokes = [stroke for part in parts for strokes in part.values() for stroke in strokes]
        onsets = sorted({time for time, velocity in strokes if velocity})
        return cls(onsets, max((time for time, _ in strokes), default=0.0))

    def of_note(self, start: float, track_end: float) -> float:
        """When a key that was struck at ``start`` and never released ends.

        With its track, but not long behind all music; and a chord that the file ends on is as long as the spacing of
        the strokes before it.
        """
        stop = track_end if track_end <= self.last + _LONGEST_TAIL else self.last
        if stop - start >= _CHORD_SPREAD:
            return stop
        before = bisect_left(self.onsets, start - _CHORD_SPREAD)
        spacing = start - self.onsets[before - 1] if before else _DEFAULT_SPACING
        return start + min(spacing, _LONGEST_TAIL)


def notes_of_strokes(
    strokes: Strokes, ending: Ending, *, track_end: float, faults: Counter[Fault]
) -> tuple[list[Note], list[Release]]:
    """The notes of one track, of which no two sound at once on one key, and the releases that its last ones lack.

    What was mended or left out is counted.
    """
    notes: list[Note] = []
    releases: list[Release] = []
    for (channel, pitch), of_key in strokes.items():
        found, held = _notes_of_key(of_key, pitch, faults)
        notes += found
        if held is not None:
            faults[Fault.HELD] += 1
            end = ending.of_note(held[0], track_end)
            notes.append(Note(held[0], end, pitch, held[1]))
            releases.append((channel, pitch, end))
    lasting = [_lasting(note, faults) for note in notes]
    kept = untangle(lasting)
    faults[Fault.DOUBLED] += len(lasting) - len(kept)
    return kept, releases


def _notes_of_key(strokes: Sequence[_Stroke], pitch: int, faults: Counter[Fault]) -> tuple[list[Note], _Stroke | None]:
    """The notes of one key, and the stroke that is never released.

    Each release ends the earliest stroke that has none. From where releases are missing on that would lengthen every
    later note, so there the next stroke ends a note.
    """
    paired = _paired(strokes)
    notes = []
    waiting: deque[_Stroke] = deque()
    for time, velocity in strokes[:paired]:
        if velocity:
            waiting.append((time, velocity))
        elif waiting:
            start, struck = waiting.popleft()
            notes.append(Note(start, time, pitch, struck))
        else:
            faults[Fault.ORPHANS] += 1
    more, held = _notes_by_strokes(strokes[paired:], pitch, faults)
    return notes + more, held


def _paired(strokes: Sequence[_Stroke]) -> int:
    """How many of ``strokes``, from the first, leave the key up with every stroke released."""
    down = paired = 0
    for count, (_, velocity) in enumerate(strokes, 1):
        down = down + 1 if velocity else max(0, down - 1)
        paired = paired if down else count
    return paired


def _notes_by_strokes(
    strokes: Sequence[_Stroke], pitch: int, faults: Counter[Fault]
) -> tuple[list[Note], _Stroke | None]:
    notes: list[Note] = []
    held: _Stroke | None = None
    for time, velocity in strokes:
        if velocity:
            if held is not None:
                notes.append(Note(held[0], time, pitch, held[1]))
                faults[Fault.RESTRUCK] += 1
            held = (time, velocity)
        elif held is None:
            faults[Fault.ORPHANS] += 1
        elif notes and notes[-1].end == held[0] == time:  # the release of the stroke before, late within its tick
            faults[Fault.RESTRUCK] -= 1
        else:
            notes.append(Note(held[0], time, pitch, held[1]))
            held = None
    return notes, held


def _lasting(note: Note, faults: Counter[Fault]) -> Note:
    if note.end > note.start:
        return note
    faults[Fault.NO_LENGTH] += 1
    return replace(note, end=note.start + _SHORTEST)
