"""Which message asks for which command: bindings, as values and as text. Pure.

A binding in TOML, under ``[controls]``, joins a message to a command's name, or to a table of options::

    "cc:21" = "creative_risk"
    "note:36@10" = "panic"                                # channel 10 alone
    "program:3" = { command = "mode", value = "respond" }
    "cc:24" = { command = "max_rest", style = "pickup", low = 0.1, high = 3 }
    "cc:20" = ""                                          # not bound, whatever other maps say
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from livecomposer.errors import SettingError
from livecomposer.session.commands.table import Command, Kind, command
from livecomposer.settings import Settings, changed

__all__ = ["MUSICAL", "RELATIVE", "Address", "Binding", "Controls", "Layer", "layer_of", "reading"]

MUSICAL = {7: "volume", 8: "balance", 10: "pan", 11: "expression", 64: "the sustain pedal"}
"""Controllers that keyboards send as music (MIDI 1.0, table 3); bound only where ``sure = true`` says so."""

RELATIVE = ("twos-complement", "offset-64", "sign-magnitude")
"""How endless knobs say how far they were turned: 127, 63 or 65 for one step down; 1, 65 or 1 for one step up."""

_STYLES = ("absolute", "pickup", "button", *RELATIVE)
_EDGES = ("rising", "falling", "both")
_CHANNEL_MODE, _BEND = 120, 0xE0
_KINDS = {0x80: "note", 0x90: "note", 0xB0: "cc", 0xC0: "program", 0xE0: "bend"}
_HIGHEST = {"cc": _CHANNEL_MODE - 1, "note": 127, "program": 127, "bend": 0}
_WANTED = "wanted cc:NUMBER (0 to 119), note:PITCH, program:NUMBER (0 to 127) or bend, with @CHANNEL (1 to 16) or not"


@dataclass(frozen=True, slots=True)
class Address:
    """A message but for its value: ``kind`` is ``cc``, ``note``, ``program`` or ``bend`` (number 0)."""

    kind: str
    number: int
    channel: int | None = None
    """0–15; ``None`` for any."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """An address from ``cc:21``, ``note:36@10`` (channels from 1), ``program:3``, ``bend``.

        Raises :class:`SettingError`.
        """
        what, at, channel = text.strip().partition("@")
        kind, colon, number = what.partition(":")
        highest = _HIGHEST.get(kind, -1)
        numbered = (kind == "bend" and not colon) or _within(number, 0, highest)
        if highest < 0 or not numbered or (at and not _within(channel, 1, 16)):
            raise SettingError(f"{text!r}: {_WANTED}")
        return cls(kind, int(number or 0), int(channel) - 1 if at else None)

    def __str__(self) -> str:
        """As it is parsed."""
        what = self.kind if self.kind == "bend" else f"{self.kind}:{self.number}"
        return what if self.channel is None else f"{what}@{self.channel + 1}"

    def meets(self, other: Self) -> bool:
        """Whether one message can be both."""
        same = (self.kind, self.number) == (other.kind, other.number)
        return same and (self.channel == other.channel or None in (self.channel, other.channel))

    def message(self, value: int) -> bytes:
        """The message on this address, on channel 1 if it names none; raises :class:`SettingError` but for cc, note."""
        status = {"cc": 0xB0, "note": 0x90}.get(self.kind)
        if status is None:
            raise SettingError(f"feedback {self}: wanted cc:NUMBER or note:PITCH")
        return bytes([status | (self.channel or 0), self.number, value])


def reading(data: bytes) -> tuple[Address, float] | None:
    """Where a channel message comes from and its value, 0–127; ``None`` for what cannot be bound.

    Of a note the velocity, 0 when the key comes up; of pitch bend the 14 bits, scaled; of a program change 127.
    """
    kind = _KINDS.get(data[0] & 0xF0)
    if kind is None:
        return None
    channel = data[0] & 15
    match kind:
        case "bend":
            return Address(kind, 0, channel), (data[2] << 7 | data[1]) * 127 / 16383
        case "program":
            return Address(kind, data[1], channel), 127.0
        case "note" if data[0] & 0xF0 == 0x80:
            return Address(kind, data[1], channel), 0.0
    return Address(kind, data[1], channel), float(data[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A message that asks for a command, and how."""

    address: Address
    command: Command
    style: str = "absolute"
    """Of a knob: ``absolute``; ``pickup``: takes hold once it has passed the present value; or one of RELATIVE.
    ``button`` for a controller that is pressed: it goes from choice to choice."""
    edge: str = "rising"
    """Of a button: when it counts; ``both`` makes a switch on while it is held."""
    threshold: float = 64.0
    """From this value on a button is down, 1–127; any velocity of a key is."""
    low: float = 0.0
    high: float = 1.0
    """What a knob gives at its two ends; ``low`` above ``high`` turns it around."""
    step: float = 0.0
    """Of a relative knob, in the command's unit; 0: a hundredth of the range."""
    value: Any = None
    """What a button sets."""
    feedback: Address | None = None
    """Where the controller shows the value."""
    dark: int = 0
    lit: int = 127
    """What is sent there at the two ends of the range."""
    sure: bool = False
    """Bound although it is one of MUSICAL."""

    @property
    def is_button(self) -> bool:
        """Whether it is pressed, not turned."""
        turned = self.address.kind in ("cc", "bend") and self.command.kind in (Kind.NUMBER, Kind.CHOICE)
        return self.value is not None or self.style == "button" or not turned

    def shown(self, value: Any) -> bytes | None:
        """What tells the controller that the command is at ``value``; ``None`` where nothing does."""
        if self.feedback is None or self.command.kind is Kind.ACTION:
            return None
        share = float(value == self.value) if self.value is not None else self.share(value)
        return self.feedback.message(round(self.dark + share * (self.lit - self.dark)))

    def share(self, value: Any) -> float:
        """Where ``value`` lies between the knob's two ends, 0–1."""
        if self.command.kind is not Kind.NUMBER:
            return self.command.share(value)
        return min(max((float(value) - self.low) / (self.high - self.low), 0.0), 1.0)

    def at(self, share: float) -> Any:
        """What the knob gives at ``share`` of its way."""
        if self.command.kind is not Kind.NUMBER:
            return self.command.at(share)
        value = self.low + share * (self.high - self.low)
        return round(value) if self.command.whole else value


