import asyncio
import socket

import aiohttp
import pytest

from livecomposer.control.web.server import serving
from tests.control.web.people import backstage_of


def panel_lines(told):
    """What the performer was told of the page."""
    return [line for line in told if "panel" in line]


async def test_the_performer_is_told_where_the_page_is():
    """And it is there, until the performance is over."""
    told = []
    async with serving(backstage_of(told=told)), aiohttp.ClientSession() as browser:
        [line] = panel_lines(told)
        url = line.removeprefix("panel: ")
        assert url.startswith("http://127.0.0.1:")
        async with browser.get(url) as page:
            assert 200 == page.status
            assert "piano" in await page.text()
    async with aiohttp.ClientSession() as browser:
        with pytest.raises(aiohttp.ClientConnectionError):
            await browser.get(url)


async def test_a_port_that_is_taken_is_passed_by():
    """The next free one is served and told."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = []
        async with serving(backstage_of(told=told, panel_address=f"127.0.0.1:{port}")):
            [line] = panel_lines(told)
            assert port < int(line.rstrip("/").rpartition(":")[2]) <= port + 20


async def test_an_address_that_is_not_ours_ends_no_music():
    """One line says that there is no page, and what to do."""
    told = []
    async with serving(backstage_of(told=told, panel_address="192.0.2.1:8765")):
        assert 1 == len(told)
        assert "--panel-address" in told[0]


async def test_elsewhere_the_line_shows_the_token():
    """Who opens it whole comes in and is remembered; who does not stays out."""
    told = []
    async with serving(backstage_of(told=told, panel_address="0.0.0.0:0")):
        [line] = panel_lines(told)
        url = line.removeprefix("panel: ").replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        bare, _, token = url.partition("?token=")
        assert len(token) > 15
        jar = aiohttp.CookieJar(unsafe=True)  # which keeps cookies of numbers too
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            for wrong in (bare, bare + "?token=guess", bare + "metrics", bare + "live"):
                async with browser.get(wrong) as page:
                    assert (403, "token") == (page.status, (await page.json())["error"].split()[3].rstrip(";"))
            async with browser.get(url) as page:
                assert (200, bare) == (page.status, str(page.url))
            async with browser.get(bare + "metrics") as page:
                assert 200 == page.status
            async with browser.ws_connect(bare + "live") as ws:
                assert "hello" in await ws.receive_json()


async def test_the_session_is_as_it_was_when_the_page_is_gone():
    """Nobody watches, listens or is told any more, and open pages are sent away."""
    told = []
    api = backstage_of(told=told)
    async with aiohttp.ClientSession() as browser:
        async with serving(api):
            assert 1 == len(api.session.listeners)
            ws = await browser.ws_connect(panel_lines(told)[0].removeprefix("panel: ") + "live")
            await ws.receive_json()
            assert 1 == len(api.guests)
            farewell = asyncio.create_task(ws.receive(timeout=10))
        assert 1001 == (await farewell).data
    assert [] == api.session.listeners
    assert 1 == len(api.notify)
    assert set() == api.guests
