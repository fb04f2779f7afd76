"""What becomes of a message of the performer's keyboard: who hears it, at what pitch, how loud, on which channel. Pure.

A key that is down keeps its way until it is up, and a pedal or a bend its channel until it is at rest, whatever is set
meanwhile: so a change never leaves a note hanging.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, Self

from livecomposer.errors import SettingError
from livecomposer.settings import Settings

__all__ = ["Routed", "Router", "Routing", "Zone"]

_NOTE_OFF, _NOTE_ON, _KEY_PRESSURE, _CONTROL, _BEND = 0x80, 0x90, 0xA0, 0xB0, 0xE0
_PEDALS = {64, 66, 67, 69}
"""Sustain, sostenuto, soft, hold 2: what would go on if its end went to another channel."""
_BEND_AT_REST = bytes((0, 64))
_KEYS = 128
_CURVES = {"linear": 1.0, "soft": 0.7, "hard": 1.5}
_GAMMAS = (0.2, 5.0)


class Zone(Enum):
    """What the keys of a zone do."""

    FEEDS = "feeds"
    SOUNDS = "sounds"
    CONTROL = "control"


class Routed(NamedTuple):
    """What goes on to the output, and to the companion: one message each, or ``None``."""

    thru: bytes | None = None
    heard: bytes | None = None


_NOWHERE = Routed()


@dataclass(frozen=True, slots=True)
class Routing:
    """The settings, looked up by key (0–127) and velocity (0–127).

    ``input_channel``: 1–16, 0 for all; ``channel``: on which all goes on, 0–15.
    """

    input_channel: int = 0
    zones: tuple[Zone, ...] = (Zone.FEEDS,) * _KEYS
    velocities: bytes = bytes(range(_KEYS))
    transpose: int = 0
    channel: int = 0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As ``settings`` ask; raises :class:`SettingError` for zones or a curve that cannot be read."""
        return cls(
            input_channel=settings.input_channel,
            zones=_zones(settings.zones),
            velocities=_velocities(settings.velocity_curve),
            transpose=settings.transpose,
            channel=settings.performer_channel - 1,
        )

    @property
    def feeds(self) -> bool:
        """Whether any key feeds the companion."""
        return Zone.FEEDS in self.zones


class _Way(NamedTuple):
    zone: Zone
    channel: int
    pitch: int


class Router:
    """One keyboard's; ``route`` is called by one thread. ``routing`` says what is set at the moment.

    ``any_channel``: the input channel does not matter, as where a file or a page plays.
    """

    def __init__(self, routing: Callable[[], Routing], *, any_channel: bool = False) -> None:
        self._routing = routing
        self._any_channel = any_channel
        self._down: dict[tuple[int, int], _Way] = {}  # by input channel and key
        self._held: dict[tuple[int, int], tuple[int, bool]] = {}  # by status and number: channel, and whether heard

    def route(self, data: bytes) -> Routed:
        """What becomes of one whole channel message."""
        kind = data[0] & 0xF0
        if kind == _NOTE_ON and data[2]:
            return self._strike(data)
        if kind in (_NOTE_ON, _NOTE_OFF):
            return self._release(data)
        return self._press(data) if kind == _KEY_PRESSURE else self._pass_on(data)

    def _strike(self, data: bytes) -> Routed:
        key = (data[0] & 15, data[1])
        way = self._down.get(key) or self._way(*key)
        if way is None:
            return _NOWHERE
        self._down[key] = way
        return _sent(way, bytes((_NOTE_ON | way.channel, way.pitch, self._routing().velocities[data[2]])))

    def _release(self, data: bytes) -> Routed:
        """Keys that sound as one end with the last of them."""
        key = (data[0] & 15, data[1])
        way = self._down.pop(key, None) or self._way(*key)
        if way is None:
            return _NOWHERE
        thru, heard = _sent(way, bytes((data[0] & 0xF0 | way.channel, way.pitch, data[2])))
        if thru is not None:
            others = {other.zone for other in self._down.values() if other[1:] == way[1:]} - {Zone.CONTROL}
            thru, heard = None if others else thru, None if Zone.FEEDS in others else heard
        return Routed(thru, heard)

    def _press(self, data: bytes) -> Routed:
        key = (data[0] & 15, data[1])
        way = self._down.get(key) or self._way(*key)
        if way is None:
            return _NOWHERE
        return _sent(way, bytes((_KEY_PRESSURE | way.channel, way.pitch, data[2])))

    def _pass_on(self, data: bytes) -> Routed:
        routing, status = self._routing(), data[0]
        slot = (status, data[1] if status & 0xF0 == _CONTROL else 0)
        held = self._held.get(slot)
        if held is None and not self._listens(status & 15):
            return _NOWHERE
        channel, heard = held or (routing.channel, routing.feeds)
        if (at_rest := _at_rest(data)) is False:
            self._held[slot] = (channel, heard)
        elif at_rest:
            self._held.pop(slot, None)
        message = bytes((status & 0xF0 | channel, *data[1:]))
        return Routed(message, message if heard else None)

    def _way(self, channel: int, pitch: int) -> _Way | None:
        """Where a key goes by what is set now; ``None`` if it is not listened to, or transposed out of the range."""
        if not self._listens(channel):
            return None
        routing = self._routing()
        zone, to = routing.zones[pitch], pitch + routing.transpose
        if zone is Zone.CONTROL:
            return _Way(zone, channel, pitch)
        return _Way(zone, routing.channel, to) if 0 <= to < _KEYS else None

    def _listens(self, channel: int) -> bool:
        return self._any_channel or self._routing().input_channel in (0, channel + 1)


