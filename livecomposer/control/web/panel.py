"""What all pages of one performance share: what they are told, what they may ask, and the guard before it.

``/live`` carries what is played, drawn and set; ``/sound`` blocks of samples. Nobody waits for a page: see
:mod:`.pages`. What a page says is limited in size and in rate; a page that says more is shut out.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from livecomposer.beats import Beats
from livecomposer.control.web.access import COOKIE, Access
from livecomposer.control.web.compose_jobs import ComposeJobs
from livecomposer.control.web.health import Health, HealthReading, prometheus
from livecomposer.control.web.page_messages import PageMessages, tables
from livecomposer.control.web.page_queues import MOST_PAGES, Page, PageQueues, SoundQueue
from livecomposer.control.web.pages import SECURITY, Handler, pages, refused
from livecomposer.control.web.roll_feed import RollFeed
from livecomposer.control.web.take_playback import TakePlayback
from livecomposer.control.web.takes_api import TakesApi
from livecomposer.errors import LivecomposerError, SettingError
from livecomposer.events import Role
from livecomposer.playing.synth_stream import FRAMES, RATE, StreamSynth
from livecomposer.session.commands.allowance import Allowance
from livecomposer.session.commands.frontend_api import FrontendApi

__all__ = ["MESSAGE_BYTES", "Panel"]

MESSAGE_BYTES = 4096
"""The largest message a page may send."""
_MESSAGES_A_SECOND, _BURST = 500.0, 1000.0
_REQUEST_BYTES = 4 * 2**20
_FRAME_SECONDS, _IDLE_SECONDS, _METER_SECONDS = 1 / 30, 0.25, 1.0
_HEARTBEAT = 10.0
_FAREWELL = 1.0
_ALL_NOTES_OFF = bytes([0xB0, 123, 0])


class Panel:
    """What the pages share; one a performance."""

    def __init__(self, api: FrontendApi, guard: Access, monitor: StreamSynth) -> None:
        self.pages = PageQueues()
        self.score = RollFeed(api.session, api.clock)
        self._api = api
        self._guard = guard
        self._monitor = monitor
        self._beats: Beats | None = None
        self._health = Health(api)
        self._quantiles: dict[str, list[float]] = {}
        self._sockets: set[web.WebSocketResponse] = set()
        output = api.output
        notify = self.pages.notify
        self.playback = TakePlayback(output.send, output.release, api.clock, lambda playing: notify(playing=playing))

    def app(self) -> web.Application:
        """All routes, behind the guard."""
        app = web.Application(middlewares=[self._guarded], client_max_size=_REQUEST_BYTES)
        app.add_routes(
            [
                web.get("/live", self._live),
                web.get("/sound", self._sound),
                web.get("/metrics", self._metrics),
                web.get("/choices", self._choices),
            ]
        )
        folder = self._api.record
        if folder is not None:
            jobs = ComposeJobs(folder, progress=lambda share: self.pages.notify(working=share))
            takes_api = TakesApi(
                jobs,
                self.playback,
                settings=lambda: self._api.dispatcher.settings,
                changed=lambda name: self.pages.notify(take=name),
            )
            app.add_routes(takes_api.routes())
        for path, page in pages().items():
            app.router.add_get(path, page)
        return app

    async def show(self) -> None:
        """Tell the pages what sounds and what is planned, until cancelled."""
        while True:
            await asyncio.sleep(_FRAME_SECONDS if len(self.pages) else _IDLE_SECONDS)
            if len(self.pages):
                self.frame()

    def silenced(self) -> None:
        """Show that nothing sounds any more: a panic ends notes without a message of their own."""
        self.playback.stop()
        for role in Role:
            self.score.heard(self._api.clock.now(), role, _ALL_NOTES_OFF)

    def frame(self) -> None:
        """Tell the pages what is new to draw."""
        rows, plan = self.score.fresh(), self.score.plan()
        if rows or plan:
            self.pages.notify(now=self._api.clock.now(), rows=rows, plan=plan, answering=self._answering)

    async def measure(self) -> None:
        """Tell the pages how it goes, until cancelled."""
        while True:
            await asyncio.sleep(_METER_SECONDS)
            health, beats = self._health.look(), self._api.beats()
            if len(self.pages):
                if beats != self._beats:
                    self._beats = beats
                    self.pages.notify(beats=_beats_message(beats))
                self._quantiles = await asyncio.to_thread(self._health.quantiles)
                self.pages.notify(
                    health=health,
                    quantiles=self._quantiles,
                    answering=self._answering,
                    sounding=[pitch for _, pitch in self._api.output.sounding()],
                    now=self._api.clock.now(),
                )

    async def close(self) -> None:
        """Send the pages away."""
        await self.playback.close()
        goodbye = [ws.close(code=WSCloseCode.GOING_AWAY, message=b"the session is over") for ws in self._sockets]
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await asyncio.gather(*goodbye, return_exceptions=True)

    @property
    def _answering(self) -> bool:
        return self._api.session.answering

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        token = request.query.get("token") or request.cookies.get(COOKIE, "")
        if refusal := self._guard.refusal(request.headers, token=token):
            return refused(refusal, status=403)
        if self._guard.token and request.query.get("token") and request.path == "/":
            welcome = web.Response(status=302, headers={"Location": "/", **SECURITY})
            welcome.set_cookie(COOKIE, token, httponly=True, samesite="Strict", path="/")
            return welcome
        try:
            response = await handler(request)
        except LivecomposerError as error:
            response = refused(str(error), status=404 if "no such take" in str(error) else 400)
        except web.HTTPException as error:
            response = refused(error.reason, status=error.status)
        except OSError as error:
            response = refused(error.strerror or "the connection was lost", status=400)
        if not response.prepared:
            response.headers.update(SECURITY)
        return response

    async def _metrics(self, _: web.Request) -> web.Response:
        quantiles = await asyncio.to_thread(self._health.quantiles)
        text = prometheus(HealthReading.of(self._api), quantiles, pages=len(self.pages))
        return web.Response(text=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _choices(self, _: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(self._api.choices))

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        if len(self.pages) >= MOST_PAGES:
            raise SettingError(f"{MOST_PAGES} pages are open already; close one")
        ws = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES, heartbeat=_HEARTBEAT, timeout=_FAREWELL, compress=False)
        await ws.prepare(request)
        page = Page(ws.send_str)
        talk = PageMessages(self._api, lambda **said: page.offer(json.dumps(said)))
        page.offer(json.dumps({"hello": self._hello()}))
        leave = self.pages.join(page)
        self._api.guests.add(page)
        self._sockets.add(ws)
        writing = asyncio.create_task(self._write(page, ws))
        try:
            await self._read(ws, page, talk)
        finally:
            leave()
            self._sockets.discard(ws)
            self._api.guests.discard(page)
            talk.keys.release()
            writing.cancel()
        await ws.close(code=WSCloseCode.POLICY_VIOLATION, message=b"too many messages")
        return ws

    async def _read(self, ws: web.WebSocketResponse, page: Page, talk: PageMessages) -> None:
        clock = self._api.clock
        allowance = Allowance(rate=_MESSAGES_A_SECOND, burst=_BURST, now=clock.now())
        async for message in ws:
            if not allowance.take(clock.now()):
                self._api.notify(f"panel: a page sent over {_MESSAGES_A_SECOND:g} messages a second: shut out")
                return
            try:
                if message.type is WSMsgType.BINARY:
                    talk.play(message.data)
                elif message.type is WSMsgType.TEXT:
                    talk.hear(message.data)
            except LivecomposerError as error:
                page.offer(json.dumps({"refused": " ".join(str(error).split())}))

    async def _write(self, page: Page, ws: web.WebSocketResponse) -> None:
        with suppress(OSError):
            await page.run()
        if page.behind:
            await ws.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow")

    async def _sound(self, request: web.Request) -> web.WebSocketResponse:
        if len(self._sockets) >= 2 * MOST_PAGES:
            raise SettingError(f"{MOST_PAGES} pages listen already; close one")
        ws = web.WebSocketResponse(max_msg_size=64, heartbeat=_HEARTBEAT, timeout=_FAREWELL, compress=False)
        await ws.prepare(request)
        ear = SoundQueue(asyncio.get_running_loop(), ws.send_bytes)
        self._sockets.add(ws)
        leave = self._monitor.listen(ear)
        sending = asyncio.create_task(ear.run())
        try:
            async for _ in ws:
                break  # a page has nothing to say here
        finally:
            leave()
            sending.cancel()
            self._sockets.discard(ws)
        return ws

    def _hello(self) -> dict[str, Any]:
        api = self._api
        self.frame()  # what is new goes to the others; this page has it in what is past
        return {
            **tables(api),
            "now": api.clock.now(),
            "past": self.score.past(),
            "plan": self.score.plan(anyway=True),
            "answering": self._answering,
            "sound": {"rate": RATE, "frames": FRAMES, "card": _has_card(api.output.names)},
            "beats": _beats_message(api.beats()),
            "quantiles": self._quantiles,
        }


def _beats_message(beats: Beats | None) -> dict[str, Any] | None:
    return None if beats is None else asdict(beats)


def _has_card(outputs: tuple[str, ...]) -> bool:
    return any(name.startswith(("FluidSynth", "PortAudio")) for name in outputs)
