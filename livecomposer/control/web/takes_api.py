"""The takes by HTTP: listed, read, downloaded, rendered, played, saved after editing, continued, accompanied.

What grows with a take is done in another thread: no note of the session waits for a file or for a long list.
"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from livecomposer.control.web.compose_jobs import CancelledWorkError, ComposeJob, ComposeJobs, parts_of
from livecomposer.control.web.take_playback import TakePlayback
from livecomposer.errors import LivecomposerError, SettingError
from livecomposer.events import Note
from livecomposer.settings import Settings
from livecomposer.takes.folder import find_take, notes_of, save_take, takes_in

__all__ = ["TakesApi"]


class TakesApi:
    """The handlers; ``settings`` are those of the moment. ``changed`` is called when there is a new take."""

    def __init__(
        self,
        jobs: ComposeJobs,
        playback: TakePlayback,
        *,
        settings: Callable[[], Settings],
        changed: Callable[[str], None],
    ) -> None:
        self._jobs = jobs
        self._folder = jobs.folder
        self._playback = playback
        self._settings = settings
        self._changed = changed

    def routes(self) -> list[web.RouteDef]:
        """Everything below ``/takes``."""
        return [
            web.get("/takes", self.listed),
            web.post("/takes", self.save),
            web.post("/takes/compose", self.compose),
            web.post("/takes/cancel", self.cancel),
            web.post("/takes/play", self.play),
            web.post("/takes/stop", self.stop),
            web.get("/takes/{name}", self.notes),
            web.get("/takes/{name}/midi", self.midi),
            web.get("/takes/{name}/wav", self.wav),
        ]

    async def listed(self, _: web.Request) -> web.Response:
        """Names, dates and sizes, newest first."""
        takes = await asyncio.to_thread(takes_in, self._folder)
        rows = [{"name": take.name, "changed": take.changed, "size": take.size} for take in takes]
        return web.json_response({"takes": rows})

    async def notes(self, request: web.Request) -> web.Response:
        """The notes of one take, by part, and what is odd about the file."""
        path = find_take(self._folder, request.match_info["name"])
        return web.json_response(text=await asyncio.to_thread(_text_of, path))

    async def midi(self, request: web.Request) -> web.StreamResponse:
        """The file itself."""
        path = find_take(self._folder, request.match_info["name"])
        return web.FileResponse(path, headers=_as_file(path.name, "audio/midi"))

    async def wav(self, request: web.Request) -> web.Response:
        """The file as sound."""
        path = find_take(self._folder, request.match_info["name"])
        sound = await self._jobs.render(path, self._settings())
        return web.Response(body=sound, headers=_as_file(path.with_suffix(".wav").name, "audio/wav"))

    async def save(self, request: web.Request) -> web.Response:
        """Keep edited notes as a new take."""
        said = await _said(request)
        parts = await asyncio.to_thread(parts_of, said.get("parts"))
        path = await asyncio.to_thread(save_take, self._folder, parts, stem=_stem(said))
        return self._made(path.name)

    async def compose(self, request: web.Request) -> web.Response:
        """Continue or accompany edited notes, into a new take."""
        said = await _said(request)
        parts, wish = await asyncio.to_thread(parts_of, said.get("parts")), ComposeJob.of(said)
        try:
            path = await self._jobs.compose(parts, wish, self._settings(), stem=_stem(said))
        except CancelledWorkError as error:  # as it was asked for
            return web.json_response({"cancelled": str(error)})
        return self._made(path.name)

    async def cancel(self, _: web.Request) -> web.Response:
        """End what is being composed or rendered."""
        self._jobs.cancel()
        return web.json_response({})

    async def play(self, request: web.Request) -> web.Response:
        """Play notes through the session's output."""
        said = await _said(request)
        at = said.get("at", 0.0)
        if not isinstance(at, int | float) or not 0 <= at < 1e6:
            raise SettingError(f"at = {at!r}: wanted seconds, 0 or more")
        parts = await asyncio.to_thread(parts_of, said.get("parts"))
        self._playback.start(str(said.get("name", ""))[:80], parts, at=float(at))
        return web.json_response({})

    async def stop(self, _: web.Request) -> web.Response:
        """Stop that."""
        self._playback.stop()
        return web.json_response({})

    def _made(self, name: str) -> web.Response:
        self._changed(name)
        return web.json_response({"take": name})


def _text_of(path: Path) -> str:
    remarks: list[str] = []
    parts = {name: _rows(notes) for name, notes in notes_of(path, remarks.append).items()}
    return json.dumps({"parts": parts, "remarks": [line.removeprefix(f"{path.parent}/") for line in remarks]})


def _rows(notes: list[Note]) -> list[tuple[float, float, int, int]]:
    return [(round(n.start, 4), round(n.end, 4), n.pitch, n.velocity) for n in notes]


def _as_file(name: str, kind: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": kind}


def _stem(said: dict[str, Any]) -> str:
    stem = "".join(char for char in str(said.get("stem", "")) if char.isalnum() or char in "-_ .")[:60].strip(". ")
    return stem or "edited"


async def _said(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise SettingError(f"content type {request.content_type!r}: wanted application/json")
    try:
        said = await asyncio.to_thread(json.loads, await request.text())
    except (ValueError, LookupError, RecursionError) as error:
        raise SettingError("the request's body is not JSON") from error
    if not isinstance(said, dict):
        raise LivecomposerError("the request's body is no JSON object")
    return said