def _sent(way: _Way, message: bytes) -> Routed:
    if way.zone is Zone.CONTROL:  # whose keys the control map has taken before
        return _NOWHERE
    return Routed(message, message if way.zone is Zone.FEEDS else None)


def _at_rest(data: bytes) -> bool | None:
    """Whether a pedal or the bend is at rest; ``None`` for anything else."""
    kind = data[0] & 0xF0
    if kind == _BEND:
        return data[1:] == _BEND_AT_REST
    return data[2] == 0 if kind == _CONTROL and data[1] in _PEDALS else None


@lru_cache(maxsize=16)  # every knob that turns asks again
def _zones(text: str) -> tuple[Zone, ...]:
    """Keys that are in no zone feed."""
    given: dict[int, Zone] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            keys, name = part.split()
            lowest, _, highest = keys.partition("-")
            low, high, zone = int(lowest), int(highest or lowest), Zone(name.lower())
        except ValueError as error:
            raise _refused_zone(part, "not understood") from error
        if not 0 <= low <= high < _KEYS:
            raise _refused_zone(part, "no such keys")
        if given.keys() & range(low, high + 1):
            raise _refused_zone(part, "overlaps another")
        given |= dict.fromkeys(range(low, high + 1), zone)
    return tuple(given.get(key, Zone.FEEDS) for key in range(_KEYS))


def _refused_zone(part: str, reason: str) -> SettingError:
    names = ", ".join(zone.value for zone in Zone)
    return SettingError(
        f"zones: {part!r}: {reason}; wanted keys from 0 to 127 and one of {names}, as: 0-35 control, 36-59 sounds"
    )


@lru_cache(maxsize=16)
def _velocities(text: str) -> bytes:
    """What becomes of each velocity; 0 stays 0, and nothing else becomes 0."""
    name, _, number = text.strip().lower().partition(":")
    try:
        if name == "fixed" and 1 <= int(number) < _KEYS:
            return bytes((0, *[int(number)] * (_KEYS - 1)))
        gamma = float(number) if name == "gamma" else _CURVES[text.strip().lower() or "linear"]
        if not _GAMMAS[0] <= gamma <= _GAMMAS[1]:
            raise ValueError
    except (ValueError, KeyError) as error:
        raise SettingError(
            f"velocity_curve = {text!r}: wanted {', '.join(_CURVES)}, gamma:0.2 to gamma:5 or fixed:1 to fixed:127"
        ) from error
    return bytes((0, *(max(1, round(127 * (velocity / 127) ** gamma)) for velocity in range(1, _KEYS))))
