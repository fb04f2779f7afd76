"""What a page may say, and what it is told when it comes in.

Binary messages are MIDI. Texts are JSON: ``{"do": COMMAND, "value": X}``, ``{"preset": NAME}``, ``{"learn": COMMAND}``,
``{"ping": X}``. What is wrong is refused in one line, to that page alone.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from livecomposer.control.config_text import presets
from livecomposer.control.web.page_keyboard import PageKeyboard
from livecomposer.errors import SettingError
from livecomposer.session.commands.frontend_api import FrontendApi
from livecomposer.session.commands.table import COMMANDS, Command
from livecomposer.settings import Settings, given_in, load, meaning_of

__all__ = ["SOURCE", "PageMessages", "at_start", "tables"]

SOURCE = "panel"
"""Who asks, in the journal."""


class PageMessages:
    """One page's words and keys. ``reply`` tells that page."""

    def __init__(self, api: FrontendApi, reply: Callable[..., None]) -> None:
        self.keys = PageKeyboard(api.hear)
        self._api = api
        self._reply = reply

    def play(self, data: bytes) -> None:
        """Take in one MIDI message; whoever plays a note here takes the seat of a recorded performance."""
        if len(data) == 3 and data[0] & 0xF0 == 0x90 and data[2]:
            self._api.take_seat()
        self.keys.play(data)

    def hear(self, text: str) -> None:
        """Take in one text; raises :class:`SettingError` in one line for anything that cannot be done."""
        said = _object(text)
        match said:
            case {"do": str(name)}:
                self._api.dispatcher.do(name, said.get("value"), source=SOURCE)
            case {"preset": str(name)}:
                self._preset(name)
            case {"learn": str(name)}:
                self._bind(name)
            case {"ping": int() | float() as ping}:
                self._reply(pong=ping, now=self._api.clock.now())
            case _:
                raise SettingError(f"{text[:60]!r}: wanted one of do, preset, learn, ping")

    def _preset(self, name: str) -> None:
        found = presets()
        if name not in found:
            raise SettingError(f"preset {name[:60]!r}; wanted one of: {', '.join(found)}")
        load(found[name], environment={})  # all of it is sound, or nothing is changed
        for setting, value in given_in(found[name]).items():
            if setting in COMMANDS:
                self._api.dispatcher.do(setting, value, source=SOURCE)

    def _bind(self, name: str) -> None:
        if name not in COMMANDS:
            raise SettingError(f"unknown command {name[:60]!r}")
        if not self._api.learners:
            raise SettingError("no controller can be bound here; start with a MIDI input")
        for learn in self._api.learners:
            learn(name)


def _object(text: str) -> Mapping[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingError(f"{text[:60]!r}: not JSON") from error
    if not isinstance(said, dict):
        raise SettingError(f"{text[:60]!r}: wanted a JSON object")
    return said


def tables(api: FrontendApi) -> dict[str, object]:
    """What a page needs once: every command, what it is set to, presets, and what was only set at the start."""
    dispatcher = api.dispatcher
    return {
        "commands": [_row(each) for each in COMMANDS.values()],
        "values": dispatcher.values(),
        "presets": list(presets()),
        "start": at_start(dispatcher.settings),
        "record": api.record is not None,
    }


def at_start(settings: Settings) -> list[dict[str, str]]:
    """What can only be set at the start of a session: name, what it is, what it means, and how it is given."""
    return [
        {
            "name": field.name,
            "value": str(getattr(settings, field.name)) or "—",
            "meaning": meaning_of(field.name),
            "how": f"--{field.name.replace('_', '-')}",
        }
        for field in fields(Settings)
        if not field.metadata.get("live")
    ]


def _row(each: Command) -> dict[str, object]:
    row: dict[str, object] = {"name": each.name, "kind": each.kind.value, "meaning": each.meaning}
    row |= {"low": each.low, "high": each.high, "unit": each.unit, "whole": each.whole, "choices": each.choices}
    row["found"] = each.found
    if each.name in _DEFAULTS:
        row["default"] = _DEFAULTS[each.name]
    return row


_DEFAULTS = {field.name: field.default for field in fields(Settings)}
