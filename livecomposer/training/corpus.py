"""Folders of MIDI files to shards of ids, and shards back to pieces.

A shard is one ``.npz`` a split: ``ids`` (uint16, all pieces one after another), ``starts`` (int64, where each begins,
and the end), ``names``, the fingerprint of the vocabulary, ``lead`` (one bit an id, set where it begins or ends a note
of the melody) and ``how`` (uint8, for each piece what told the melody). Which split a piece belongs to comes from
``splits/<folder>.csv`` (columns ``path,split``) where there is one, else from a hash of its path.
"""

import csv
import hashlib
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from livecomposer.atomic_write import atomic_write
from livecomposer.errors import CorpusError, MidiFileError
from livecomposer.events import Note
from livecomposer.midi import files
from livecomposer.tokens import barnote, remi
from livecomposer.tokens.stream import ids_of_notes, notes_heard
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.screening import MIN_NOTES, fault_of
from livecomposer.training.voices import How, led

__all__ = ["FINGERPRINTS", "SPLITS", "Shard", "load_shard", "pack_of", "prepare"]

SPLITS = ("train", "valid", "test")
FINGERPRINTS = {
    "performance": VOCABULARY.fingerprint,
    "barnote": barnote.FINGERPRINT,
    "remi": remi.FINGERPRINT,
}
"""Of each vocabulary that music may be told in."""
_LED = {
    How.NONE: "without a lead",
    How.MELODY: "led by a melody track",
    How.HANDS: "led by the right hand",
    How.SKYLINE: "led by the top line",
}


_DAMAGED = (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error)
"""What numpy raises for files that are no shard, whole or in part."""


@dataclass(frozen=True, slots=True)
class _Piece:
    ids: npt.NDArray[np.uint16]
    lead: npt.NDArray[np.bool_]
    how: How
    odd: Mapping[files.Fault, int]  # what was left out or mended when its file was read
    pitches: npt.NDArray[np.uint16]  # what is struck, one after the other: the same in every telling of a piece


@dataclass(frozen=True)
class Shard:
    """Pieces of one split. ``ids`` (N,) uint16; piece ``i`` is ``ids[starts[i]:starts[i + 1]]``.

    ``lead`` (N,): whether an id begins or ends a note of the melody; ``how`` (pieces,): the :class:`How` of each. A
    shard without them knows of no melody.
    """

    ids: npt.NDArray[np.uint16]
    starts: npt.NDArray[np.int64]
    names: tuple[str, ...]
    lead: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    how: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    def __post_init__(self) -> None:
        if len(self.lead) != len(self.ids) or len(self.how) != len(self.names):
            object.__setattr__(self, "lead", np.zeros(len(self.ids), np.bool_))
            object.__setattr__(self, "how", np.full(len(self.names), How.NONE, np.uint8))

    @cached_property
    def times(self) -> npt.NDArray[np.int64]:
        """(N,): the time after each id, in steps of 10 ms, all pieces in a row; of performance tokens alone."""
        shifts = VOCABULARY.ids_of(Kind.TIME_SHIFT)
        steps = self.ids.astype(np.int64) - shifts.start + 1
        return np.cumsum(np.where((self.ids >= shifts.start) & (self.ids < shifts.stop), steps, 0))

    def piece(self, i: int) -> npt.NDArray[np.uint16]:
        """The ids of piece ``i``."""
        return self.ids[self.starts[i] : self.starts[i + 1]]

    def __len__(self) -> int:
        return len(self.names)


def pack_of(name: str) -> str:
    """The pack that a piece is from: the first part of its name."""
    return name.split("/", maxsplit=1)[0]


