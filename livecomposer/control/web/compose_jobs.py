"""Composes on edited notes and renders takes, each in a process of its own, so that no note of the session waits.

One piece of work at a time; a second one is refused. The process gives way to everything else (nice 5), and ends
with the session.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livecomposer.control.progress import LINES, SAYS
from livecomposer.errors import LivecomposerError, MidiFileError, SettingError
from livecomposer.events import Note, Role
from livecomposer.settings import ANY, TOGETHER, UNKNOWN, Settings, changed, musical
from livecomposer.takes.folder import notes_of, save_take

__all__ = ["COMPANION", "PERFORMER", "CancelledWorkError", "ComposeJob", "ComposeJobs", "parts_of"]

PERFORMER, COMPANION = "performer", "companion"
_PATIENCE = 300.0
"""Seconds without a sign of progress."""
_CANCELLED = "cancelled; the take is as it was"
_ENGINE = ("model", "device", "precision")
_MOST_PARTS = 16
_MOST_SECONDS = 120.0


class CancelledWorkError(LivecomposerError):
    """Somebody had the work ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeJob:
    """What to make of edited notes: ``continue`` them from ``at`` for ``seconds``, or ``accompany`` ``melody``."""

    how: str
    at: float = 0.0
    seconds: float = 12.0
    melody: str = PERFORMER

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "ComposeJob":
        """As a page says it; raises :class:`SettingError`."""
        how, melody = said.get("how"), said.get("melody", PERFORMER)
        at, seconds = said.get("at", 0.0), said.get("seconds", 12.0)
        if how not in ("continue", "accompany") or not isinstance(melody, str):
            raise SettingError(f"how = {how!r}: wanted continue or accompany")
        if not _is_number(at) or not _is_number(seconds) or not 0.5 <= seconds <= _MOST_SECONDS or at < 0:
            raise SettingError(f"at = {at!r}, seconds = {seconds!r}: wanted 0 or more, and 0.5 to {_MOST_SECONDS:g}")
        return cls(how=how, at=float(at), seconds=float(seconds), melody=melody)


def parts_of(said: Any) -> dict[str, list[Note]]:
    """Parts by name, each a list of ``[start, end, pitch, velocity]``; raises :class:`SettingError`."""
    if not isinstance(said, dict) or not 0 < len(said) <= _MOST_PARTS:
        raise SettingError(f"parts: wanted 1 to {_MOST_PARTS} lists of notes by name")
    return {name[:80]: [_note(row, name) for row in rows] for name, rows in said.items() if isinstance(rows, list)}


def _note(row: Any, name: str) -> Note:
    if not (isinstance(row, list) and len(row) == 4 and all(_is_number(number) for number in row)):
        raise SettingError(f"{str(row)[:60]}: wanted [start, end, pitch, velocity]")
    start, end, pitch, velocity = float(row[0]), float(row[1]), int(row[2]), int(row[3])
    if not (0 <= start < end <= 21_600 and 0 <= pitch <= 127 and 1 <= velocity <= 127):
        raise SettingError(f"{row}: wanted 0 <= start < end (seconds), pitch 0 to 127, velocity 1 to 127")
    return Note(start, end, pitch, velocity, Role.COMPANION if name == COMPANION else Role.PERFORMER)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9  # nan fails


