"""The frontends of ``jam`` but for the panel: controllers, MIDI learn, OSC in and out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from livecomposer.control.machine_facts import midi_ports
from livecomposer.control.surfaces import osc_out
from livecomposer.control.surfaces.bindings import Controls
from livecomposer.control.surfaces.control_surface import ControlSurface, played_on
from livecomposer.control.surfaces.controller_maps import ControllerMap, chosen, controls_of, own_file
from livecomposer.control.surfaces.midi_learn import MidiLearn
from livecomposer.control.surfaces.osc_in import Responder, host_and_port, received
from livecomposer.errors import SettingError
from livecomposer.faults import Faults
from livecomposer.midi.controller_feedback import ControllerFeedback, open_lamps
from livecomposer.session.commands.frontend_api import Frontend, FrontendApi
from livecomposer.settings import Settings

__all__ = ["frontends_of"]

_OFF = ("", "off")


def frontends_of(
    settings: Settings, *, config: Path | None, preset: Path | None = None, notify: Callable[[str], None]
) -> list[Frontend]:
    """All that the settings ask for, checked before anything is opened; ``config`` or ``preset``: where they came from.

    Raises :class:`SettingError`.
    """
    controller = chosen(settings.controller, [] if settings.controller else _inputs(settings))
    bound = partial(controls_of, controller, settings, config=config, preset=preset)
    bound()
    if controller.ports:
        notify(f"controller: {controller.name}")
    listen = None if settings.osc in _OFF else host_and_port("osc", settings.osc)
    target = None if settings.osc_target in _OFF else host_and_port("osc_target", settings.osc_target)
    reach = partial(_reach, bound=bound, controller=controller, file=own_file(config), listen=listen)
    return [reach, *([partial(osc_out.reporting, target=target)] if target else [])]


def _inputs(settings: Settings) -> list[str]:
    """Ports that a controller may be at; asked for only where a person plays."""
    return [] if settings.input.lower().endswith((".mid", ".midi")) else midi_ports()["inputs"]


@asynccontextmanager
async def _reach(
    api: FrontendApi,
    *,
    bound: Callable[[], Controls],
    controller: ControllerMap,
    file: Path,
    listen: tuple[str, int] | None,
) -> AsyncIterator[None]:
    """Controllers, learning, and OSC, which can ask for it; ``bound`` reads the files."""
    controls = bound()
    feedback = await _feedback(controls, controller, api.meters.faults)
    dispatcher, silence = api.dispatcher, api.session.panic
    soon = asyncio.get_running_loop().call_soon_threadsafe
    surface = ControlSurface(controls, dispatcher, silence=silence, soon=soon, notify=api.notify, feedback=feedback)
    surface.learning = MidiLearn(clock=api.clock, file=file, bind=surface.bind, notify=api.notify)
    api.learners.append(surface.learning.learn)
    api.rereads.append(partial(_rebound, surface, bound))
    async with AsyncExitStack() as reaching:
        if feedback is not None:
            feedback.returned = partial(soon, surface.show_all)
            reaching.callback(feedback.close)
            api.healing.append(feedback.heal)
            reaching.callback(api.healing.remove, feedback.heal)
        await reaching.enter_async_context(played_on(surface, api.filters, dispatcher))
        if listen is not None:
            responder = Responder(dispatcher, surface.learning)
            await reaching.enter_async_context(
                received(listen, responder, silence=silence, notify=api.notify, faults=api.meters.faults)
            )
        yield


def _rebound(surface: ControlSurface, bound: Callable[[], Controls]) -> str:
    try:
        controls = bound()
    except SettingError as error:
        return f"controls not read again: {error}"
    if set(controls) == set(surface.controls):
        return ""
    surface.rebind(controls)
    return "controls read again"


async def _feedback(controls: Controls, controller: ControllerMap, faults: Faults) -> ControllerFeedback | None:
    if not controller.ports or not any(binding.feedback for binding in controls):
        return None
    return await asyncio.to_thread(partial(open_lamps, controller.ports, faults=faults))
