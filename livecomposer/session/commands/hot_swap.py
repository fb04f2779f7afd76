"""Settings whose change takes a while, carried out behind the music: ports, the model, the SoundFont.

What is asked for last is what counts. A change that fails is told in one line, and what was stays.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from livecomposer.errors import LivecomposerError, SettingError
from livecomposer.playing.sinks import Output
from livecomposer.playing.soundfonts import find_soundfont
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.session.ports.hotplug import Hotplug
from livecomposer.session.timing.overload_control import OverloadControl
from livecomposer.weights.checkpoint_folder import model_folder

__all__ = ["HotSwap", "Swap", "change_soundfont", "hot_swap_of"]


@dataclass(frozen=True, slots=True)
class Swap:
    """``check`` refuses at once what can never be; ``make`` does the rest and says, in one line, what is now."""

    check: Callable[[str], object]
    make: Callable[[str], Awaitable[str]]


class HotSwap:
    """Takes the ``changes`` of a ``dispatcher`` over, by the setting's name. In the loop's thread."""

    def __init__(self, dispatcher: Dispatcher, changes: Mapping[str, Swap], *, announce: Callable[[str], None]) -> None:
        self._all = [_Swapping(name, change, dispatcher, announce) for name, change in changes.items()]
        for each in self._all:
            dispatcher.carriers[each.name] = each.ask

    async def run(self) -> None:
        """Carry out what is asked for, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for each in self._all:
                tasks.create_task(each.run())


class _Swapping:
    """One setting, one change of it after the other."""

    def __init__(self, name: str, change: Swap, dispatcher: Dispatcher, announce: Callable[[str], None]) -> None:
        self.name = name
        self._change = change
        self._dispatcher = dispatcher
        self._announce = announce
        self._is = self._wanted = str(dispatcher.value(name))
        self._asked = asyncio.Event()

    def ask(self, value: str) -> None:
        """Have it become ``value`` soon; raises :class:`SettingError`."""
        try:
            self._change.check(value)
        except SettingError:
            raise
        except LivecomposerError as error:
            raise SettingError(str(error)) from error
        self._wanted = value
        self._asked.set()

    async def run(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            if self._wanted != self._is:
                await self._make(self._wanted)

    async def _make(self, wanted: str) -> None:
        try:
            line = await self._change.make(wanted)
        except Exception as error:  # noqa: BLE001 - whatever it is, the music goes on
            self._announce(f"{self.name}: {' '.join(str(error).split())}; all stays as it was")
            if self._wanted == wanted:
                self._wanted = self._is
                self._dispatcher.settle(self.name, self._is)
        else:
            self._is = wanted
            self._announce(line)


def hot_swap_of(
    dispatcher: Dispatcher,
    board: Hotplug,
    output: Output,
    overload: OverloadControl,
    *,
    announce: Callable[[str], None],
) -> HotSwap:
    """All there are in a session."""
    return HotSwap(
        dispatcher,
        {
            "input": Swap(board.check_input, board.change_input),
            "output": Swap(board.check_output, board.change_output),
            "soundfont": Swap(find_soundfont, partial(change_soundfont, output)),
            "model": Swap(model_folder, overload.choose),
        },
        announce=announce,
    )


async def change_soundfont(output: Output, wanted: str) -> str:
    """Have every synthesiser of ``output`` sound with another bank, at once but for loading, which nobody waits for.

    Raises :class:`SoundError`, and then nothing has changed.
    """
    path: Path = await asyncio.to_thread(find_soundfont, wanted)
    banks = [change for sink in output.sinks if (change := getattr(sink, "change_bank", None)) is not None]
    for change in banks:
        await asyncio.to_thread(partial(change, path))
    return f"SoundFont {path.name}" if banks else f"SoundFont {path.name}, once a synthesiser of ours plays"
