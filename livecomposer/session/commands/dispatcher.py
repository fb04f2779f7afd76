"""Commands, carried out: whoever asks, by whatever means, one name does one thing.

Controllers, OSC, the panel and the command line all end here. Every change is told to whoever watches, so that lamps,
faders and pages show what is.
"""

from collections.abc import Callable
from typing import Any

from livecomposer.errors import SettingError
from livecomposer.session.commands.actions import Actions
from livecomposer.session.commands.table import COMMANDS, Command, Kind, command
from livecomposer.settings import Settings, changed

__all__ = ["Dispatcher", "Watcher"]

Watcher = Callable[[str, Any], None]
"""Told the name of a command and its value after each change; ``None`` for an action."""

_WORDS = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}


class Dispatcher:
    """Checks, carries out and tells; in the loop's thread, but ``panic`` in any.

    ``panic`` is what silences without waiting for anyone; all else goes through ``actions``.
    """

    def __init__(
        self,
        actions: Actions,
        settings: Settings,
        *,
        panic: Callable[[], None],
        note: Callable[[str, Any, str], None] = lambda _name, _value, _source: None,
    ) -> None:
        self.settings = settings
        self._actions = actions
        self._panic = panic
        self._note = note
        self._on: dict[str, bool] = {name: False for name, each in COMMANDS.items() if each.kind is Kind.SWITCH}
        self._watchers: list[Watcher] = []
        self.carriers: dict[str, Callable[[str], None]] = {}
        """Who carries out what takes a while, by the setting's name; refuses at once what can never be."""

    def do(self, name: str, value: Any = None, *, source: str = "") -> None:
        """Carry out the command ``name``, with ``value`` where it takes one; a switch without one is turned over.

        ``source`` says who asked, for the journal. Raises :class:`SettingError` for a name or a value that is wrong.
        """
        if name == "panic":
            self._panic()  # first of all
        wanted = command(name)
        match wanted.kind:
            case Kind.ACTION:
                self._actions.act(name)
                value = None
            case Kind.SWITCH:
                value = not self._on[name] if value is None else _boolean(wanted, value)
                self._actions.switch(name, on=value)
                self._on[name] = value
            case _:
                settings = changed(self.settings, {name: _typed(wanted, value)})
                self._adapt(wanted, settings)
                self.settings, value = settings, getattr(settings, name)
        self._note(name, value, source)
        self._notify(name, value)
        if name == "panic" and self._on["loop"]:  # which has just ended
            self._on["loop"] = False
            self._notify("loop", self._on["loop"])

    def settle(self, name: str, value: Any) -> None:
        """Show that a setting is ``value`` after all: what was asked for could not be had."""
        self.settings = changed(self.settings, {name: value})
        self._notify(name, value)

    def value(self, name: str) -> Any:
        """What a command is set to; ``None`` for an action."""
        wanted = command(name)
        if wanted.kind is Kind.ACTION:
            return None
        return self._on[name] if wanted.kind is Kind.SWITCH else getattr(self.settings, name)

    def values(self) -> dict[str, Any]:
        """What every switch and setting is set to."""
        return {name: self.value(name) for name, each in COMMANDS.items() if each.kind is not Kind.ACTION}

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Tell ``watcher`` of each change from now on, until what is returned is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _adapt(self, wanted: Command, settings: Settings) -> None:
        if not wanted.found:
            self._actions.adapt(settings)
        elif wanted.name in self.carriers:
            self.carriers[wanted.name](getattr(settings, wanted.name))
        else:
            raise SettingError(f"{wanted.name}: cannot be changed here; set it at the start")

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
