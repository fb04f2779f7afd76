"""Serves the panel in the session's own loop, from where the music begins to where it ends."""

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from livecomposer.control.web.access import Access, address_of
from livecomposer.control.web.panel import Panel
from livecomposer.playing.synth_stream import monitor_of
from livecomposer.session.background import background
from livecomposer.session.commands.frontend_api import FrontendApi
from livecomposer.session.ports.opening import in_loop

__all__ = ["serving"]

_PORTS_TRIED = 20


@asynccontextmanager
async def serving(api: FrontendApi) -> AsyncIterator[None]:
    """Serve until the music ends. Where it cannot be served that is told in one line, and the music goes on."""
    host, port = address_of(api.dispatcher.settings.panel_address)
    guard = Access.at(host)
    monitor = monitor_of(api.output, api.dispatcher.settings, failed=lambda line: api.notify(f"panel: {line}"))
    panel = Panel(api, guard, monitor)
    runner = web.AppRunner(panel.app(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        api.notify(f"panel: {_url(host, await _bound(runner, host, port), guard.token)}")
    except OSError as error:
        api.notify(f"no panel: {host}:{port}: {error.strerror}; name another with --panel-address")
        await runner.cleanup()
        yield
        return
    notified = in_loop(lambda line: panel.pages.notify(notified=line))
    ports = in_loop(lambda _offer, _connect, _notify: panel.pages.notify(ports=True))
    api.healing.append(ports)
    api.notify.append(notified)
    unwatch = api.dispatcher.watch(lambda name, value: _changed(panel, name, value))
    api.session.listeners.append(panel.score.heard)
    try:
        async with background(panel.show(), panel.measure()):
            yield
    finally:
        unwatch()
        api.healing.remove(ports)
        api.notify.remove(notified)
        api.session.listeners.remove(panel.score.heard)
        await panel.close()
        await runner.cleanup()


def _changed(panel: Panel, name: str, value: Any) -> None:
    if name == "panic":
        panel.silenced()
    panel.pages.notify(set={name: value})


async def _bound(runner: web.AppRunner, host: str, port: int) -> int:
    """The port that is served: ``port``, or the next that is free."""
    for tried in range(port, port + _PORTS_TRIED if port else 1):
        try:
            await web.TCPSite(runner, host, tried).start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or tried == port + _PORTS_TRIED - 1:
                raise
        else:
            break
    return int(runner.addresses[0][1])


def _url(host: str, port: int, token: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
