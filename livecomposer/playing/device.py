"""How an instrument sounds what it is sent, and when it must be sent so as to sound in time. Pure.

A player piano lets time pass between message and sound, more of it for a soft note, and cannot strike a key again at
once. So the companion's messages are sent earlier, and keys let go in time. Policy: a note that would come more than
``late_limit`` seconds after its moment, because its key cannot be struck again so soon, is dropped and counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Any, Self

from livecomposer.errors import SettingError
from livecomposer.faults import Fault, Faults
from livecomposer.messages import Key, ended_key, note_off, started_key

__all__ = ["Device", "Shaper"]

_LONGEST_MS = 500.0
_KEYS = ("port", "latency_ms", "restrike_gap_ms", "velocity_latency_ms")


@dataclass(frozen=True, slots=True)
class Device:
    """Times in seconds.

    ``port``: part of its port's name. ``latency``: from message to sound. ``restrike_gap``: how long a key must be up.
    ``slower``: pairs of a velocity and the time by which it sounds later still, rising; between two, in proportion.
    """

    name: str = ""
    port: str = ""
    latency: float = 0.0
    restrike_gap: float = 0.0
    slower: tuple[tuple[int, float], ...] = ()

    @classmethod
    def parse(cls, table: Mapping[str, Any], *, name: str) -> Self:
        """From the keys of a profile, in milliseconds; raises :class:`SettingError` for a wrong one."""
        unknown = [key for key in table if key not in _KEYS]
        if unknown:
            raise SettingError(f"{name}: unknown key {unknown[0]!r}; wanted {', '.join(_KEYS)}")
        port = table.get("port", "")
        if not isinstance(port, str):
            raise SettingError(f"{name}: port = {port!r}; wanted part of a port's name, in quotes")
        return cls(
            name=name,
            port=port,
            latency=_seconds(table.get("latency_ms", 0), name, "latency_ms"),
            restrike_gap=_seconds(table.get("restrike_gap_ms", 0), name, "restrike_gap_ms"),
            slower=_slower(table.get("velocity_latency_ms", []), name),
        )

    def lead(self, velocity: int) -> float:
        """How much earlier a note-on of ``velocity`` (1–127) must be sent."""
        below = (0, self.slower[0][1]) if self.slower else (0, 0.0)
        for at, seconds in self.slower:
            if velocity <= at:
                share = (velocity - below[0]) / (at - below[0])
                return self.latency + below[1] + share * (seconds - below[1])
            below = (at, seconds)
        return self.latency + below[1]

    @property
    def needs(self) -> float:
        """How much earlier than otherwise it must be known what is to sound."""
        return self.latency + max((seconds for _, seconds in self.slower), default=0.0) + self.restrike_gap

    def describe(self) -> str:
        """One line for the performer."""
        most = 1000 * (self.needs - self.restrike_gap)
        return f"profile {self.name}: sent up to {most:.0f} ms earlier, keys up for {1000 * self.restrike_gap:.0f} ms"


class Shaper:
    """Gives one player's messages, in time order, the moments at which to send them to ``device``."""

    def __init__(self, device: Device, *, late_limit: float = 0.1, faults: Faults | None = None) -> None:
        self._faults = faults or Faults()
        self._device = device
        self._late_limit = late_limit
        self._struck: dict[Key, float] = {}  # when, and how much earlier than its moment
        self._shift: dict[Key, float] = {}
        self._up: dict[Key, float] = {}
        self._skipped: set[Key] = set()

    def shaped(self, items: Iterable[tuple[float, bytes]], now: float) -> list[tuple[float, bytes]]:
        """When to send each of ``(moment, message)``, and a note-off more where a key must be let go earlier."""
        if not self._device.needs:
            return list(items)
        sent: list[tuple[float, bytes]] = []
        for moment, data in items:
            if (key := started_key(data)) is not None:
                sent += self._strike(key, moment, data, now)
            elif (key := ended_key(data)) is not None:
                sent += self._let_go(key, moment, data)
            else:
                sent.append((moment - self._device.latency, data))
        return sent

    def cut(self, after: float) -> None:
        """What was to be sent at ``after`` or later has been taken back, and what sounds ends there."""
        self._skipped.clear()
        for key, struck in list(self._struck.items()):
            self._up[key] = min(self._up.get(key, inf), after)
            if struck >= after:
                del self._struck[key]

    def _strike(self, key: Key, moment: float, data: bytes, now: float) -> list[tuple[float, bytes]]:
        wished = moment - self._device.lead(data[2])
        due = max(wished, self._up.get(key, wished))
        early: list[tuple[float, bytes]] = []
        if key in self._struck or key in self._up:
            up = self._up.get(key, due)
            halfway = (self._struck.get(key, up) + up) / 2
            let_go = min(up, max(due - self._device.restrike_gap, halfway, now))
            early = [(let_go, note_off(key))] if let_go < up else []
            due = max(due, let_go + self._device.restrike_gap)
        if due - wished > self._late_limit:
            self._faults.count(Fault.UNSTRUCK)
            self._skipped.add(key)
            return []
        self._skipped.discard(key)
        self._struck[key], self._shift[key] = due, moment - due
        self._up.pop(key, None)
        return [*early, (due, data)]

    def _let_go(self, key: Key, moment: float, data: bytes) -> list[tuple[float, bytes]]:
        """A note keeps its length, wherever its beginning went."""
        if key in self._skipped:
            self._skipped.discard(key)
            return []
        due = moment - self._shift.get(key, self._device.latency)
        self._up[key] = due
        return [(due, data)]


def _seconds(value: Any, name: str, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST_MS:
        raise SettingError(f"{name}: {key} = {value!r}; wanted milliseconds from 0 to {_LONGEST_MS:g}")
    return value / 1000


def _slower(pairs: Any, name: str) -> tuple[tuple[int, float], ...]:
    wanted = "wanted pairs of velocity and milliseconds, rising in velocity, as [[1, 60], [64, 20], [127, 0]]"
    read = []
    for pair in pairs if isinstance(pairs, list) else [pairs]:
        if not (isinstance(pair, list) and len(pair) == 2 and type(pair[0]) is int and 1 <= pair[0] <= 127):
            raise SettingError(f"{name}: velocity_latency_ms: {pair!r}; {wanted}")
        read.append((pair[0], _seconds(pair[1], name, "velocity_latency_ms")))
    if any(one[0] >= other[0] for one, other in pairwise(read)):
        raise SettingError(f"{name}: velocity_latency_ms out of order; {wanted}")
    return tuple(read)
