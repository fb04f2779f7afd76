"""The keys and values of what was taken in: a ring in constant memory.

Laid out straight, so that any window is one contiguous slice: position ``p`` is at slot ``p - base``. When the last
slot is used up, what a window and a rewind can still need moves to the front, once every ``size - keep`` tokens.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from livecomposer.model.decoder import Shape, rotary

__all__ = ["Cache", "View"]


@dataclass(frozen=True, slots=True)
class View:
    """Slots that some new tokens see, their own included; their own slots; and which of them sees what."""

    visible: slice
    own: slice
    mask: Tensor | None  # (own, visible) True where a new token may see; None where one token sees all


class Cache:
    """Room for ``4 * window`` positions, of which at least the last ``2 * window`` can be rewound into."""

    def __init__(self, shape: Shape, device: torch.device | None = None) -> None:
        self.shape = shape
        self.size = 4 * shape.window
        self.keep = 3 * shape.window  # a window before the earliest position that a rewind may go to
        self.base = 0
        self.position = 0
        self._exact_from = 0
        slots = (shape.layers, shape.heads, self.size, shape.head_width)
        self.keys = torch.zeros(slots, device=device)
        self.values = torch.zeros(slots, device=device)
        self._turn()

    def _turn(self) -> None:
        positions = torch.arange(self.base, self.base + self.size, device=self.keys.device)
        self.cos, self.sin = rotary(positions, self.shape.head_width)  # each (size, head_width / 2)

    def reserve(self, count: int) -> None:
        """Make room for ``count`` (at most a window) more positions; the keys and values never move in memory."""
        if self.position - self.base + count <= self.size:
            return
        start = self.position - self.keep - self.base
        for stored in (self.keys, self.values):
            stored[:, :, : self.keep] = stored[:, :, start : start + self.keep].clone()
        self.base += start
        self._turn()

    def can_rewind(self, position: int) -> bool:
        """Whether everything that a token at ``position`` sees is still here, and exact."""
        in_reach = self.base == 0 or position - self.shape.window + 1 >= self.base
        return in_reach and self._exact_from <= position <= self.position

    def reset(self, position: int = 0) -> None:
        """Forget everything; the next token will be at ``position``.

        What a layer makes of the first window then lacks what came before, and so does each further layer's.
        """
        self.position = position
        self._exact_from = position + self.shape.layers * self.shape.window if position else 0
        if self.base != position:
            self.base = position
            self._turn()

    def see(self, count: int) -> View:
        """What the next ``count`` tokens see."""
        own = slice(self.position - self.base, self.position - self.base + count)
        visible = slice(max(0, own.start - self.shape.window + 1), own.stop)
        if count == 1:
            return View(visible, own, None)
        rows = torch.arange(own.start, own.stop, device=self.keys.device)[:, None]
        columns = torch.arange(visible.start, visible.stop, device=self.keys.device)[None, :]
        return View(visible, own, (columns <= rows) & (columns > rows - self.shape.window))
