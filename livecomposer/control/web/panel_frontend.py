"""Opens the panel for a performance, if the settings want it and its library is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from livecomposer.control.web.access import address_of
from livecomposer.session.commands.frontend_api import FrontendApi

__all__ = ["panel_frontend"]


@asynccontextmanager
async def panel_frontend(api: FrontendApi) -> AsyncIterator[None]:
    """The :data:`~livecomposer.session.commands.frontend_api.Frontend` of the panel.

    Raises :class:`SettingError` for an address that is none; whatever else keeps the page away is told in one line.
    """
    settings = api.dispatcher.settings
    if settings.panel == "off":
        yield
        return
    address_of(settings.panel_address)
    try:
        from livecomposer.control.web.server import serving
    except ImportError as error:
        api.notify(f"no panel ({error}); pip install aiohttp")
        yield
        return
    async with serving(api):
        yield
