"""What a MIDI file says of time: tempo, beats, bars; of all tracks, for files of type 1 may put it on any. Pure."""

from collections import Counter
from dataclasses import dataclass

from livecomposer.midi.file_chunks import META, Chunks
from livecomposer.midi.file_faults import Fault
from livecomposer.units import TempoMap

__all__ = ["TEMPO", "TIME_SIGNATURE", "Conductor", "conductor_of", "exists"]

TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x51, 0x58, 0x59
_MOST_BEATS = 100_000
_SMALLEST_BEAT = 7  # a 128th note
_SHARPS_OR_FLATS = {*range(8), *range(249, 256)}  # as one byte each, flats below zero
_FAULTS = {TEMPO: Fault.TEMPOS, TIME_SIGNATURE: Fault.TIME_SIGNATURES, KEY_SIGNATURE: Fault.KEY_SIGNATURES}
_LEAST = {TEMPO: 3, TIME_SIGNATURE: 2, KEY_SIGNATURE: 2}  # bytes without which they say nothing
_FRAME_RATES = {24: 24.0, 25: 25.0, 29: 29.97, 30: 30.0}
"""Frames a second of the SMPTE formats (SMF 1.0); 29 stands for 30 drop-frame."""


@dataclass(frozen=True, slots=True)
class Conductor:
    """How ticks become seconds; ``ticks_per_beat``, 0 where time is told in frames; quarters in the first bar."""

    tempo: TempoMap
    ticks_per_beat: int
    quarters_per_bar: float

    def beats(self, end: float) -> tuple[float, ...]:
        """When each quarter note begins, in seconds, to past ``end``; none where time is not told in beats."""
        beats = [0.0]
        while self.ticks_per_beat and beats[-1] <= end:
            beats.append(self.tempo.to_seconds(len(beats) * self.ticks_per_beat))
            if beats[-1] <= beats[-2] or len(beats) > _MOST_BEATS:  # no music has such a tempo
                return ()
        return tuple(beats) if len(beats) > 1 else ()


def conductor_of(chunks: Chunks, faults: Counter[Fault]) -> Conductor:
    """Read it; what does not exist is counted and ignored. Raises ``ValueError`` for a time division that is none."""
    metas = [(tick, data[1], data[2:]) for track in chunks.tracks for tick, data in track if data[0] == META]
    there = []
    for tick, kind, data in metas:
        if kind in _FAULTS and len(data) >= _LEAST[kind]:
            if exists(kind, data):
                there.append((tick, kind, data))
            else:
                faults[_FAULTS[kind]] += 1
    tempo = _tempo_map(
        chunks.division, [(tick, int.from_bytes(data[:3])) for tick, kind, data in there if kind == TEMPO]
    )
    bars = [4 * data[0] / 2 ** data[1] for _, kind, data in there if kind == TIME_SIGNATURE]
    return Conductor(tempo, max(0, chunks.division), bars[0] if bars else 4.0)


def exists(kind: int, data: bytes) -> bool:
    """Whether there is such a tempo, time signature or key signature; of other kinds of meta event, ``True``."""
    if kind == TEMPO:
        return any(data[:3])
    if kind == TIME_SIGNATURE:
        return data[0] > 0 and data[1] <= _SMALLEST_BEAT
    return kind != KEY_SIGNATURE or (data[0] in _SHARPS_OR_FLATS and data[1] <= 1)


def _tempo_map(division: int, changes: list[tuple[int, int]]) -> TempoMap:
    if division > 0:
        return TempoMap.from_changes(changes, division)
    # SMPTE (SMF 1.0): minus frames a second in the high byte, ticks a frame in the low one
    rate = _FRAME_RATES.get(-(division >> 8), 0.0) * (division & 0xFF)
    if not rate:
        raise ValueError(f"a time division of {division}; wanted ticks per beat or SMPTE frames")
    return TempoMap([0], [0.0], [1 / rate])
