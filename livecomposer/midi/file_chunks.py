"""The bytes of a Standard MIDI File as messages at ticks, however damaged; what they mean is not asked here. Pure.

It reads what players and DAWs read, and counts whatever was not as it should be. The readers that others keep stop at
the first fault or pass over notes without a word (README, *Decisions*). After SMF 1.0 (RP-001), which it is laxer than.
"""

import re
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from livecomposer.midi.file_faults import Fault

__all__ = ["END_OF_TRACK", "META", "META_LENGTHS", "SYSEX", "SYSEX_END", "Chunks", "TimedMessage", "parse"]

TimedMessage = tuple[int, bytes]
"""The absolute tick of a message, and its bytes: of a meta event 0xFF, its kind and its data; of a system-exclusive
message 0xF0 or 0xF7 and its data. Data bytes of channel messages may be above 127."""

META, END_OF_TRACK = 0xFF, 0x2F
_END = bytes([META, END_OF_TRACK])
SYSEX, SYSEX_END = 0xF0, 0xF7
_SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1}
"""Data bytes of the system messages that have any (MIDI 1.0, table 5)."""
_LARGEST_NUMBER = 0x0FFFFFFF  # of the format's variable-length ones

META_LENGTHS = {0x00: 2, 0x20: 1, 0x21: 1, END_OF_TRACK: 0, 0x51: 3, 0x54: 5, 0x58: 4, 0x59: 2}
"""Data bytes of the kinds of meta event that have a fixed number."""
_ENOUGH = META_LENGTHS | {0x58: 2}  # a time signature's first two say it
_LAST_TEXT = 0x0F
_OTHER_METAS = (0x2E, 0x4B, 0x60, 0x7F)  # what some sequencers put there

_LANDMARK = re.compile(rb"MTrk|MThd")
_CHUNK_NAME = re.compile(rb"[ -~]{4}")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f](?!\x00*$)")
_STATUS_BYTE = re.compile(rb"[\x80-\xff]")
_SYSEX_PATTERN = re.compile(rb"[\x00-\x7f]*(?:\xf7\xf0[\x00-\x7f]*)*\xf7?")  # some pack several into one
_BYTES = [bytes([value]) for value in range(256)]


@dataclass(frozen=True, slots=True)
class Chunks:
    """``kind``: 0, 1 or 2; ``division``: the 16 bits that say what a tick is, signed; a list of messages a track."""

    kind: int
    division: int
    tracks: tuple[list[TimedMessage], ...]
    faults: Counter[Fault]


@dataclass(frozen=True, slots=True)
class _Body:
    """What a track's bytes say: up to ``stop`` they could be read; ``closed`` by an end of track, or not."""

    messages: list[TimedMessage]
    stop: int
    closed: bool
    faults: Counter[Fault]


def parse(data: bytes) -> Chunks:
    """Read what can be read; raises ``ValueError`` where there is no whole header."""
    header = data.find(b"MThd")
    if header < 0:
        raise ValueError("MThd not found")
    if len(data) < header + 14:
        raise ValueError("it ends within its header")
    faults: Counter[Fault] = Counter()
    if data[8:12] == b"RMID":  # in a RIFF file, whose other chunks are its own
        size = int.from_bytes(data[header - 4 : header], "little")
        data = data[: header + size] if size > 14 else data
    else:
        faults[Fault.LEADING_BYTES] += header
    length, kind, counted, division = struct.unpack_from(">LHHh", data, header + 4)
    faults[Fault.HEADER_LENGTHS] += length != 6
    end = header + 8 + length
    tracks = list(_tracks(data, end if _is_boundary(data, end) else header + 14, counted, faults))
    faults[Fault.MISSING_TRACKS] += max(0, counted - len(tracks))
    faults[Fault.UNCOUNTED_TRACKS] += max(0, len(tracks) - counted)
    return Chunks(kind, division, tuple(tracks), +faults)