class ComposeJobs:
    """Works on takes in ``folder``. ``niceness``: how far its processes give way to all others, 0–19.

    ``progress`` is told the percentage that is done of a piece of work, and ``None`` once it is over.
    """

    def __init__(
        self, folder: Path, *, niceness: int = 5, progress: Callable[[int | None], None] = lambda _: None
    ) -> None:
        self.folder = folder
        self._progress = progress
        self._process: asyncio.subprocess.Process | None = None
        self._cancelled = False
        self._niceness = niceness
        self._busy = False

    async def compose(
        self, parts: Mapping[str, list[Note]], wish: ComposeJob, settings: Settings, *, stem: str
    ) -> Path:
        """A new take: the edited notes and what the companion makes of them.

        Raises :class:`MidiFileError` where there is nothing to begin from, and what the work fails with.
        """
        kept = _until(parts, wish.at) if wish.how == "continue" else dict(parts)
        heard = {wish.melody: kept.get(wish.melody, [])} if wish.how == "accompany" else kept
        async with self._alone() as scratch:
            source = await asyncio.to_thread(save_take, scratch, heard, stem="edited")
            target = scratch / "done.mid"
            await self._run(_command(wish, settings, source, target))
            made = await asyncio.to_thread(notes_of, target)
        fresh = made if wish.how == "continue" else {**kept, COMPANION: made.get(COMPANION, [])}
        return await asyncio.to_thread(save_take, self.folder, fresh, stem=stem)

    async def render(self, take: Path, settings: Settings) -> bytes:
        """The sound of a take, as a WAV file."""
        async with self._alone() as scratch:
            target = scratch / "take.wav"
            await self._run(["render", str(take), "-o", str(target), *_options(settings, ("soundfont", "gain"))])
            return await asyncio.to_thread(target.read_bytes)

    def cancel(self) -> None:
        """End the work that goes on, whose asker is told; where none does, nothing happens."""
        self._cancelled = self._busy
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _run(self, arguments: Sequence[str]) -> None:
        """One command, out of the way of everything else; raises :class:`LivecomposerError` in its own words."""
        if self._cancelled:
            raise CancelledWorkError(_CANCELLED)
        nice = self._niceness and shutil.which("nice")
        command = [
            *([nice, "-n", str(self._niceness)] if nice else []),
            sys.executable,
            "-m",
            "livecomposer.control.cli",
            *arguments,
        ]
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=nowhere,
            stdout=nowhere,
            stderr=pipe,
            env={**os.environ, LINES: "lines"},
            start_new_session=True,
        )
        self._process = process
        if self._cancelled:  # while it was being started
            process.kill()
        try:
            last = await self._follow(process)
        except TimeoutError as error:
            raise LivecomposerError(f"{arguments[0]}: no progress for {_PATIENCE:g} s; try fewer seconds") from error
        finally:
            self._process = None
            if process.returncode is None:
                process.kill()
                await process.wait()
        if self._cancelled:
            raise CancelledWorkError(_CANCELLED)
        if process.returncode:
            raise LivecomposerError(last.removeprefix("livecomposer: "))

    async def _follow(self, process: asyncio.subprocess.Process) -> str:
        """Tell how far it is, until it is over; its last words that are no progress."""
        last = "no reason given"
        while line := await asyncio.wait_for(_next_line(process), _PATIENCE):
            if line.startswith(SAYS):
                self._progress(int(line.removeprefix(SAYS)))
            elif line.strip():
                last = line.strip()
        await process.wait()
        return last

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Path]:
        if self._busy:
            raise MidiFileError("another take is being worked on; wait for it")
        self._busy, self._cancelled = True, False
        self._progress(0)
        try:
            with tempfile.TemporaryDirectory(prefix="livecomposer-") as scratch:
                yield Path(scratch)
        finally:
            self._busy = False
            self._progress(None)


async def _next_line(process: asyncio.subprocess.Process) -> str:
    """Of what it says on standard error; empty at the end."""
    while process.stderr is not None:
        try:
            return (await process.stderr.readline()).decode(errors="replace")
        except ValueError:  # a line longer than any of ours
            continue
    return ""


def _until(parts: Mapping[str, list[Note]], at: float) -> dict[str, list[Note]]:
    """What sounds before ``at``; all of it where that is 0."""
    if not at:
        return dict(parts)
    return {
        name: [replace(note, end=min(note.end, at)) for note in notes if note.start < at]
        for name, notes in parts.items()
    }


def _command(wish: ComposeJob, settings: Settings, source: Path, target: Path) -> list[str]:
    files = [str(source), "-o", str(target)]
    if wish.how == "continue":
        return ["continue", *files, f"--seconds={wish.seconds:g}", *_options(settings, (*musical(ANY), *_ENGINE))]
    freely = changed(settings, {"beat_hint": 0.0})  # a take knows of no beats
    return ["accompany", *files, *_options(freely, (*musical(ANY, TOGETHER, UNKNOWN), *_ENGINE))]


def _options(settings: Settings, names: Sequence[str]) -> list[str]:
    """All of them, defaults too: what the environment says was for the session's beginning."""
    return [f"--{name.replace('_', '-')}={getattr(settings, name)}" for name in names]
