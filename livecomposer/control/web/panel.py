"""What all pages of one performance share: what they are told, what they may ask, and the guard before it.

``/live`` carries what is played, drawn and set; ``/sound`` blocks of samples. Nobody waits for a page: see
:mod:`.audience`. What a page says is limited in size and in rate; a page that says more is shut out.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from livecomposer.beats import Beats
from livecomposer.control.web.page_queues import MOST_PAGES, Audience, Ear, Guest
from livecomposer.control.web.health import Gauges, Reading, prometheus
from livecomposer.control.web.access import COOKIE, Allowance, Guard
from livecomposer.control.web.pages import SECURITY, Handler, pages, refused
from livecomposer.control.web.take_playback import Playback
from livecomposer.control.web.roll_feed import Score
from livecomposer.control.web.takes_api import Shelf
from livecomposer.control.web.page_messages import Talk, tables
from livecomposer.control.web.compose_jobs import Workshop
from livecomposer.errors import LivecomposerError, SettingError
from livecomposer.events import Role
from livecomposer.session.commands.frontend_api import Backstage
from livecomposer.session.monitor import FRAMES, RATE, StreamSynth

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

    def __init__(self, backstage: Backstage, guard: Guard, monitor: StreamSynth) -> None:
        self.audience = Audience()
        self.score = Score(backstage.session, backstage.clock)
        self._backstage = backstage
        self._guard = guard
        self._monitor = monitor
        self._beats: Beats | None = None
        self._gauges = Gauges(backstage)
        self._quantiles: dict[str, list[float]] = {}
        self._sockets: set[web.WebSocketResponse] = set()
        output = backstage.output
        told = self.audience.tell
        self.playback = Playback(output.send, output.release, backstage.clock, lambda playing: told(playing=playing))

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
        folder = self._backstage.record
        if folder is not None:
            workshop = Workshop(folder, progress=lambda share: self.audience.tell(working=share))
            shelf = Shelf(
                workshop,
                self.playback,
                settings=lambda: self._backstage.desk.settings,
                changed=lambda name: self.audience.tell(take=name),
            )
            app.add_routes(shelf.routes())
        for path, page in pages().items():
            app.router.add_get(path, page)
        return app

    async def show(self) -> None:
        """Tell the pages what sounds and what is planned, until cancelled."""
        while True:
            await asyncio.sleep(_FRAME_SECONDS if len(self.audience) else _IDLE_SECONDS)
            if len(self.audience):
                self.frame()

    def silenced(self) -> None:
        """Show that nothing sounds any more: a panic ends notes without a message of their own."""
        self.playback.stop()
        for role in Role:
            self.score.heard(self._backstage.clock.now(), role, _ALL_NOTES_OFF)

    def frame(self) -> None:
        """Tell the pages what is new to draw."""
        rows, plan = self.score.fresh(), self.score.plan()
        if rows or plan:
            self.audience.tell(now=self._backstage.clock.now(), rows=rows, plan=plan, answering=self._answering)

    async def measure(self) -> None:
        """Tell the pages how it goes, until cancelled."""
        while True:
            await asyncio.sleep(_METER_SECONDS)
            gauges, beats = self._gauges.look(), self._backstage.beats()
            if len(self.audience):
                if beats != self._beats:
                    self._beats = beats
                    self.audience.tell(beats=_told_beats(beats))
                self._quantiles = await asyncio.to_thread(self._gauges.quantiles)
                self.audience.tell(
                    gauges=gauges,
                    quantiles=self._quantiles,
                    answering=self._answering,
                    sounding=[pitch for _, pitch in self._backstage.output.sounding()],
                    now=self._backstage.clock.now(),
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
        return self._backstage.session.answering

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
        quantiles = await asyncio.to_thread(self._gauges.quantiles)
        text = prometheus(Reading.of(self._backstage), quantiles, pages=len(self.audience))
        return web.Response(text=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _choices(self, _: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(self._backstage.choices))

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        if len(self.audience) >= MOST_PAGES:
            raise SettingError(f"{MOST_PAGES} pages are open already; close one")
        ws = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES, heartbeat=_HEARTBEAT, timeout=_FAREWELL, compress=False)
        await ws.prepare(request)
        guest = Guest(ws.send_str)
        talk = Talk(self._backstage, lambda **said: guest.offer(json.dumps(said)))
        guest.offer(json.dumps({"hello": self._hello()}))
        leave = self.audience.join(guest)
        self._backstage.guests.add(guest)
        self._sockets.add(ws)
        writing = asyncio.create_task(self._write(guest, ws))
        try:
            await self._read(ws, guest, talk)
        finally:
            leave()
            self._sockets.discard(ws)
            self._backstage.guests.discard(guest)
            talk.keys.release()
            writing.cancel()
        await ws.close(code=WSCloseCode.POLICY_VIOLATION, message=b"too many messages")
        return ws

    async def _read(self, ws: web.WebSocketResponse, guest: Guest, talk: Talk) -> None:
        clock = self._backstage.clock
        allowance = Allowance(rate=_MESSAGES_A_SECOND, burst=_BURST, now=clock.now())
        async for message in ws:
            if not allowance.take(clock.now()):
                self._backstage.tell(f"panel: a page sent over {_MESSAGES_A_SECOND:g} messages a second: shut out")
                return
            try:
                if message.type is WSMsgType.BINARY:
                    talk.play(message.data)
                elif message.type is WSMsgType.TEXT:
                    talk.hear(message.data)
            except LivecomposerError as error:
                guest.offer(json.dumps({"refused": " ".join(str(error).split())}))

    async def _write(self, guest: Guest, ws: web.WebSocketResponse) -> None:
        with suppress(OSError):
            await guest.run()
        if guest.behind:
            await ws.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow")

    async def _sound(self, request: web.Request) -> web.WebSocketResponse:
        if len(self._sockets) >= 2 * MOST_PAGES:
            raise SettingError(f"{MOST_PAGES} pages listen already; close one")
        ws = web.WebSocketResponse(max_msg_size=64, heartbeat=_HEARTBEAT, timeout=_FAREWELL, compress=False)
        await ws.prepare(request)
        ear = Ear(asyncio.get_running_loop(), ws.send_bytes)
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
        backstage = self._backstage
        self.frame()  # what is new goes to the others; this page has it in what is past
        return {
            **tables(backstage),
            "now": backstage.clock.now(),
            "past": self.score.past(),
            "plan": self.score.plan(anyway=True),
            "answering": self._answering,
            "sound": {"rate": RATE, "frames": FRAMES, "card": _has_card(backstage.output.names)},
            "beats": _told_beats(backstage.beats()),
            "quantiles": self._quantiles,
        }


def _told_beats(beats: Beats | None) -> dict[str, Any] | None:
    return None if beats is None else asdict(beats)


def _has_card(outputs: tuple[str, ...]) -> bool:
    return any(name.startswith(("FluidSynth", "PortAudio")) for name in outputs)
