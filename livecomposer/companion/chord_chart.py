"""Chord charts: a text file of chord symbols in bars, as pitch classes in time.

The first line says how fast and how many beats a bar has, the others hold bars between strokes::

    tempo 96, 4/4
    C | Am F | G7 | % |

Beats are those that the tempo counts. The chords of a bar share it evenly; ``%`` is the bar before, ``N.C.`` no chord.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from livecomposer.errors import SettingError

__all__ = ["Chart", "ChordChange", "read"]

_HEADER = re.compile(r"\s*tempo\s+(\d+(?:\.\d+)?)\s*,\s*(\d+)\s*/\s*(\d+)\s*", flags=re.IGNORECASE)
_SLOWEST, _FASTEST, _MOST_BEATS, _MOST_BARS = 20.0, 400.0, 32, 1000
_MOST_BYTES = 100_000
_SAME, _NONE = "%", "N.C."
_PLAUSIBLE = re.compile(r"[A-Za-z0-9#/()+.-]{1,20}")


@dataclass(frozen=True, slots=True)
class ChordChange:
    """One chord: its ``start`` in seconds from the chart's beginning, and its pitch classes; none for no chord."""

    start: float
    bar: int  # from 1
    symbol: str
    classes: frozenset[int]


@dataclass(frozen=True, slots=True)
class Chart:
    """All chords in order, the first at 0, and the length of the whole in seconds."""

    changes: tuple[ChordChange, ...]
    length: float


def read(path: Path) -> Chart:
    """Read a chart; raises :class:`SettingError`, which names the file and, where it can, the bar."""
    try:
        if path.exists() and not path.is_file():
            raise SettingError(f"{path}: is no file; wanted a chord chart")
        if path.exists() and path.stat().st_size > _MOST_BYTES:
            raise SettingError(f"{path}: is over {_MOST_BYTES} bytes; wanted a chord chart")
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror}); wanted a chord chart") from error
    except UnicodeDecodeError as error:
        raise SettingError(f"{path}: is not text; wanted a chord chart in UTF-8") from error
    header = _HEADER.fullmatch(lines[0]) if lines else None
    if header is None:  # the line itself is not told: whoever asks by OSC may have named any file
        raise SettingError(f'{path}: line 1 has no tempo; wanted a line such as "tempo 96, 4/4"')
    tempo, beats = float(header[1]), int(header[2])
    if not (_SLOWEST <= tempo <= _FASTEST and 1 <= beats <= _MOST_BEATS):
        wanted = f"a tempo from {_SLOWEST:g} to {_FASTEST:g} and 1 to {_MOST_BEATS} beats a bar"
        raise SettingError(f"{path}: tempo {tempo:g}, {beats} beats a bar; wanted {wanted}")
    bars = list(_bars(lines[1:]))
    if not 1 <= len(bars) <= _MOST_BARS:
        raise SettingError(f"{path}: {len(bars)} bars; wanted 1 to {_MOST_BARS}, such as: C | Am F | G7 |")
    seconds = beats * 60.0 / tempo
    return Chart(tuple(_changes(bars, seconds, path)), length=len(bars) * seconds)


def _bars(lines: list[str]) -> Iterator[list[str]]:
    for line in lines:
        yield from (bar.split() for bar in line.strip().strip("|").split("|") if line.strip())


def _changes(bars: list[list[str]], seconds: float, path: Path) -> Iterator[ChordChange]:
    before: list[str] = []
    for number, bar in enumerate(bars, 1):
        symbols = before if bar == [_SAME] else bar
        if not symbols:
            got = f"{_SAME!r} with no bar before it" if bar else "no chord"
            raise SettingError(f"{path}, bar {number}: {got}; wanted chords, {_SAME} or {_NONE}")
        before = symbols
        for i, symbol in enumerate(symbols):
            try:
                classes = _classes(symbol)
            except ValueError as error:
                wanted = f"a chord such as C, Am7, Bb/D, F#m7b5, or {_NONE}"
                got = f" {symbol!r}" if _PLAUSIBLE.fullmatch(symbol) else ""
                raise SettingError(f"{path}, bar {number}: unknown chord{got}; wanted {wanted}") from error
            yield ChordChange((number - 1 + i / len(symbols)) * seconds, number, symbol, classes)


def _classes(symbol: str) -> frozenset[int]:
    if symbol.upper() == _NONE:
        return frozenset()
    from pychord import Chord

    tones = Chord(symbol).components(visible=False)
    return frozenset(int(tone) % 12 for tone in tones)
