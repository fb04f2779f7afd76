"""Whole files through the rooms, for the offline commands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from livecomposer.companion.constraints import Constraints
from livecomposer.companion.opening import beats_from, opening
from livecomposer.errors import MidiFileError
from livecomposer.events import Note
from livecomposer.messages import encode
from livecomposer.midi import files
from livecomposer.offline.companion_track import companion_track, free_name
from livecomposer.offline.continuation import continue_recording, turn_played
from livecomposer.offline.file_pulse import pulse_of
from livecomposer.offline.latency_model import Latency
from livecomposer.offline.melody_track import latency_of, performer_of
from livecomposer.offline.simulation import play_along
from livecomposer.session.engines import OFFLINE_TIMEOUT, Engines
from livecomposer.settings import Settings, changed
from livecomposer.tokens.stream import notes_heard
from livecomposer.tokens.vocabulary import VOCABULARY
from livecomposer.weights.checkpoint_folder import model_folder

__all__ = [
    "accompany_file",
    "accompany_file_knowing",
    "begin_file",
    "continue_file",
    "render_file",
    "seconds_of",
    "tracks_of_file",
]


async def continue_file(
    source: Path,
    target: Path,
    settings: Settings,
    *,
    seed: int,
    progress: Callable[[float], None],
    notify: Callable[[str], None] = lambda _: None,
) -> dict[str, object]:
    """Continue ``source`` into ``target``; returns what ``continue --json`` prints.

    All that is in ``source`` stays; a companion's track that it has goes on. ``notify``, here and below, hears in one
    line what is odd about ``source``, and what could not be kept.
    """
    recording = files.read(source, notify)
    _refuse_overwriting(source, target)
    settings = changed(settings, {"mode": "continue"})
    async with Engines(settings, timeout=OFFLINE_TIMEOUT) as engines:
        engine = await engines.open(settings.model)
        done = await continue_recording(recording, engine, settings, seed=seed, progress=progress)
    files.extend(target, recording, done.track, notify)
    return {
        "seed": seed,
        "model": str(model_folder(settings.model)),
        "prompt_notes": len(done.prompt),
        "notes": len(done.notes),
        "start": round(done.start, 3),
        "seconds": done.seconds,
        "tokens": done.tokens,
    }


async def begin_file(
    target: Path, settings: Settings, *, seed: int, progress: Callable[[float], None]
) -> dict[str, object]:
    """Open a piece from nothing, as ``begin`` does live, into ``target``; what ``begin --json`` prints."""
    _refuse_nowhere(target)
    settings = changed(settings, {"mode": "continue"})
    constraints = Constraints(settings)
    constraints.begin(0.0, beats_from(0.0, settings))
    plan = opening(settings, constraints, start=0.0, seed=f"{seed}:0")
    async with Engines(settings, timeout=OFFLINE_TIMEOUT) as engines:
        engine = await engines.open(settings.model)
        notes = await turn_played(plan, engine, settings, progress=progress)
    seconds = settings.extension_duration
    track = companion_track(notes, settings, end=seconds)
    files.write(target, [track], tempo=settings.tempo, beats_per_bar=settings.beats_per_bar)
    told = {"seed": seed, "model": str(model_folder(settings.model)), "notes": len(notes), "seconds": seconds}
    return {**told, "tokens": plan.tokens, "tempo": settings.tempo, "scale": settings.scale}


async def accompany_file(
    source: Path,
    target: Path,
    settings: Settings,
    *,
    seed: int,
    latency: float | None,
    melody: str = "",
    progress: Callable[[float], None],
    notify: Callable[[str], None] = lambda _: None,
) -> dict[str, object]:
    """Play along with ``source`` as a live session would, into ``target``; what ``accompany --json`` prints.

    ``melody``: the track that is heard; empty for all. ``latency``: seconds from a key to its answer, with which the
    same arguments give the same file; ``None`` for what this machine's engine needs, which is never quite the same.
    """
    recording = files.read(source, notify)
    _refuse_overwriting(source, target)
    performer = performer_of(recording, melody)
    settings = changed(settings, {"mode": "accompany"})
    async with Engines(settings, timeout=OFFLINE_TIMEOUT) as engines:
        engine = await engines.open(settings.model)
        waits = await latency_of(engine) if latency is None else Latency.of(latency)
        how: dict[str, Any] = {"latency": waits, "pulse": pulse_of(recording), "progress": progress}
        done = await play_along(performer.events, engine, settings, seed=seed, **how)
    track = companion_track(done.notes, settings, name=free_name(recording.tracks))
    files.extend(target, recording, track, notify)
    told = "measured" if latency is None else round(1000 * latency, 3)
    facts = {"model": str(model_folder(settings.model)), "kind": "online", "latency_ms": told}
    return {"seed": seed, **facts, **done.facts()}


def accompany_file_knowing(
    source: Path,
    target: Path,
    settings: Settings,
    *,
    seed: int,
    melody: str = "",
    progress: Callable[[float], None],
    notify: Callable[[str], None] = lambda _: None,
) -> dict[str, object]:
    """The same by one who knows the whole of ``source`` beforehand: the upper bound."""
    from livecomposer.engine.backends import open_engine
    from livecomposer.model import checkpoint
    from livecomposer.offline.lookahead import accompany_knowing

    recording = files.read(source, notify)
    _refuse_overwriting(source, target)
    performer = performer_of(recording, melody)
    model = model_folder(settings.model)
    decoder = checkpoint.load(model, fingerprint=VOCABULARY.fingerprint)
    how = {"device": settings.device, "precision": settings.precision}
    engine, _ = open_engine(decoder, mode=1, threads=settings.threads, **how)
    heard = notes_heard([track.events for track in performer.tracks])
    notes = accompany_knowing(heard, engine, settings, seed=seed, progress=progress)
    track = companion_track(notes, settings, name=free_name(recording.tracks))
    files.extend(target, recording, track, notify)
    return {"seed": seed, "model": str(model), "kind": "offline", "notes": len(notes)}


def render_file(
    source: Path,
    target: Path,
    settings: Settings,
    *,
    progress: Callable[[float], None] | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> float:
    """Render ``source`` to the WAV file ``target``; returns its seconds. ``progress`` is told the share done, 0–1."""
    from livecomposer.playing.soundfonts import find_soundfont
    from livecomposer.playing.synth import render

    recording = files.read(source, notify)
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


def seconds_of(source: Path) -> float:
    """When the last event of ``source`` happens."""
    return files.read(source).seconds


def tracks_of_file(source: Path) -> dict[str, list[Note]]:
    """The notes heard on each track of ``source``, the pedal applied."""
    recording = files.read(source)
    return {track.name or f"track {i}": notes_heard([track.events]) for i, track in enumerate(recording.tracks, 1)}


def _refuse_overwriting(source: Path, target: Path) -> None:
    if target.exists() and target.samefile(source):
        raise MidiFileError(f"{target}: is the input itself; name another output, nothing was changed")
    _refuse_nowhere(target)


def _refuse_nowhere(target: Path) -> None:
    if not target.absolute().parent.is_dir():
        raise MidiFileError(f"{target}: its folder does not exist; make it first")
