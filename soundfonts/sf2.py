"""Write SoundFont 2.04 files: one instrument of any number of samples, as a preset and a mute drum kit.

Layout after the "SoundFont Technical Specification, version 2.04" (E-mu Systems / Creative Technology, 2006): a RIFF
form ``sfbk`` of the lists INFO (section 5), sdta (section 6) and pdta (section 7).
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Gen", "Modulator", "Sample", "Zone", "range_amount", "soundfont", "timecents"]

GUARD = 46
"""Zero samples the format wants behind each sample (section 6.1)."""


class Gen:
    """Numbers of the generators used here (section 8.1.2)."""

    FILTER_CUTOFF = 8
    REVERB_SEND = 16
    PAN = 17
    DECAY = 36
    SUSTAIN = 37
    RELEASE = 38
    INSTRUMENT = 41
    KEY_RANGE = 43
    VELOCITY_RANGE = 44
    SAMPLE = 53
    SAMPLE_MODES = 54


@dataclass(frozen=True, slots=True)
class Sample:
    """A mono sample. ``data`` is int16, ``(frames,)``; ``loop`` is ``(first frame, frame after the last)``."""

    name: str
    data: npt.NDArray[np.int16]
    rate: int
    root: int
    loop: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Zone:
    """Where sample number ``sample`` sounds, and how: generator numbers to their signed 16-bit amounts."""

    sample: int
    generators: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Modulator:
    """A controller source, what it moves, and by how much (section 8.2)."""

    source: int
    destination: int
    amount: int


def timecents(seconds: float) -> int:
    """A duration as the format counts it: 1,200 to the octave, 0 for one second."""
    return round(1200 * float(np.log2(seconds)))


def range_amount(low: int, high: int) -> int:
    """A key or velocity range, low byte first, as a signed amount."""
    return int(struct.unpack("<h", struct.pack("<BB", low, high))[0])


def soundfont(
    *,
    name: str,
    info: Mapping[str, str],
    samples: Sequence[Sample],
    zones: Sequence[Zone],
    modulators: Iterable[Modulator],
) -> bytes:
    """The bytes of a whole file. ``info`` maps the four-letter names of section 5 to text."""
    waves = b"".join(sample.data.astype("<i2").tobytes() + bytes(2 * GUARD) for sample in samples)
    texts = b"".join(_chunk(tag, _text(text)) for tag, text in {"isng": "EMU8000", "INAM": name, **info}.items())
    lists = (
        _list("INFO", _chunk("ifil", struct.pack("<HH", 2, 4)) + texts),
        _list("sdta", _chunk("smpl", waves)),
        _list("pdta", _presets(name) + _instruments(name, zones, list(modulators)) + _headers(samples)),
    )
    return _chunk("RIFF", b"sfbk" + b"".join(lists))


def _chunk(tag: str, data: bytes) -> bytes:
    return tag.encode("ascii") + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _list(tag: str, data: bytes) -> bytes:
    return _chunk("LIST", tag.encode("ascii") + data)


def _text(text: str) -> bytes:
    data = text.encode("ascii") + b"\0"
    return data + bytes(len(data) % 2)


def _name(text: str) -> bytes:
    return text.encode("ascii")[:19].ljust(20, b"\0")


def _presets(name: str) -> bytes:
    """The instrument as bank 0 program 0, and a drum kit that is mute; each table ends in its terminal record.

    Players expect drums on channel 10 (bank 128) and complain if there are none. This kit is one key, never played.
    """
    names = ((name, 0), ("No drums", 128), ("EOP", 0))
    heads = [struct.pack("<20sHHHIII", _name(text), 0, bank, i, 0, 0, 0) for i, (text, bank) in enumerate(names)]
    mute = struct.pack("<Hh", Gen.KEY_RANGE, range_amount(0, 0))
    instrument = struct.pack("<Hh", Gen.INSTRUMENT, 0)
    return (
        _chunk("phdr", b"".join(heads))
        + _chunk("pbag", struct.pack("<HHHHHH", 0, 0, 1, 0, 3, 0))
        + _chunk("pmod", bytes(10))
        + _chunk("pgen", instrument + mute + instrument + bytes(4))
    )


def _instruments(name: str, zones: Sequence[Zone], modulators: Sequence[Modulator]) -> bytes:
    """One instrument: a global zone that carries the modulators, then the zones of the samples."""
    bags, gens = [(0, 0)], bytearray()
    for zone in zones:
        bags.append((len(gens) // 4, len(modulators)))
        for number, amount in sorted(zone.generators.items(), key=_order):
            gens += struct.pack("<Hh", number, amount)
        gens += struct.pack("<Hh", Gen.SAMPLE, zone.sample)
    bags.append((len(gens) // 4, len(modulators)))
    mods = b"".join(struct.pack("<HHhHH", mod.source, mod.destination, mod.amount, 0, 0) for mod in modulators)
    header = struct.pack("<20sH", _name(name), 0) + struct.pack("<20sH", _name("EOI"), len(bags) - 1)
    return (
        _chunk("inst", header)
        + _chunk("ibag", b"".join(struct.pack("<HH", *bag) for bag in bags))
        + _chunk("imod", mods + bytes(10))
        + _chunk("igen", bytes(gens) + bytes(4))
    )


def _order(item: tuple[int, int]) -> tuple[int, int]:
    """The key range must come first and the velocity range second (section 8.1.2)."""
    first = {Gen.KEY_RANGE: 0, Gen.VELOCITY_RANGE: 1}
    return first.get(item[0], 2), item[0]


def _headers(samples: Sequence[Sample]) -> bytes:
    packed, at = bytearray(), 0
    for sample in samples:
        end = at + len(sample.data)
        loop = at + sample.loop[0], at + sample.loop[1]
        packed += struct.pack("<20sIIIIIBbHH", _name(sample.name), at, end, *loop, sample.rate, sample.root, 0, 0, 1)
        at = end + GUARD
    return _chunk("shdr", bytes(packed) + struct.pack("<20sIIIIIBbHH", _name("EOS"), *[0] * 9))