Layer = Mapping[Address, Binding | None]
"""One map of a controller; ``None``: not bound."""


class Controls:
    """What is bound: of several layers the last one that says anything of a message."""

    def __init__(self, layers: Iterable[Layer] = ()) -> None:
        self._bound: dict[Address, Binding] = {}
        for layer in layers:
            self._put_on(layer)
        self._heads = {
            (status, 0 if each.kind == "bend" else each.number)
            for each in self._bound
            for status, kind in _KINDS.items()
            if kind == each.kind
        }

    def __iter__(self) -> Iterator[Binding]:
        return iter(tuple(self._bound.values()))

    def may_have(self, data: bytes) -> bool:
        """Whether a message could be bound, told in a microsecond: every key of the performer's is asked about."""
        status = data[0] & 0xF0
        return (status, 0 if status == _BEND else data[1]) in self._heads

    def find(self, address: Address) -> Binding | None:
        """What a message from ``address`` asks for."""
        return self._bound.get(address) or self._bound.get(Address(address.kind, address.number))

    def under(self, layer: Layer) -> "Controls":
        """The same with one more layer on top."""
        return Controls([self._bound, layer])

    def _put_on(self, layer: Layer) -> None:
        for address, binding in layer.items():
            self._bound = {there: kept for there, kept in self._bound.items() if not there.meets(address)}
            if binding is not None:
                self._bound[address] = binding


