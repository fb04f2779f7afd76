"""The keys and values of what was taken in, as tensors in constant memory."""

from dataclasses import dataclass

import torch
from torch import Tensor

from livecomposer.engine.ring import Ring
from livecomposer.model.decoder import Shape, rotary

__all__ = ["Cache", "View"]


@dataclass(frozen=True, slots=True)
class View:
    """Slots that some new tokens see, their own included; their own slots; and which of them sees what."""

    visible: slice
    own: slice
    mask: Tensor | None  # (own, visible) True where a new token may see; None where one token sees all


class Cache:
    """``keys`` and ``values`` (layers, heads, ring.size, head_width), which never move in memory."""

    def __init__(self, shape: Shape, ring: Ring, device: torch.device | None = None) -> None:
        self._shape = shape
        self._ring = ring
        slots = (shape.layers, shape.heads, ring.size, shape.head_width)
        self.keys = torch.zeros(slots, device=device)
        self.values = torch.zeros(slots, device=device)
        self._turned_for = -1

    def see(self, count: int) -> View:
        """Make room for the next ``count`` tokens; what they see."""
        if moved := self._ring.reserve(count):
            for stored in (self.keys, self.values):
                stored[:, :, :-moved] = stored[:, :, moved:].clone()
        visible, own = self._ring.slots(count)
        if count == 1:
            return View(visible, own, None)
        rows = torch.arange(own.start, own.stop, device=self.keys.device)[:, None]
        columns = torch.arange(visible.start, visible.stop, device=self.keys.device)[None, :]
        return View(visible, own, (columns <= rows) & (columns > rows - self._shape.window))

    def turn(self, own: slice) -> Tensor:
        """By how much the pairs of a query or key at the slots ``own`` are turned: complex (own, head_width / 2)."""
        if self._turned_for != self._ring.base:
            self._turned_for = self._ring.base
            positions = torch.arange(self._ring.base, self._ring.base + self._ring.size, device=self.keys.device)
            self._turns = torch.complex(*rotary(positions, self._shape.head_width))
        return self._turns[own]
