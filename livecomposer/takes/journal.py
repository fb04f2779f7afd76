"""A session on disk: a JSON-lines journal written as it happens, and a MIDI file made of it at the end.

The first line says version, format, seed, settings and model; every other one has ``t``, seconds since the session
began. A line with ``who`` and ``data`` is a MIDI message (hexadecimal) that the performer sent or that the companion's
player sent; one with ``calls`` is what a replay needs (see :mod:`.call_log`); others tell what was decided. Lines reach
the disk within half a second. A journal that was left without its MIDI file (the session crashed) gets it when the next
session begins in the same folder.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from livecomposer import __version__
from livecomposer.companion.undo_history import whole
from livecomposer.errors import LivecomposerError, MidiFileError
from livecomposer.events import Event, Role
from livecomposer.faults import Fault, Faults
from livecomposer.messages import decode
from livecomposer.midi import files

__all__ = ["FORMAT", "Journal", "recover", "tracks_of"]

FORMAT = 2
"""How calls are to be read. In 1, of the first journals, which do not say so, topk kept a share of the vocabulary."""

_MOST_WAITING = 100_000
"""Lines kept while the disk does not take them; the oldest go first and are counted."""


class Journal:
    """Open for one session; any thread may call it.

    A disk that takes nothing more never raises: the lines that did not get there are counted.
    """

    def __init__(self, folder: Path, *, began: float, header: dict[str, Any], faults: Faults | None = None) -> None:
        self.began = began
        self._faults = faults or Faults()
        self._waiting: deque[str] = deque(maxlen=_MOST_WAITING)
        self._disk = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.path = _new_path(folder)
            self._file = self.path.open("x", encoding="utf-8")
        except OSError as error:
            raise LivecomposerError(
                f"{folder}: cannot record there ({error.strerror}); name another with --record DIR, or use --no-record"
            ) from error
        self._put({"livecomposer": __version__, "format": FORMAT, **header})
        self.flush()

    @property
    def midi_path(self) -> Path:
        """Where the MIDI file goes."""
        return self.path.with_suffix(".mid")

    def message(self, moment: float, who: Role | str, data: bytes) -> None:
        """Write down one MIDI message of a player's, or of another part's by its name."""
        name = who if isinstance(who, str) else who.name.lower()
        self._put({"t": round(moment - self.began, 4), "who": name, "data": data.hex()})

    def note(self, moment: float, what: str, **facts: Any) -> None:
        """Write down what was decided."""
        self._put({"t": round(moment - self.began, 4), "what": what, **facts})

    def calls(self, line: dict[str, Any]) -> None:
        """Write down the calls that drove the companion, as :class:`.recording_companion.CallWriter` hands them on."""
        self._put({"t": round(line["at"] / 1e6 - self.began, 4), **line})

    def flush(self) -> None:
        """Bring what waits to the disk; a full disk loses lines, never the music."""
        with self._disk:
            if not self._file.closed:
                self._write([self._waiting.popleft() for _ in range(len(self._waiting))])

    def close(self) -> None:
        """Flush, and write the MIDI file; on a full disk the next session does. A second call does nothing."""
        self.flush()
        with self._disk:
            if self._file.closed:
                return
            with suppress(OSError):
                self._file.close()
        try:
            _write_midi(self.path)
        except MidiFileError as error:
            self._faults.count(Fault.TAKE_UNWRITTEN, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, lines: list[str]) -> None:
        try:
            self._file.writelines(line + "\n" for line in lines)
            self._file.flush()
        except OSError as error:
            self._faults.count(Fault.LOST_LINES, error, times=len(lines))

    def _put(self, line: dict[str, Any]) -> None:
        if len(self._waiting) == _MOST_WAITING:
            self._faults.count(Fault.LOST_LINES, f"{_MOST_WAITING} wait for it already")
        self._waiting.append(json.dumps(line))


def tracks_of(journal: Path) -> tuple[files.Track, ...]:
    """The performer's and the companion's track of a journal, then those of other parts, if there are any.

    A line cut short by a crash is passed over.
    """
    events: dict[str, list[Event]] = {role.name.lower(): [] for role in Role}
    end = 0.0
    for line in _lines(journal):
        end = max(end, line.get("t", 0.0))
        if "data" in line:
            role = Role.PERFORMER if line["who"] == "performer" else Role.COMPANION
            event = decode(bytes.fromhex(line["data"]), time=max(0.0, line["t"]), role=role)
            if event is not None:
                events.setdefault(line["who"], []).append(event)
    return tuple(files.Track(name, tuple(whole(played, end))) for name, played in events.items())


def recover(folder: Path) -> list[Path]:
    """Write the MIDI files that crashed sessions in ``folder`` still lack; returns them."""
    lacking = [path for path in sorted(folder.glob("*.jsonl")) if not path.with_suffix(".mid").exists()]
    return [midi for path in lacking if _is_ours(path) and (midi := _write_midi(path)) is not None]


def _is_ours(journal: Path) -> bool:
    return "livecomposer" in next(_lines(journal), {})


def _write_midi(journal: Path) -> Path | None:
    tracks = tracks_of(journal)
    if not any(track.events for track in tracks):
        return None
    midi = journal.with_suffix(".mid")
    files.write(midi, tracks)
    return midi


def _lines(journal: Path) -> Iterator[dict[str, Any]]:
    with journal.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            with suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict):
                    yield found


def _new_path(folder: Path) -> Path:
    stem = time.strftime("%Y-%m-%d_%H-%M-%S")
    taken = 1
    path = folder / f"{stem}.jsonl"
    while path.exists():
        taken += 1
        path = folder / f"{stem}_{taken}.jsonl"
    return path
