"""What moving a knob or pressing a button asks for: one small memory for each binding. Pure."""

from dataclasses import dataclass
from typing import Any

from livecomposer.control.surfaces.bindings import RELATIVE, Binding
from livecomposer.session.commands.table import Kind

__all__ = ["Ask", "Gesture"]

_NEAR = 1.5 / 127
"""A knob that is so near has met the present value: some never send all of their steps."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Do the command, with this value; ``None`` for an action, or to turn a switch over."""

    value: Any = None


class Gesture:
    """Follows one control. Tell it each reading with :meth:`move`."""

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self._down = False
        self._has_hold = False
        self._last: float | None = None

    def move(self, reading: float, present: Any) -> Ask | None:
        """What ``reading`` (0–127) asks for where the command is at ``present``; ``None`` for nothing."""
        binding = self.binding
        if binding.is_button:
            return self._press(reading, present)
        if binding.style in RELATIVE:
            wanted = self._turned(_detents(binding.style, int(reading)), present)
        elif binding.style == "pickup" and not self._takes_hold(reading / 127, binding.share(present)):
            return None
        else:
            wanted = binding.at(reading / 127)
        return None if wanted == present else Ask(wanted)

    def let_go(self) -> None:
        """Something else has moved the command: a knob with pick-up must meet it again."""
        self._has_hold = False

    def _press(self, reading: float, present: Any) -> Ask | None:
        was, self._down = self._down, reading >= self.binding.threshold
        again = self.binding.address.kind in ("note", "program")  # their messages are presses, not positions
        rising, falling = self._down and (again or not was), was and not self._down
        if not {"rising": rising, "falling": falling, "both": rising or falling}[self.binding.edge]:
            return None
        if self.binding.value is not None:
            return Ask(self.binding.value)
        match self.binding.command.kind:
            case Kind.SWITCH if self.binding.edge == "both":
                return Ask(self._down)
            case Kind.CHOICE:
                choices = self.binding.command.choices
                return Ask(choices[(choices.index(present) + 1) % len(choices)])
        return Ask()

    def _takes_hold(self, share: float, present: float) -> bool:
        last, self._last = self._last, share
        passed = last is not None and (last - present) * (share - present) <= 0
        self._has_hold = self._has_hold or passed or abs(share - present) <= _NEAR
        return self._has_hold

    def _turned(self, detents: int, present: Any) -> Any:
        binding = self.binding
        if binding.command.kind is Kind.CHOICE:
            choices = binding.command.choices
            return choices[min(max(choices.index(present) + detents, 0), len(choices) - 1)]
        step = binding.step or abs(binding.high - binding.low) / 100
        step = max(1, round(step)) if binding.command.whole else step
        low, high = sorted((binding.low, binding.high))
        turned = present + (detents if binding.low < binding.high else -detents) * step
        return type(present)(min(max(turned, low), high))


def _detents(style: str, reading: int) -> int:
    match style:
        case "twos-complement":
            return reading if reading < 64 else reading - 128
        case "offset-64":
            return reading - 64
    return reading if reading < 64 else 64 - reading