def layer_of(table: object, *, where: str) -> Layer:
    """The layer that a table of ``[controls]`` says; raises :class:`SettingError`, ``where`` first."""
    if not isinstance(table, Mapping):
        raise SettingError(f"{where}: controls = {table!r}: wanted a table, [controls]")
    layer: dict[Address, Binding | None] = {}
    for key, how in table.items():
        try:
            address = Address.parse(key)
            _refuse_twice(address, layer)
            layer[address] = None if how == "" else _binding(address, how)
        except SettingError as error:
            raise SettingError(f"{where}: {key}: {error}") from error
    return layer


def _refuse_twice(address: Address, layer: Layer) -> None:
    for other in layer:
        if other.meets(address):
            raise SettingError(f"bound twice, here and as {other}; wanted one command for one message")


def _binding(address: Address, how: object) -> Binding:
    options = {"command": how} if isinstance(how, str) else how
    if not isinstance(options, Mapping) or not isinstance(options.get("command"), str):
        raise SettingError(f'{how!r}: wanted a command\'s name, or {{ command = "name", … }}')
    wanted = command(options["command"])
    given = {name: value for name, value in options.items() if name != "command"}
    unknown = sorted(set(given) - set(Binding.__dataclass_fields__) | set(given) & {"address"})
    if unknown:
        known = ", ".join(name for name in Binding.__dataclass_fields__ if name not in ("address", "command"))
        raise SettingError(f"unknown option {unknown[0]!r}; wanted one of: {known}")
    if "feedback" in given:
        given["feedback"] = _feedback(given["feedback"], address)
    ends = {"low": wanted.low, "high": wanted.high, "threshold": 1 if address.kind == "note" else 64}
    binding = Binding(address=address, command=wanted, **{**ends, **given})
    _check(binding)
    return binding


def _feedback(given: object, address: Address) -> Address | None:
    if given in (True, False):
        return address if given else None
    if not isinstance(given, str):
        raise SettingError(f"feedback = {given!r}: wanted true, or an address such as cc:9@1")
    to = Address.parse(given)
    return to if to.channel is not None else replace(to, channel=address.channel)


def _check(binding: Binding) -> None:
    wanted, address = binding.command, binding.address
    if address.kind == "cc" and address.number in MUSICAL and not binding.sure:
        raise SettingError(f"is {MUSICAL[address.number]}, which is music; wanted another, or sure = true beside it")
    _check_one_of("style", binding.style, _STYLES)
    _check_one_of("edge", binding.edge, _EDGES)
    _check_number("threshold", binding.threshold, 1, 127)
    if wanted.kind is Kind.NUMBER:
        _check_number("low", binding.low, wanted.low, wanted.high)
        _check_number("high", binding.high, wanted.low, wanted.high)
        _check_number("step", binding.step, 0, wanted.high - wanted.low)
        if binding.low == binding.high:
            raise SettingError(f"low and high are both {binding.low:g}; wanted a range")
    _check_number("dark", binding.dark, 0, 127)
    _check_number("lit", binding.lit, 0, 127)
    if binding.feedback is not None:
        binding.feedback.message(0)
    if binding.style in RELATIVE and (address.kind != "cc" or binding.is_button):
        raise SettingError(f"style {binding.style}: only for a cc that turns a number or a choice")
    _check_value(binding)


def _check_value(binding: Binding) -> None:
    wanted, value = binding.command, binding.value
    if value is None:
        if wanted.kind is Kind.TEXT or (wanted.kind is Kind.NUMBER and binding.is_button):
            raise SettingError(f"{wanted.name}: wanted value = …, which this message sets")
    elif wanted.kind is Kind.SWITCH:
        if not isinstance(value, bool):
            raise SettingError(f"value = {value!r}: wanted true or false")
    elif wanted.kind is Kind.ACTION:
        raise SettingError(f"{wanted.name} takes no value")
    else:
        changed(Settings(), {wanted.name: value})


def _check_one_of(name: str, value: object, wanted: tuple[str, ...]) -> None:
    if value not in wanted:
        raise SettingError(f"{name} = {value!r}: wanted one of {', '.join(wanted)}")


def _check_number(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SettingError(f"{name} = {value!r}: wanted a number from {low:g} to {high:g}")


def _within(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and low <= int(text[:9]) <= high
