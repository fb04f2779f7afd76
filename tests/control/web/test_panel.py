import asyncio
import json
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from livecomposer.control.web import panel
from livecomposer.control.web.panel import MESSAGE_BYTES
from livecomposer.control.web.server import serving
from livecomposer.events import NoteOn, Role
from tests.control.web.people import backstage_of

PATIENCE = 20.0


class House:
    """A served panel and a browser; ``heard`` is what was played, ``told`` what the performer reads."""

    def __init__(self, record=None):
        self.heard, self.told = [], []
        self.api = backstage_of(record=record, heard=self.heard, told=self.told)

    async def __aenter__(self):
        self._serving = serving(self.api)
        await self._serving.__aenter__()
        self.url = self.told[0].removeprefix("panel: ")
        self.browser = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_):
        await self.browser.close()
        await self._serving.__aexit__(None, None, None)

    async def page(self, **headers):
        """An open page that has had its hello."""
        ws = await self.browser.ws_connect(self.url + "live", headers=headers)
        ws.hello = (await ws.receive_json())["hello"]
        return ws


async def said(ws, name):
    """The next message that has ``name`` in it."""
    while True:
        message = await ws.receive_json(timeout=PATIENCE)
        if name in message:
            return message


async def until(true):
    """Let others work until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.002)


async def test_a_page_is_greeted_with_all_it_needs():
    """Commands, values, what has sounded, and the plan."""
    async with House() as house:
        house.api.session.listeners[0](99.0, Role.PERFORMER, bytes([0x90, 60, 80]))
        ws = await house.page()
        assert [[99.0, 0, 0x90, 60, 80]] == ws.hello["past"]
        assert {"notes": [], "foreseen": []} == ws.hello["plan"]
        assert house.api.dispatcher.values() == ws.hello["values"]
        assert not ws.hello["sound"]["card"]


async def test_two_pages_stay_consistent():
    """What one sets, and what any other hand sets, both are told."""
    async with House() as house:
        one, other = await house.page(), await house.page()
        await one.send_json({"do": "creative_risk", "value": 1.5})
        assert [{"creative_risk": 1.5}] * 2 == [(await said(ws, "set"))["set"] for ws in (one, other)]
        house.api.dispatcher.do("mute", source="cc")
        assert [{"mute": True}] * 2 == [(await said(ws, "set"))["set"] for ws in (one, other)]


async def test_what_sounds_and_what_is_planned_is_told():
    """Rows as they sound, the plan when it changes."""
    async with House() as house:
        ws = await house.page()
        house.api.session.future = (NoteOn(101.0, 64, 70, Role.COMPANION),), ()
        house.api.session.listeners[0](100.0, Role.COMPANION, bytes([0x91, 62, 70]))
        message = await said(ws, "rows")
        assert [[100.0, 1, 0x91, 62, 70]] == message["rows"]
        assert [[101.0, 64, 70]] == message["plan"]["notes"]


async def test_a_page_that_opens_takes_nothing_from_the_others():
    """What was fresh when it came in, they are told all the same."""
    async with House() as house:
        ws = await house.page()
        house.api.session.listeners[0](100.0, Role.COMPANION, bytes([0x91, 62, 70]))
        late = await house.page()
        assert 1 == len((await said(ws, "rows"))["rows"])
        assert 1 == len(late.hello["past"])


async def test_keys_are_played_and_let_go_when_the_page_is_lost():
    """However it is lost."""
    async with House() as house:
        ws = await house.page()
        await ws.send_bytes(bytes([0x90, 60, 80]))
        await ws.send_bytes(bytes([0x90, 64, 80]))
        await until(lambda: len(house.heard) == 2)
        ws._response.connection.transport.abort()
        await until(lambda: len(house.heard) == 4)
        assert [bytes([0x80, 60, 64]), bytes([0x80, 64, 64])] == house.heard[2:]
        await until(lambda: not house.api.guests)


async def test_panic_from_the_page_silences_the_output():
    """Every note that sounds is ended, and so is what plays back."""
    async with House() as house:
        ws = await house.page()
        house.api.output.send(bytes([0x91, 60, 80]))
        await ws.send_json({"do": "panic"})
        assert {"panic": None} == (await said(ws, "set"))["set"]
        assert frozenset() == house.api.output.sounding()
        assert bytes([0x81, 60, 64]) in house.api.session.sink.sent
        assert [0, 1] == [role for _, role, status, number, _ in (await said(ws, "rows"))["rows"] if number == 123]


@pytest.mark.parametrize(
    "text", ["no JSON", "[]", '{"do": "destroy"}', '{"do": "creative_risk", "value": "x"}', "\x00", "{" * 2000]
)
async def test_a_malformed_message_is_refused_in_one_line(text):
    """To the page that sent it; the page stays."""
    async with House() as house:
        ws, other = await house.page(), await house.page()
        await ws.send_str(text)
        refused = (await said(ws, "refused"))["refused"]
        assert 1 == len(refused.splitlines())
        await ws.send_json({"do": "mute", "value": True})
        assert {"mute": True} == (await said(ws, "set"))["set"]
        assert "refused" not in await other.receive_json(timeout=PATIENCE)


async def test_an_oversized_message_ends_the_connection():
    """With the code that is made for it; other pages stay, nothing is heard."""
    async with House() as house:
        ws, other = await house.page(), await house.page()
        await ws.send_str(json.dumps({"do": "x" * MESSAGE_BYTES}))
        while not ws.closed:
            await ws.receive(timeout=PATIENCE)
        assert 1009 == ws.close_code
        await until(lambda: len(house.api.guests) == 1)
        await other.send_json({"ping": 1})
        assert 1 == (await said(other, "pong"))["pong"]


async def test_a_flood_is_shut_out():
    """In one line; what it held is let go, other pages stay."""
    async with House() as house:
        ws, other = await house.page(), await house.page()
        with suppress(ConnectionError):
            for _ in range(3000):
                await ws.send_bytes(bytes([0x90, 60, 80]))
        await until(lambda: len(house.api.guests) == 1)
        assert 1 == sum("shut out" in line for line in house.told)
        assert len(house.heard) <= 1001
        assert bytes([0x80, 60, 64]) == house.heard[-1]
        await other.send_json({"ping": 1})
        assert 1 == (await said(other, "pong"))["pong"]


@pytest.mark.parametrize("path", ["live", "sound", "metrics", "takes"])
@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
async def test_a_foreign_page_is_refused(tmp_path, path, headers):
    """Neither a WebSocket nor a page answers to it, and it is told why in one line."""
    async with House(record=tmp_path) as house:
        async with house.browser.get(house.url + path, headers=headers) as answer:
            assert 403 == answer.status
            assert 1 == len((await answer.json())["error"].splitlines())
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await house.browser.ws_connect(house.url + "live", headers=headers)


@pytest.mark.parametrize(
    "path", ["/../../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/static/index.html", "/panel.py", "//etc/passwd"]
)
async def test_no_path_leads_out_of_the_page(path):
    """Only the files of the panel are there."""
    async with House() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rstrip("/").rpartition(":")[2]))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        assert b" 404 " in answer.splitlines()[0]
        assert b"root:" not in answer


async def test_pages_may_not_be_framed_or_scripted_by_others():
    """Every answer says so, refusals too."""
    async with House() as house:
        for path in ("", "main.js", "nothing", "metrics"):
            async with house.browser.get(house.url + path) as answer:
                assert "DENY" == answer.headers["X-Frame-Options"]
                assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_meters_are_told_and_can_be_scraped():
    """Once a second to pages; at any time in Prometheus' format."""
    async with House() as house:
        ws = await house.page()
        house.api.meters.thru.add(0.001)
        message = await said(ws, "health")
        assert not message["health"]["trouble"]
        async with house.browser.get(house.url + "metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert "livecomposer_thru_seconds_count 1" in await answer.text()


async def test_who_listens_in_the_page_hears_the_output():
    """Blocks of sound that are not silent, for as long as the page listens."""
    async with House() as house, house.browser.ws_connect(house.url + "sound") as ws:
        await ws.receive_bytes(timeout=PATIENCE)
        house.api.output.send(bytes([0x90, 60, 110]))
        loudest = 0
        async with asyncio.timeout(PATIENCE):
            while loudest < 200:
                block = memoryview(await ws.receive_bytes()).cast("h")
                loudest = max(map(abs, block))


async def test_only_so_many_pages_are_open_at_once():
    """One more is refused in a line, and comes in when another has gone."""
    async with House() as house:
        pages = [await house.page() for _ in range(16)]
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await house.page()
        await pages[0].close()
        await until(lambda: len(house.api.guests) == 15)
        await house.page()


async def test_only_so_many_pages_listen_at_once():
    """However many a page opens, it is told in a line that it has had enough."""
    async with House() as house:
        input_ports = [await house.browser.ws_connect(house.url + "sound") for _ in range(32)]
        with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
            await house.browser.ws_connect(house.url + "sound")
        assert not any(ear.closed for ear in input_ports)


async def test_what_there_is_to_choose_from_is_asked_for():
    """As the performance knows it, by the setting's name."""
    async with House() as house, house.browser.get(house.url + "choices") as answer:
        assert {"input": [["", "any keyboard"]]} == await answer.json()


async def test_pages_are_told_each_line_that_the_performer_is():
    """From whatever thread it comes."""
    async with House() as house:
        ws = await house.page()
        await asyncio.to_thread(house.api.notify, "the engine is back")
        assert "the engine is back" == (await said(ws, "notified"))["notified"]


@pytest.mark.parametrize(
    "name", ["hello", "rows", "answering", "set", "beats", "health", "ports", "working", "take", "refused", "notified"]
)
def test_the_page_listens_to_what_it_is_sent(name):
    """Under the very name."""
    page = Path(panel.__file__).with_name("static") / "main.js"
    assert f'link.addEventListener("{name}"' in page.read_text(encoding="utf-8")


async def test_pages_are_told_that_ports_have_changed():
    """In whatever thread that is noticed."""
    async with House() as house:
        ws = await house.page()
        (ports,) = house.api.healing
        await asyncio.to_thread(ports, None, None, None)
        assert (await said(ws, "ports"))["ports"]
