"""A journal's file through the rooms: its calls, an engine's process for each model it played with, a file of both."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from livecomposer.companion.undo_history import whole
from livecomposer.engine.client import EngineClient
from livecomposer.errors import LivecomposerError
from livecomposer.events import Event, NoteOn, Role
from livecomposer.midi import files
from livecomposer.session.partner import engine_command, mask_policy_of
from livecomposer.session.weights import facts_of, model_folder
from livecomposer.settings import Settings, changed
from livecomposer.takes.journal_reader import JournalContents, read
from livecomposer.takes.replay import Replay, replay

__all__ = ["replay_file"]

_PATIENCE = 60.0


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
    async with _engines(score.settings) as open_engine:
        done = await replay(score, open_engine, progress=progress)
        engine = open_engine.facts
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


class _Opener:
    """Opens an engine for the name of a model; remembers what the last one said of itself."""

    def __init__(self, settings: Settings, engines: AsyncExitStack) -> None:
        self.facts: dict[str, Any] | None = None
        self._settings = settings
        self._engines = engines

    async def __call__(self, model: str) -> EngineClient:
        command = engine_command(self._settings, model_folder(model))
        engine = await self._engines.enter_async_context(
            EngineClient(command, language=mask_policy_of(self._settings), timeout=_PATIENCE)
        )
        self.facts = {name: engine.hello.get(name) for name in ("backend", "precision", "device")}
        return engine


@asynccontextmanager
async def _engines(settings: Settings) -> AsyncIterator[_Opener]:
    async with AsyncExitStack() as engines:
        yield _Opener(settings, engines)
