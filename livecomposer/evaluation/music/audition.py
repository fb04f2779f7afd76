"""Continuations to be listened to and looked at: what of each is told in numbers, as files and as one page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any

from livecomposer.atomic_write import atomic_write
from livecomposer.errors import LivecomposerError, MidiFileError
from livecomposer.evaluation.music.features import beat_of, copied, longest_silence, numbers_of
from livecomposer.evaluation.music.prompts import Prompt
from livecomposer.evaluation.pictures import piano_roll
from livecomposer.events import Note, Role, events_of_notes
from livecomposer.midi import files
from livecomposer.training.corpus import pack_of

__all__ = ["COLUMNS", "Audition", "facts_of", "page", "write"]

COLUMNS = {
    "lowest": "lowest pitch",
    "highest": "highest pitch",
    "notes_per_second": "notes begun in a second",
    "given_per_second": "the same, of what was given",
    "scale_consistency": "share of the notes in one major scale",
    "repetition": "share of the runs of 8 notes that were heard before in it",
    "copied": "share of the runs of 8 notes that were given",
    "silence": "longest silence, in seconds",
}
"""What is told of each continuation."""


@dataclass(frozen=True, slots=True)
class Audition:
    """One continuation of ``prompt``, from 0 on, and the ``seed`` that it was drawn with."""

    prompt: Prompt
    seed: int
    notes: tuple[Note, ...]

    @property
    def stem(self) -> str:
        """What its files are called."""
        pack, piece = pack_of(self.prompt.name), Path(self.prompt.name).stem
        return f"{pack}--{''.join(c if c.isalnum() else '_' for c in piece)[:60]}--{self.seed}"


def facts_of(audition: Audition) -> dict[str, Any]:
    """All of :data:`COLUMNS` by name, None where untold, behind ``name``, ``pack``, ``seed`` and ``stem``."""
    prompt, notes = audition.prompt, audition.notes
    numbers = numbers_of(notes, seconds=prompt.seconds, beat=beat_of(prompt.notes))
    pitches = [note.pitch for note in notes]
    measures = {
        "lowest": min(pitches, default=None),
        "highest": max(pitches, default=None),
        "given_per_second": len(prompt.notes) / prompt.given,
        **{name: numbers[name] for name in ("notes_per_second", "scale_consistency", "repetition")},
        "copied": copied(notes, prompt.notes),
        "silence": longest_silence(notes, seconds=prompt.seconds),
    }
    about = {"name": prompt.name, "pack": pack_of(prompt.name), "seed": audition.seed, "stem": audition.stem}
    return about | {name: None if value is None or isnan(value) else value for name, value in measures.items()}


def write(audition: Audition, folder: Path, *, sound: Callable[[Path, Path], Any] | None = None) -> None:
    """Write STEM.mid, what is given and what was made of it on a track each, STEM.png and, by ``sound``, STEM.wav.

    ``sound`` is given the MIDI file and the WAV file to make. Raises :class:`LivecomposerError` where one cannot be
    written.
    """
    prompt, midi = audition.prompt, folder / f"{audition.stem}.mid"
    made = [
        replace(n, start=n.start + prompt.given, end=n.end + prompt.given, role=Role.COMPANION) for n in audition.notes
    ]
    parts = {"given": list(prompt.notes), "continuation": made}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MidiFileError(f"{folder}: no folder can be made there ({error.strerror}); name another") from error
    files.write(midi, [files.Track(name, tuple(events_of_notes(notes))) for name, notes in parts.items()])
    piano_roll(parts, midi.with_suffix(".png"), title=f"{prompt.name}, seed {audition.seed}", split_at=prompt.given)
    if sound is not None:
        sound(midi, midi.with_suffix(".wav"))


def page(rows: Sequence[Mapping[str, Any]], folder: Path, *, heading: str) -> Path:
    """Write index.md into ``folder``: a table of :data:`COLUMNS`, and every picture, one pack after the other."""
    path = folder / "index.md"
    try:
        with atomic_write(path) as partial:
            partial.write_text("\n".join(_page(rows, folder, heading)) + "\n", encoding="utf-8")
    except OSError as error:
        raise LivecomposerError(f"{path}: cannot be written ({error.strerror}); name another folder") from error
    return path


def _page(rows: Sequence[Mapping[str, Any]], folder: Path, heading: str) -> list[str]:
    lines = [f"# {heading}", "", *(f"- {name}: {meaning}" for name, meaning in COLUMNS.items()), ""]
    lines += ["| piece | seed | " + " | ".join(COLUMNS) + " |", "| --- | ---: |" + " ---: |" * len(COLUMNS)]
    for row in rows:
        cells = [_cell(row[name]) for name in COLUMNS]
        lines.append(f"| [{_plain(row['name'])}](#{row['stem'].lower()}) | {row['seed']} | " + " | ".join(cells) + " |")
    for row in rows:
        stem = row["stem"]
        sounds = [f"[{kind}]({stem}.{kind})" for kind in ("mid", "wav") if (folder / f"{stem}.{kind}").exists()]
        lines += ["", f"## {stem}", "", f"{' · '.join(sounds)}", "", f"![piano roll]({stem}.png)"]
    return lines


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def _plain(name: str) -> str:
    return name.replace("|", "\\|").replace("[", "(").replace("]", ")")