def prepare(
    folders: Sequence[Path],
    out: Path,
    *,
    splits: Path | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    skipped: Callable[[str, str], None] | None = None,
    notify: Callable[[str], None] = lambda _: None,
    tokens: str = "performance",
) -> dict[str, Counter[str]]:
    """Read every MIDI file below ``folders`` and write ``<split>.npz`` into ``out``; same input, same bytes.

    ``tokens``: the vocabulary, ``performance`` or ``barnote``.

    Returns, for each split, counts of ``pieces``, of these by what leads, of ``tokens``, and of files skipped by
    reason. Files that say the same notes, however fast or loud, are kept once. ``progress`` is told how many files of
    how many are done, ``skipped`` each file that is left out and why, ``notify`` in one line what was odd about the
    others. A piece begins with its first note (or, told in bars, in its first bar). Raises :class:`CorpusError` where
    no file is usable for training, a table of splits is damaged, or ``out`` cannot be written.
    """
    folders = [folder.absolute() for folder in folders]  # so that "." has a name
    paths = _paths(folders)
    split_of = _splits(folders, splits)
    counts: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    pieces: dict[str, list[tuple[str, _Piece]]] = {split: [] for split in SPLITS}
    seen: set[bytes] = set()
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        results = pool.map(_ENCODERS[tokens], [path for _, path in paths], chunksize=8)
        for done, ((folder, path), result) in enumerate(zip(paths, results, strict=True), 1):
            name = f"{folder.name}/{path.relative_to(folder)}"
            split = split_of.get(name) or _hashed_split(name)
            reason = _unusable(result, seen)
            counts[split][reason or "pieces"] += 1
            if reason and skipped:
                skipped(name, reason)
            if not reason and not isinstance(result, str):
                counts[split]["tokens"] += len(result.ids)
                counts[split][_LED[result.how]] += 1
                pieces[split].append((name, result))
            if progress:
                progress(done, len(paths))
    _write(out, pieces, FINGERPRINTS[tokens], files_read=len(paths))
    _remark([piece.odd for split in SPLITS for _, piece in pieces[split]], notify)
    return counts


def _remark(of_files: Sequence[Mapping[files.Fault, int]], notify: Callable[[str], None]) -> None:
    total: Counter[files.Fault] = Counter()
    for odd in of_files:
        total.update(odd)
    if total:
        notify(f"{sum(map(bool, of_files)):,} of {len(of_files):,} pieces; {files.summary(total)}")


