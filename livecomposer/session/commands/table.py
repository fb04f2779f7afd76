"""Every command of the instrument, in one table: name, kind, range, unit and meaning.

What a controller, a note, a program change, OSC, the panel and the command line may ask for is derived from it: the
actions here, and the settings that may change while music plays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from livecomposer.errors import SettingError
from livecomposer.settings import Settings, meaning_of

__all__ = ["COMMANDS", "Command", "Kind", "command"]


class Kind(Enum):
    """What a command takes."""

    ACTION = "action"  # nothing: it happens
    SWITCH = "switch"  # on or off
    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing that can be asked of the instrument while it plays."""

    name: str
    kind: Kind
    meaning: str
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    whole: bool = False  # a number without fraction
    choices: tuple[str, ...] = ()
    found: bool = False  # a text that is chosen from what there is, such as a port

    def at(self, share: float) -> Any:
        """The value at ``share`` (0–1) of its range, as a knob gives it; raises :class:`SettingError` for a text."""
        share = min(max(share, 0.0), 1.0)
        match self.kind:
            case Kind.NUMBER:
                value = self.low + share * (self.high - self.low)
                return round(value) if self.whole else value
            case Kind.SWITCH | Kind.ACTION:
                return share >= 0.5
            case Kind.CHOICE:
                return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
        raise SettingError(f"{self.name}: takes a text; no knob can turn it; type it or send it by OSC")

    def share(self, value: Any) -> float:
        """Where ``value`` lies in the range, 0–1, as a fader shows it; 0 for a text."""
        match self.kind:
            case Kind.NUMBER:
                return (float(value) - self.low) / (self.high - self.low)
            case Kind.SWITCH | Kind.ACTION:
                return float(bool(value))
            case Kind.CHOICE:
                return (self.choices.index(value) + 0.5) / len(self.choices)
        return 0.0


def _action(name: str, meaning: str) -> Command:
    return Command(name=name, kind=Kind.ACTION, meaning=meaning)


def _switch(name: str, meaning: str) -> Command:
    return Command(name=name, kind=Kind.SWITCH, meaning=meaning)


_ACTIONS = (
    _action("panic", "silence, at once, on every channel"),
    _action("trigger", "the companion takes over now; where nothing was played yet it begins"),
    _action("begin", "the companion opens a piece from nothing, in the scale and tempo that are set"),
    _action("yield", "the companion ends its turn"),
    _action("reroll", "the companion's last turn is taken back and played differently, from the same place"),
    _action("undo", "the companion's last turn is taken back, as if it had not been"),
    _action("keep", "the last exchange is kept as a MIDI file"),
    _action("tap", "tap the tempo"),
    _switch("mute", "the companion plays on, unheard"),
    _switch("loop", "the last exchange goes round and round under you"),
    _switch("freeze", "what you play is heard but not listened to: the companion keeps what it knows"),
)


def _of_setting(name: str, default: Any, meta: Mapping[str, Any]) -> Command:
    meaning: str = meta["meaning"]
    if "range" in meta:
        low, high = meta["range"]
        whole = isinstance(default, int)
        unit = meta["unit"]
        return Command(name=name, kind=Kind.NUMBER, meaning=meaning, low=low, high=high, unit=unit, whole=whole)
    if "choices" in meta:
        return Command(name=name, kind=Kind.CHOICE, meaning=meaning, choices=meta["choices"])
    return Command(name=name, kind=Kind.TEXT, meaning=meaning, found=meta.get("found", False))


COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        *_ACTIONS,
        *(_of_setting(f.name, f.default, f.metadata) for f in fields(Settings) if f.metadata.get("live")),
    )
}
"""By name, actions first, then settings in the order of :class:`Settings`."""


def command(name: str) -> Command:
    """The command called ``name``; raises :class:`SettingError` where there is none."""
    if name not in COMMANDS:
        at_start = name in {f.name for f in fields(Settings)}
        reason = f"{meaning_of(name)}: only set at the start" if at_start else f"wanted one of: {', '.join(COMMANDS)}"
        raise SettingError(f"unknown command {name!r}; {reason}")
    return COMMANDS[name]
