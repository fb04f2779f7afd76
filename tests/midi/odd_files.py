"""Files made by hand, byte by byte, and damaged in the ways that files of real software are."""

import struct
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import strategies as st

CASES = Path(__file__).parent / "cases"
"""Small files of the kinds that other software's bug reports tell of."""
END = b"\0\xff\x2f\0"
KEY = b"\0\x90\x3c\x40\x60\x80\x3c\x40"
"""Middle C for 96 ticks."""


def chunk(name, body, length=None):
    """A chunk that says ``length``, or how long it is."""
    return name + struct.pack(">L", len(body) if length is None else length & 0xFFFFFFFF) + body


def header(*, kind=1, count=1, division=96, length=6, more=b""):
    """The header chunk; ``more``: bytes behind the usual six."""
    return b"MThd" + struct.pack(">LHHH", length, kind, count, division & 0xFFFF) + more


def smf(*bodies, kind=1, division=96):
    """The bytes of a file with these tracks; ``division`` is the signed or unsigned 16-bit field."""
    head = header(kind=kind, count=len(bodies), division=division)
    return head + b"".join(chunk(b"MTrk", body) for body in bodies)


def number(value):
    """A variable-length number."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.insert(0, value & 0x7F | 0x80)
    return bytes(digits)


CONDUCTOR = b"".join(
    (
        b"\0\xff\x03\x04song",
        b"\0\xff\x58\x04\x03\x02\x18\x08",  # 3/4
        b"\0\xff\x59\x02\xfd\x01",  # c minor
        b"\0\xff\x51\x03\x07\xa1\x20",  # 120 beats a minute
        b"\x60\xff\x51\x03\x0f\x42\x40",  # after a beat of 96 ticks: 60
    )
)
PIANO = b"\0\xff\x03\x05piano\0\xc0\x05\0\xb0\x07\x64" + KEY + b"\0\x90\x40\x40\x60\x80\x40\x40"
DRUMS = b"\0\xc9\x08\0\x99\x24\x40\x60\x89\x24\x40"
"""Bodies of tracks, without their ends, as a sequencer's file has them."""


BETWEEN = {
    "text": b"\xff\x01\x05hello",
    "sysex": b"\xf0\x05\x7e\x7f\x09\x01\xf7",
    "sysex as on a wire": b"\xf0\x7e\x7f\x09\x01\xf7",
    "sysex longer than it says": b"\xf0\x04\x7e\x7f\x09\x01\xf7",
    "sysex shorter than it says": b"\xf0\x20\x7e\x7f\x09\x01\xf7",
    "tempo of 0": b"\xff\x51\x03\0\0\0",
    "no tempo": b"\xff\x51\0",
    "8 flats": b"\xff\x59\x02\xf8\0",
    "no key": b"\xff\x59\0",
    "no time": b"\xff\x58\0",
    "half a time": b"\xff\x58\x02\x03\x02",
    "0/4": b"\xff\x58\x04\x00\x02\x18\x08",
    "no frames": b"\xff\x54\0",
    "no number": b"\xff\0\0",
    "no prefix": b"\xff\x20\0",
    "unknown meta": b"\xff\x33\x02ab",
    **{f"0x{status:x}": bytes([status]) for status in (0xF4, 0xF5, 0xF6, 0xF8, 0xF9, 0xFA, 0xFD, 0xFE)},
    "song position": b"\xf2\x10\x20",
    "controller 144": b"\xb0\x90\x10",
    "program 144": b"\xc0\x90",
}
"""What may stand between two notes, and must cost none of them."""


@dataclass(frozen=True, slots=True)
class Odd:
    """What a file is to look like; ``notes`` of each track: start and length in ticks, and key."""

    notes: tuple[tuple[tuple[int, int, int], ...], ...]
    between: tuple[str, ...] = ()
    running: bool = False
    held: int = 0  # the last so many releases of each track are not there
    loud: bool = False  # velocities above 127
    closed: bool = True  # by an end of track

    def tracks(self):
        """The bodies of the track chunks."""
        return [self._track(notes) for notes in self.notes]

    def _track(self, notes):
        ons = [(start, 1, bytes([0x90, key, 200 if self.loud else 80])) for start, _, key in notes]
        offs = sorted((start + length, 0, bytes([0x90, key, 0])) for start, length, key in notes)
        timed = sorted([*ons, *offs[: len(offs) - self.held]])
        for name in self.between:
            middle = timed[len(timed) // 2][0]
            timed = sorted([*timed, (middle, 0, BETWEEN[name])], key=lambda event: event[:2])
        body, now, last = b"", 0, 0
        for tick, _, message in timed:
            runs = self.running and message[0] == last and message[1] < 0x80  # else the next byte would be a status
            body += number(tick - now) + (message[1:] if runs else message)
            now, last = tick, message[0] if message[0] < 0xF0 else last
        return body + (END if self.closed else b"")


_TRACK = st.lists(
    st.tuples(st.integers(0, 960), st.integers(1, 200), st.integers(1, 127)),
    min_size=1,
    max_size=8,
    unique_by=lambda note: note[2],
)


@st.composite
def whole_files(draw):
    """An :class:`Odd`, in which all notes are there, and the bytes of its file, of which no byte of a track is lost."""
    odd = Odd(
        tuple(map(tuple, draw(st.lists(_TRACK, min_size=1, max_size=3)))),
        between=tuple(draw(st.lists(st.sampled_from(sorted(BETWEEN)), max_size=3))),
        running=draw(st.booleans()),
        held=draw(st.integers(0, 1)),
        loud=draw(st.booleans()),
        closed=draw(st.booleans()),
    )
    return odd, _wrapped(draw, draw(_assembled(odd)))


@st.composite
def _assembled(draw, odd):
    """Header and tracks, with wrong counts and lengths, and chunks of other kinds between."""
    other = st.sampled_from([b"", b"", chunk(b"XFIH", b"abcdef"), chunk(b"CASM", b""), chunk(b"XFKM", b"a", 1 << 31)])
    bodies = odd.tracks()
    length, more = draw(
        st.sampled_from([(6, b""), (6, b""), (8, b"ab"), (0, b""), (5, b""), (1 << 31, b""), (6, b"ab")])
    )
    count = draw(st.sampled_from([len(bodies), 0, 1, 3, 65535]))
    parts = [header(kind=draw(st.sampled_from([0, 1, 7])), count=count, length=length, more=more)]
    for body in bodies:
        wrong = st.sampled_from([0, len(body) - 1, len(body) - 5, len(body) + 1, len(body) + 40, 0xFFFFFFFF])
        told = draw(wrong) if odd.closed and draw(st.booleans()) else None
        parts += [draw(other), chunk(b"MTrk", body, told)]
    return b"".join([*parts, draw(other)])


def _wrapped(draw, data):
    how = draw(st.sampled_from(["", "", "RMID", "ahead", "behind", "twice"]))
    if how == "RMID":
        return b"RIFF" + struct.pack("<L", len(data) + 12) + b"RMIDdata" + struct.pack("<L", len(data)) + data
    return {"ahead": b"\0" * 128 + data, "behind": data + b"\x1a" * 7, "twice": data + data}.get(how, data)


def cut(odd, at):
    """A well-formed file of ``odd``'s tracks, cut off at the byte ``at``."""
    return smf(*replace(odd, closed=True).tracks())[:at]
