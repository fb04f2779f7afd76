"""The files of the page itself, and the headers that keep other sites out of it."""

from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files

from aiohttp import web

__all__ = ["SECURITY", "Handler", "pages", "refused"]

SECURITY = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

_KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def pages() -> dict[str, Handler]:
    """Handlers of the panel's files, by path; nothing else can be asked for."""
    found: dict[str, Handler] = {}
    for file in (files("livecomposer.control.web") / "static").iterdir():
        kind = _KINDS.get(file.name.rpartition(".")[2])
        if kind:
            path = "/" if file.name == "index.html" else "/" + file.name
            found[path] = partial(_page, file.read_bytes(), kind)
    return found


def refused(line: str, *, status: int) -> web.Response:
    """What a page is told that asked for something wrong, in one line."""
    return web.json_response({"error": " ".join(line.split())}, status=status, headers=SECURITY)


async def _page(body: bytes, kind: str, _: web.Request) -> web.Response:
    return web.Response(body=body, content_type=kind, charset="utf-8")
