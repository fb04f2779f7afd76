"""The hands that ``jam`` puts on the instrument: controllers, OSC in and out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from livecomposer.control.surfaces import osc_out
from livecomposer.control.surfaces.bindings import Controls
from livecomposer.control.surfaces.control_surface import Surface, played_on
from livecomposer.control.surfaces.controller_maps import Map, chosen, controls_of, own_file
from livecomposer.control.surfaces.midi_learn import Learning
from livecomposer.control.surfaces.osc_in import Responder, host_and_port, received
from livecomposer.errors import SettingError
from livecomposer.session.commands.frontend_api import Backstage, Hands
from livecomposer.midi.controller_feedback import Lamps, open_lamps
from livecomposer.control.machine_facts import midi_ports
from livecomposer.settings import Settings

__all__ = ["hands_of"]

_OFF = ("", "off")


def hands_of(
    settings: Settings, *, config: Path | None, preset: Path | None = None, tell: Callable[[str], None]
) -> list[Hands]:
    """All that the settings ask for, checked before anything is opened; ``config`` or ``preset``: where they came from.

    Raises :class:`SettingError`.
    """
    controller = chosen(settings.controller, [] if settings.controller else _inputs(settings))
    bound = partial(controls_of, controller, settings, config=config, preset=preset)
    bound()
    if controller.ports:
        tell(f"controller: {controller.name}")
    listen = None if settings.osc in _OFF else host_and_port("osc", settings.osc)
    target = None if settings.osc_target in _OFF else host_and_port("osc_target", settings.osc_target)
    reach = partial(_reach, bound=bound, controller=controller, file=own_file(config), listen=listen)
    return [reach, *([partial(osc_out.told, target=target)] if target else [])]


def _inputs(settings: Settings) -> list[str]:
    """Ports that a controller may be at; asked for only where a person plays."""
    return [] if settings.input.lower().endswith((".mid", ".midi")) else midi_ports()["inputs"]


@asynccontextmanager
async def _reach(
    backstage: Backstage, *, bound: Callable[[], Controls], controller: Map, file: Path, listen: tuple[str, int] | None
) -> AsyncIterator[None]:
    """Controllers, learning, and OSC, which can ask for it; ``bound`` reads the files."""
    controls = bound()
    lamps = await _lamps(controls, controller)
    desk, silence = backstage.desk, backstage.session.panic
    soon = asyncio.get_running_loop().call_soon_threadsafe
    surface = Surface(controls, desk, silence=silence, soon=soon, tell=backstage.tell, lamps=lamps)
    surface.learning = Learning(clock=backstage.clock, file=file, bind=surface.bind, tell=backstage.tell)
    backstage.learners.append(surface.learning.learn)
    backstage.rereads.append(partial(_rebound, surface, bound))
    async with AsyncExitStack() as reaching:
        if lamps is not None:
            lamps.returned = partial(soon, surface.show_all)
            reaching.callback(lamps.close)
            backstage.healing.append(lamps)
            reaching.callback(backstage.healing.remove, lamps)
        await reaching.enter_async_context(played_on(surface, backstage.gates, desk))
        if listen is not None:
            responder = Responder(desk, surface.learning)
            await reaching.enter_async_context(received(listen, responder, silence=silence, tell=backstage.tell))
        yield


def _rebound(surface: Surface, bound: Callable[[], Controls]) -> str:
    try:
        controls = bound()
    except SettingError as error:
        return f"controls not read again: {error}"
    if set(controls) == set(surface.controls):
        return ""
    surface.rebind(controls)
    return "controls read again"


async def _lamps(controls: Controls, controller: Map) -> Lamps | None:
    if not controller.ports or not any(binding.feedback for binding in controls):
        return None
    return await asyncio.to_thread(open_lamps, controller.ports)
