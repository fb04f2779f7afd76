import sys

import pytest

from livecomposer.control.web.panel_frontend import panel_frontend
from livecomposer.errors import SettingError
from tests.control.web.people import backstage_of


async def test_the_panel_is_open_unless_it_is_switched_off():
    """The line with its address, or nothing at all."""
    told = []
    async with panel_frontend(backstage_of(told=told)):
        assert told[0].startswith("panel: http://127.0.0.1:")
    told.clear()
    async with panel_frontend(backstage_of(told=told, panel="off")):
        assert [] == told


async def test_without_its_library_the_music_goes_on(monkeypatch):
    """One line says what is missing and how to get it."""
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    for name in [name for name in sys.modules if name.startswith("livecomposer.control.web.")]:
        monkeypatch.delitem(sys.modules, name)
    told = []
    async with panel_frontend(backstage_of(told=told)):
        assert 1 == len(told)
        assert "pip install aiohttp" in told[0]


async def test_an_address_that_is_none_is_refused():
    """Whoever wrote it is told."""
    with pytest.raises(SettingError, match="panel_address"):
        async with panel_frontend(backstage_of(panel_address="here")):
            pass
