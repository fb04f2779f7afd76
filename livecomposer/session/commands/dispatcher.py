"""Commands, carried out: whoever asks, by whatever means, one name does one thing.

Controllers, OSC, the panel and the command line all end here. Every change is told to whoever watches, so that lamps,
faders and pages show what is.

A flood is bounded, so that neither the music nor the journal pays for it: of settings the last values are carried out
together as soon as may be, and actions that come too often are refused. Panic is neither.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from livecomposer.clocks import Clock, MonotonicClock
from livecomposer.errors import SettingError
from livecomposer.session.commands.actions import Actions
from livecomposer.session.commands.allowance import Allowance
from livecomposer.session.commands.table import COMMANDS, Command, Kind, command
from livecomposer.settings import Settings, changed

__all__ = ["Dispatcher", "Watcher"]

Watcher = Callable[[str, Any], None]
"""Told the name of a command and its value after each change; ``None`` for an action."""

_WORDS = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
_A_SECOND = 10.0
"""How many settings are changed a second, and how many actions are done, once the burst is used up."""
_BURST = 60.0
"""At once; a preset or a file of settings changes as many settings as there are."""
_LOOK_SECONDS = 0.05


@dataclass(slots=True)
class _Asked:
    """What a setting is to be, who asked last, and how often somebody did since it was carried out."""

    value: Any
    source: str
    times: int


class Dispatcher:
    """Checks, carries out and tells; in the loop's thread, but ``panic`` in any.

    ``panic`` is what silences without waiting for anyone; all else goes through ``actions``. ``note`` is told each
    change that is carried out, and ``times`` where it was asked for more than once; ``notify`` what was refused late.
    """

    def __init__(
        self,
        actions: Actions,
        settings: Settings,
        *,
        panic: Callable[[], None],
        note: Callable[..., None] = lambda *_, **__: None,
        notify: Callable[[str], None] = lambda _: None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        """As they are carried out; :meth:`value` says what was asked for."""
        self._asked = settings
        self._waiting: dict[str, _Asked] = {}
        self._actions = actions
        self._panic = panic
        self._note = note
        self._notify_line = notify
        self._clock = clock or MonotonicClock()
        now = self._clock.now()
        self._changes = Allowance(rate=_A_SECOND, burst=_BURST, now=now)
        self._presses = Allowance(rate=_A_SECOND, burst=_BURST, now=now)
        self._panics = 0  # that were not noted
        self._on: dict[str, bool] = {name: False for name, each in COMMANDS.items() if each.kind is Kind.SWITCH}
        self._watchers: list[Watcher] = []
        self.carriers: dict[str, Callable[[str], None]] = {}
        """Who carries out what takes a while, by the setting's name; refuses at once what can never be."""

    def do(self, name: str, value: Any = None, *, source: str = "") -> None:
        """Carry out the command ``name``, with ``value`` where it takes one; a switch without one is turned over.

        ``source`` says who asked, for the journal. Raises :class:`SettingError` for a name or a value that is wrong,
        and for what is asked for too often.
        """
        if name == "panic":
            self._do_panic(source)
            return
        wanted = command(name)
        if wanted.kind in (Kind.ACTION, Kind.SWITCH) or wanted.found:
            self._do_at_once(wanted, value, source)
        else:
            self._ask(wanted, value, source)

    async def run(self) -> None:
        """Carry out what had to wait, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.catch_up()

    def catch_up(self) -> None:
        """Carry out what waits, as soon as it may be; what is refused so late is told in one line."""
        if not self._waiting or not self._changes.take(self._clock.now(), len(self._waiting)):
            return
        waiting, self._waiting, self._asked = self._waiting, {}, self.settings
        try:
            self._adapt(waiting)
        except SettingError:  # one of them: the others need not suffer
            for name, asked in waiting.items():
                try:
                    self._adapt({name: asked})
                except SettingError as error:
                    self._notify_line(str(error))
                    self._notify(name, self.value(name))

    def settle(self, name: str, value: Any) -> None:
        """Show that a setting is ``value`` after all: what was asked for could not be had."""
        self._take(name, value)
        self._notify(name, value)

    def value(self, name: str) -> Any:
        """What a command is set to; ``None`` for an action."""
        wanted = command(name)
        if wanted.kind is Kind.ACTION:
            return None
        return self._on[name] if wanted.kind is Kind.SWITCH else getattr(self._asked, name)

    def values(self) -> dict[str, Any]:
        """What every switch and setting is set to."""
        return {name: self.value(name) for name, each in COMMANDS.items() if each.kind is not Kind.ACTION}

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Tell ``watcher`` of each change from now on, until what is returned is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _ask(self, wanted: Command, value: Any, source: str) -> None:
        name = wanted.name
        self._asked = changed(self._asked, {name: _typed(wanted, value)})
        before = self._waiting.get(name)
        asked = _Asked(getattr(self._asked, name), source, 1 if before is None else before.times + 1)
        if self._waiting or not self._changes.take(self._clock.now()):
            self._waiting[name] = asked
            self.catch_up()
            return
        self._asked = self.settings
        self._adapt({name: asked})

    def _adapt(self, changes: Mapping[str, _Asked]) -> None:
        settings = changed(self.settings, {name: asked.value for name, asked in changes.items()})
        self._actions.adapt(settings)
        self.settings = self._asked = settings
        for name, asked in changes.items():
            self._tell(name, asked.value, asked.source, asked.times)

    def _do_at_once(self, wanted: Command, value: Any, source: str) -> None:
        name = wanted.name
        if not self._presses.take(self._clock.now()):
            raise SettingError(f"{name}: left out; wanted no more than {_A_SECOND:g} actions a second")
        self.catch_up()  # first what was asked for first
        match wanted.kind:
            case Kind.ACTION:
                self._actions.act(name)
                value = None
            case Kind.SWITCH:
                value = not self._on[name] if value is None else _boolean(wanted, value)
                self._actions.switch(name, on=value)
                self._on[name] = value
            case _:
                value = getattr(changed(self.settings, {name: _typed(wanted, value)}), name)
                self._carry(name, value)
                self._take(name, value)
        self._tell(name, value, source)

    def _do_panic(self, source: str) -> None:
        """Silence first of all; in a flood the rest of it is done once for many."""
        self._panic()
        self._panics += 1
        if self._presses.take(self._clock.now()):
            panics, self._panics = self._panics, 0
            self._actions.act("panic")
            self._tell("panic", None, source, panics)
        if self._on["loop"]:  # which has just ended
            self._on["loop"] = False
            self._notify("loop", self._on["loop"])

    def _carry(self, name: str, value: str) -> None:
        if name not in self.carriers:
            raise SettingError(f"{name}: cannot be changed here; set it at the start")
        self.carriers[name](value)

    def _take(self, name: str, value: Any) -> None:
        self.settings, self._asked = (changed(each, {name: value}) for each in (self.settings, self._asked))

    def _tell(self, name: str, value: Any, source: str, times: int = 1) -> None:
        self._note(name, value, source, **({"times": times} if times > 1 else {}))
        self._notify(name, value)

    def _notify(self, name: str, value: Any) -> None:
        for watcher in tuple(self._watchers):
            watcher(name, value)


def _boolean(wanted: Command, value: Any) -> bool:
    if isinstance(value, str):
        value = _WORDS.get(value.strip().lower())
    if not isinstance(value, bool | int | float):
        raise SettingError(f"{wanted.name} = {value!r}: wanted on or off")
    return bool(value)


def _typed(wanted: Command, value: Any) -> Any:
    """A whole number that comes as a fraction, as OSC and JSON send it, is one."""
    if value is None:
        raise SettingError(f"{wanted.name}: wanted a value: {wanted.meaning}")
    return int(value) if wanted.whole and isinstance(value, float) and value.is_integer() else value
