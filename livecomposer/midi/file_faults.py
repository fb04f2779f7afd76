"""What may be odd in a MIDI file: one table, and how it is told. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

__all__ = ["Fault", "summary"]


class Fault(StrEnum):
    """A kind of oddity: what several and one are called.

    What is ``mended`` was read as a player would have it; all else was left out of what was read.
    """

    one: str
    mended: bool

    def __new__(cls, many: str, one: str, mended: str = "") -> Self:
        """A member that is its own name for several."""
        fault = str.__new__(cls, many)
        fault._value_, fault.one, fault.mended = many, one, bool(mended)
        return fault

    LEADING_BYTES = "bytes ahead of the header", "byte ahead of the header"
    OTHER_CHUNKS = "chunks of another kind", "chunk of another kind"
    STRAY_BYTES = "bytes outside the tracks", "byte outside the tracks"
    MORE_FILES = "files behind the first", "file behind the first"
    MISSING_TRACKS = "tracks that the header counts and are not there", "track that the header counts and is not there"
    MISSING_BYTES = "bytes missing at the end", "byte missing at the end"
    UNREADABLE = "bytes that are no event", "byte that is no event"
    SYSTEM_MESSAGES = "system messages", "system message"
    BROKEN_SYSEX = "system-exclusive messages that hold other bytes", "system-exclusive message that holds other bytes"
    BROKEN_TEXTS = "texts that hold other bytes", "text that holds other bytes"
    SHORT_METAS = "meta events that say too little", "meta event that says too little"
    UNKNOWN_METAS = "meta events of an unknown kind", "meta event of an unknown kind"
    KEY_SIGNATURES = "key signatures that do not exist", "key signature that does not exist"
    TIME_SIGNATURES = "time signatures that do not exist", "time signature that does not exist"
    TEMPOS = "tempos of 0", "tempo of 0"
    NUMBERS = "messages with a number above 127", "message with a number above 127"
    DRUM_NOTES = "drum notes", "drum note"
    ORPHANS = "note-offs without a note", "note-off without a note"
    DOUBLED = "notes doubled on one key", "note doubled on one key"

    FILE_TYPES = "file types that do not fit", "file type that does not fit", "mended"
    HEADER_LENGTHS = "header lengths that are wrong", "header length that is wrong", "mended"
    UNCOUNTED_TRACKS = "tracks that the header does not count", "track that the header does not count", "mended"
    TRACK_LENGTHS = "track lengths that are wrong", "track length that is wrong", "mended"
    EARLY_ENDS = "ends of track ahead of the end", "end of track ahead of the end", "mended"
    ENDLESS_TRACKS = "tracks without an end", "track without an end", "mended"
    META_LENGTHS = "meta events of a wrong length", "meta event of a wrong length", "mended"
    SYSEX_LENGTHS = (
        "system-exclusive messages of a wrong length",
        "system-exclusive message of a wrong length",
        "mended",
    )
    VALUES = "values above 127", "value above 127", "mended"
    NO_LENGTH = "notes of no length", "note of no length", "mended"
    RESTRUCK = "notes ended by the next on their key", "note ended by the next on its key", "mended"
    HELD = "notes never ended", "note never ended", "mended"

    def counted(self, count: int) -> str:
        """As "1 drum note", "3,000 drum notes"."""
        return f"{count:,} {self.one if count == 1 else self.value}"


def summary(faults: Mapping[Fault, int]) -> str:
    """What was ignored and what was mended, as one line; empty where nothing was."""
    groups = {
        "ignored": [fault.counted(count) for fault, count in faults.items() if count and not fault.mended],
        "mended": [fault.counted(count) for fault, count in faults.items() if count and fault.mended],
    }
    return "; ".join(f"{how}: {', '.join(group)}" for how, group in groups.items() if group)
