"""A journal's file through the rooms: its calls, an engine's process for each model it played with, a file of both."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from livecomposer.companion.undo_history import whole
from livecomposer.errors import LivecomposerError
from livecomposer.events import Event, NoteOn, Role
from livecomposer.midi import files
from livecomposer.session.engines import OFFLINE_TIMEOUT, Engines
from livecomposer.settings import changed
from livecomposer.takes.journal_reader import JournalContents, read
from livecomposer.takes.replay import Replay, replay
from livecomposer.weights.checkpoint_folder import facts_of, model_folder

__all__ = ["replay_file"]


async def replay_file(
    journal: Path, target: Path | None, *, model: str = "", progress: Callable[[float], None] = lambda _: None
) -> dict[str, Any]:
    """Replay ``journal``, and write what came of it to ``target``; what ``replay --json`` prints.

    ``model``: the folder of the weights, where they have moved. Raises :class:`LivecomposerError` where the journal is
    none, where other weights lie there, or where the engine's process fails.
    """
    score = read(journal)
    if model:
        score = replace(score, settings=changed(score.settings, {"model": model}))
    found = _same_weights(journal, score)
    async with Engines(score.settings, timeout=OFFLINE_TIMEOUT) as engines:
        done = await replay(score, engines.open, progress=progress)
        engine = None if engines.latest is None else facts_of(found, engines.latest.hello)["engine"]
    if target is not None:
        files.write(target, _tracks(score, done))
    return {
        "journal": str(journal),
        "seed": score.header["seed"],
        "model": str(found),
        "same_engine": engine is None or engine == score.header.get("engine"),
        "calls": done.calls,
        "ids": done.ids,
        "notes": sum(1 for event in done.events[Role.COMPANION] if isinstance(event, NoteOn)),
        "seconds": round(done.ended - score.began, 3),
        "same": done.first is None,
        "differences": done.differences,
        "first": None if done.first is None else {"t": round(done.first.moment, 6), "what": done.first.what},
        "broken": score.broken,
    }


def _same_weights(journal: Path, score: JournalContents) -> Path:
    folder = model_folder(score.settings.model)
    facts = facts_of(folder, {})
    if score.header.get("vocabulary", facts["vocabulary"]) != facts["vocabulary"]:
        raise LivecomposerError(f"{journal}: of another vocabulary; replay it with the version that it was played with")
    played, there = score.header.get("weights"), facts["weights"]
    if played is not None and played != there:
        raise LivecomposerError(
            f"{journal}: played with the weights {played[:12]}, and {folder} holds {there[:12]}; "
            "name the folder that has them with --model PATH"
        )
    return folder


def _tracks(score: JournalContents, done: Replay) -> list[files.Track]:
    """Both players' parts, counted from the first call; what sounds at the end ends there."""
    tracks = []
    for role, events in done.events.items():
        moved = (_moved(event, score.began) for event in events)
        tracks.append(files.Track(role.name.lower(), tuple(whole(moved, max(0.0, done.ended - score.began)))))
    return tracks


def _moved(event: Event, by: float) -> Event:
    return replace(event, time=max(0.0, event.time - by))