def _tracks(data: bytes, at: int, counted: int, faults: Counter[Fault]) -> Iterator[list[TimedMessage]]:
    sure = _adds_up(data, at, counted)
    while (at := _next_track(data, at, faults)) >= 0:
        messages, at = _track(data, at, sure=sure, faults=faults)
        yield messages


def _adds_up(data: bytes, at: int, counted: int) -> bool:
    """Whether the chunks from ``at`` on fill the file, with as many tracks as are ``counted``."""
    while 0 <= at < len(data):
        counted -= data[at : at + 4] == b"MTrk"
        at = _chunk_end(data, at)
    return at == len(data) and counted == 0


def _next_track(data: bytes, at: int, faults: Counter[Fault]) -> int:
    """Where the next track of this file begins, at ``at`` or behind it; -1 where there is none."""
    start = _landmark(data, at)
    while at < start:
        end = _chunk_end(data, at)
        known = at < end <= start
        faults[Fault.OTHER_CHUNKS if known else Fault.STRAY_BYTES] += 1 if known else start - at
        at = end if known else start
    faults[Fault.MORE_FILES] += data.startswith(b"MThd", at)
    return at if data.startswith(b"MTrk", at) else -1


def _landmark(data: bytes, at: int) -> int:
    """Where the next track or file begins, at ``at`` or behind it, or the data ends."""
    found = _LANDMARK.search(data, at)
    return found.start() if found else len(data)


def _chunk_end(data: bytes, at: int) -> int:
    """Where the chunk at ``at`` says that it ends; -1 where it seems to be none."""
    end = at + 8 + int.from_bytes(data[at + 4 : at + 8])
    return end if _CHUNK_NAME.match(data, at) and at + 8 <= len(data) and end <= len(data) else -1


def _is_boundary(data: bytes, at: int) -> bool:
    return at == len(data) or data[at : at + 4] == b"MTrk" or _chunk_end(data, at) >= 0


def _track(data: bytes, at: int, *, sure: bool, faults: Counter[Fault]) -> tuple[list[TimedMessage], int]:
    """The messages of the track at ``at``, and where to look for the next; what is wrong with it is counted."""
    start = at + 8
    end = start + int.from_bytes(data[at + 4 : start])
    body, limit = _bounded(data, start, end, sure=sure)
    stop = start + body.stop if body.closed else limit
    missing = max(0, end - stop) if stop == len(data) and not body.closed else 0
    faults.update(body.faults)
    faults[Fault.UNREADABLE] += stop - start - body.stop
    faults[Fault.MISSING_BYTES] += missing
    faults[Fault.TRACK_LENGTHS] += stop != end and not missing
    faults[Fault.ENDLESS_TRACKS] += not body.closed
    return body.messages, stop


def _bounded(data: bytes, start: int, end: int, *, sure: bool) -> tuple[_Body, int]:
    """A track from ``start`` that claims to last to ``end``, and how far it may go.

    The claim is believed where all of the file's are ``sure``, or where it leads to another chunk, or to the end of the
    file, and over no other track. Then an end of track may stand in its midst, too: some libraries write that. Else it
    goes to its first end of track; without any, as far as it claims, if that is between two messages; else to the next.
    """
    limit = _landmark(data, start)
    if sure or (end <= limit and _is_boundary(data, end)):
        limit = end
        if (body := _body(data[start:end], whole=True)).closed:
            return body, end
    body = _body(data[start:limit], whole=False)
    if not body.closed and start < end < limit:
        claimed = _body(data[start:end], whole=False)
        if claimed.stop == end - start:
            return claimed, end
    return body, limit