def _write(out: Path, pieces: Mapping[str, Sequence[tuple[str, _Piece]]], fingerprint: str, *, files_read: int) -> None:
    if not pieces["train"]:
        elsewhere = sum(map(len, pieces.values()))
        kept = f", {elsewhere} kept to validate and test" if elsewhere else ""
        wanted = f"wanted more MIDI files, of at least {MIN_NOTES} notes"
        raise CorpusError(f"no usable piece to train on in {files_read} files{kept}; {wanted}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for split in SPLITS:
            _save(out / f"{split}.npz", pieces[split], fingerprint)
    except OSError as error:
        raise CorpusError(f"{out}: not written ({error}); make room, or name another folder") from error


def load_shard(path: Path, *, tokens: str = "performance") -> Shard:
    """Read one shard; raises :class:`CorpusError` where it is missing, damaged, or of another vocabulary.

    REMI has no shards of its own: it is told from the default vocabulary's whenever it is asked for.
    """
    wanted = FINGERPRINTS["performance" if tokens == "remi" else tokens]
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            fingerprint = str(data["fingerprint"])
            shard = _shard(data)
    except _DAMAGED as error:
        raise CorpusError(f"{path}: not a shard ({error}); make shards with 'livecomposer prepare'") from error
    if fingerprint != wanted:
        raise CorpusError(f"{path}: made for vocabulary {fingerprint}, wanted {wanted}; prepare again")
    return shard


def _shard(data: Mapping[str, npt.NDArray[Any]]) -> Shard:
    whole = data["ids"], data["starts"], tuple(map(str, data["names"]))
    if "lead" not in data:  # made before melodies were marked
        return Shard(*whole)
    return Shard(*whole, np.unpackbits(data["lead"], count=len(whole[0])).astype(np.bool_), data["how"])


def _paths(folders: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Every MIDI file and the folder that it was found in, in order."""
    for folder in folders:
        if folder.is_file():
            raise CorpusError(f"{folder}: a file; wanted a folder of MIDI files: name the one that it is in")
    paths = sorted((folder, path) for folder in folders for path in _midi_files(folder))
    if not paths:
        raise CorpusError(f"no MIDI file in {', '.join(map(str, folders))}; wanted folders with .mid files")
    return paths


def _midi_files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.suffix.lower() in (".mid", ".midi"))


def _splits(folders: Sequence[Path], splits: Path | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in folders:
        table = (splits or folder.parent / "splits") / f"{folder.name}.csv"
        if table.exists():
            found |= {f"{folder.name}/{path}": split for path, split in _read_table(table)}
    return found


def _read_table(table: Path) -> list[tuple[str, str]]:
    try:
        with table.open(encoding="utf-8", newline="") as lines:
            rows = [(row["path"], row["split"]) for row in csv.DictReader(lines)]
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise CorpusError(f"{table}: not a table of splits ({error}); wanted the columns path,split") from error
    unknown = {split for _, split in rows} - set(SPLITS)
    if unknown:
        raise CorpusError(f"{table}: split {min(map(str, unknown))!r}; wanted {', '.join(SPLITS)}")
    return rows


def _hashed_split(name: str) -> str:
    tenth = hashlib.sha256(os.fsencode(name)).digest()[0] % 10
    return {0: "valid", 1: "test"}.get(tenth, "train")


def _encode(path: Path) -> _Piece | str:
    heard = _heard(path)
    if isinstance(heard, str):
        return heard
    recording, notes = heard
    ids = np.array(ids_of_notes(notes, origin=notes[0].start), dtype=np.int64)
    lead, how = led(recording.tracks, ids, origin=notes[0].start)
    return _Piece(ids.astype(np.uint16), lead, how, recording.dropped, _pitches(notes))


def _encode_bars(path: Path) -> _Piece | str:
    """Bars as written, of a length that the grid can tell; where the file tells none, of four quarters."""
    heard = _heard(path)
    if isinstance(heard, str):
        return heard
    recording, notes = heard
    if len(recording.beats) < 2:
        return "without beats"
    quarters = recording.quarters_per_bar
    grid = barnote.Grid(recording.beats, int(quarters) if quarters in range(1, 9) else 4)
    ids = np.array(barnote.encode(notes, grid), dtype=np.uint16)
    silence = int(np.argmax(ids != barnote.BAR)) - 1  # bars before the first note
    ids = ids[max(0, silence) :]
    return _Piece(ids, np.zeros(len(ids), np.bool_), How.NONE, recording.dropped, _pitches(notes))


def _pitches(notes: Sequence[Note]) -> npt.NDArray[np.uint16]:
    return np.array([note.pitch for note in notes], dtype=np.uint16)


def _heard(path: Path) -> tuple[files.Recording, list[Note]] | str:
    try:
        recording = files.read(path)
    except MidiFileError:
        return "unreadable"
    notes = notes_heard([track.events for track in recording.tracks])
    return fault_of(notes) or (recording, notes)


_ENCODERS = {"performance": _encode, "barnote": _encode_bars}


def _unusable(result: _Piece | str, seen: set[bytes]) -> str | None:
    if isinstance(result, str):
        return result
    digest = hashlib.sha256(result.pitches.tobytes()).digest()
    if digest in seen:
        return "duplicate"
    seen.add(digest)
    return None


def _save(path: Path, pieces: Sequence[tuple[str, _Piece]], fingerprint: str) -> None:
    lengths = [len(piece.ids) for _, piece in pieces]
    with atomic_write(path) as partial, partial.open("wb") as file:
        np.savez_compressed(
            file,
            ids=np.concatenate([np.zeros(0, np.uint16), *(piece.ids for _, piece in pieces)]),
            starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            names=np.array([name for name, _ in pieces], dtype=np.str_),
            lead=np.packbits(np.concatenate([np.zeros(0, np.bool_), *(piece.lead for _, piece in pieces)])),
            how=np.array([piece.how for _, piece in pieces], dtype=np.uint8),
            fingerprint=np.array(fingerprint),
        )
