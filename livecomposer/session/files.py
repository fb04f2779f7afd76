"""Whole files through the rooms, for the offline commands."""

from collections.abc import Callable
from pathlib import Path

from livecomposer.engine.client import EngineClient, host_command
from livecomposer.errors import MidiFileError
from livecomposer.events import Note
from livecomposer.midi import files
from livecomposer.midi.wire import encode
from livecomposer.session.continuation import continue_recording
from livecomposer.session.weights import COMPANIONS_LANGUAGE, model_folder, vocabulary_checked
from livecomposer.settings import Settings
from livecomposer.tokens.stream import notes_heard

__all__ = ["continue_file", "render_file", "tracks_of_file"]


async def continue_file(
    source: Path, target: Path, settings: Settings, *, seed: int, progress: Callable[[float], None]
) -> dict[str, object]:
    """Continue ``source`` into ``target``; returns what ``continue --json`` prints."""
    recording = files.read(source)
    _refuse_overwriting(source, target)
    model = model_folder(settings.model)
    command = host_command(model, device=settings.device, precision=settings.precision, threads=settings.threads)
    async with EngineClient(command, language=COMPANIONS_LANGUAGE) as engine:
        vocabulary_checked(model, engine.hello)
        done = await continue_recording(recording, engine, settings, seed=seed, progress=progress)
    files.write(target, done.tracks)
    return {
        "seed": seed,
        "model": str(model),
        "prompt_notes": len(done.prompt),
        "notes": len(done.notes),
        "start": round(done.start, 3),
        "seconds": done.seconds,
        "tokens": done.tokens,
    }


def render_file(
    source: Path, target: Path, settings: Settings, *, progress: Callable[[float], None] | None = None
) -> float:
    """Render ``source`` to the WAV file ``target``; returns its seconds. ``progress`` is told the share done, 0–1."""
    from livecomposer.playing.soundfonts import find_soundfont
    from livecomposer.playing.synth import render

    recording = files.read(source)
    _refuse_overwriting(source, target)
    messages = (
        (event.time, encode(event, channel=min(part, 8)))
        for part, track in enumerate(recording.tracks)
        for event in track.events
    )
    return render(
        sorted(messages, key=lambda timed: timed[0]),
        target,
        soundfont=find_soundfont(settings.soundfont),
        gain=settings.gain,
        progress=progress,
    )


def tracks_of_file(source: Path) -> dict[str, list[Note]]:
    """The notes heard on each track of ``source``, the pedal applied."""
    recording = files.read(source)
    return {track.name or f"track {i}": notes_heard([track.events]) for i, track in enumerate(recording.tracks, 1)}


def _refuse_overwriting(source: Path, target: Path) -> None:
    if target.exists() and target.samefile(source):
        raise MidiFileError(f"{target}: is the input itself; name another output, nothing was changed")
    if not target.absolute().parent.is_dir():
        raise MidiFileError(f"{target}: its folder does not exist; make it first")