def _body(body: bytes, *, whole: bool) -> _Body:
    """The messages of a track, to its first end of track or, if ``whole``, of all of its bytes.

    Running status goes on behind system and meta events, which ends it by the letter, but not in most players.
    """
    messages: list[TimedMessage] = []
    faults: Counter[Fault] = Counter()
    tick = at = begun = status = 0
    closed = False
    try:
        while at < len(body) and not (closed and not whole):
            begun = at
            delta, at = (body[at], at + 1) if body[at] < 0x80 else _number(body, at)
            tick += delta
            if body[at] >= 0xF0:
                message, at = _system(body, at, faults)
                closed = message[:2] == _END
                if message:
                    messages.append((tick, message))
                    faults[Fault.EARLY_ENDS] += closed and whole and at < len(body)
            else:
                if body[at] >= 0x80:
                    status = body[at]
                    at += 1
                end = at + (1 if 0xC0 <= status < 0xE0 else 2)
                if not status or end > len(body):
                    raise IndexError
                messages.append((tick, _BYTES[status] + body[at:end]))
                at = end
                closed = False
    except IndexError:  # it breaks off, or is none
        return _Body(messages, begun, closed=False, faults=faults)
    return _Body(messages, at, closed=closed, faults=faults)


def _number(body: bytes, at: int) -> tuple[int, int]:
    """The variable-length number at ``at``, and where it ends; raises ``IndexError`` where it does not."""
    value = 0
    while True:
        value = value << 7 | body[at] & 0x7F
        if value > _LARGEST_NUMBER:
            raise IndexError
        at += 1
        if body[at - 1] < 0x80:
            return value, at


def _system(body: bytes, at: int, faults: Counter[Fault]) -> tuple[bytes, int]:
    """The meta event or system message at ``at``, empty where it is left out, and where it ends."""
    status = body[at]
    if status == META:
        return _meta(body, at, faults)
    if status == SYSEX:
        return _sysex(body, at, faults)
    if status == SYSEX_END:
        return _escape(body, at, faults)
    faults[Fault.SYSTEM_MESSAGES] += 1
    return b"", min(at + 1 + _SYSTEM_LENGTHS.get(status, 0), len(body))


def _meta(body: bytes, at: int, faults: Counter[Fault]) -> tuple[bytes, int]:
    kind = body[at + 1]
    start, end = _counted(body, at + 2)
    wanted = META_LENGTHS.get(kind)
    if wanted is None:
        faults[Fault.UNKNOWN_METAS] += kind > _LAST_TEXT and kind not in _OTHER_METAS
        faults[Fault.BROKEN_TEXTS] += kind <= _LAST_TEXT and bool(_NO_TEXT.search(body, start, end))
    elif end - start != wanted:
        faults[Fault.SHORT_METAS if end - start < _ENOUGH[kind] else Fault.META_LENGTHS] += 1
    return b"\xff" + _BYTES[kind] + body[start:end], end


def _counted(body: bytes, at: int) -> tuple[int, int]:
    """Where data whose length is told at ``at`` begins and ends; raises ``IndexError`` where it is not all there."""
    length, start = _number(body, at)
    if start + length > len(body):
        raise IndexError
    return start, start + length


def _sysex(body: bytes, at: int, faults: Counter[Fault]) -> tuple[bytes, int]:
    """A system-exclusive message; where its length leads elsewhere it ends at its 0xF7, as it does on a wire."""
    length, start = _number(body, at + 1)
    end = start + length
    if end > len(body) or not _SYSEX_PATTERN.fullmatch(body, start, end):
        closing = _STATUS_BYTE.search(body, start)
        if closing and body[closing.start()] == SYSEX_END:
            faults[Fault.SYSEX_LENGTHS] += 1
            end = closing.end()
        elif end > len(body):
            raise IndexError
        else:
            faults[Fault.BROKEN_SYSEX] += 1
    elif body[end - 1] != SYSEX_END and body[end : end + 1] == b"\xf7":
        faults[Fault.SYSEX_LENGTHS] += 1
        end += 1
    return b"\xf0" + body[start:end], end


def _escape(body: bytes, at: int, faults: Counter[Fault]) -> tuple[bytes, int]:
    """More of a system-exclusive message, or any other bytes to be sent as they are."""
    start, end = _counted(body, at + 1)
    faults[Fault.SYSTEM_MESSAGES] += not _SYSEX_PATTERN.fullmatch(body, start, end)
    return b"\xf7" + body[start:end], end
