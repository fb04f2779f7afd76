"""Which positions of a set are kept in memory, and in which slots: the bookkeeping of every cache, without storage.

Laid out straight, so that any window is one contiguous run of slots: position ``p`` is at slot ``p - base``. When the
last slot is used up, what a window and a rewind can still need moves to the front, once every window of tokens.
"""

__all__ = ["ALIGNMENT", "Ring"]

ALIGNMENT = 16
"""``base`` is a multiple of this, so that slots may be stored in blocks of so many and a position keeps its place."""


class Ring:
    """Room for more than ``4 * window`` positions, of which at least the last ``2 * window`` can be rewound into."""

    def __init__(self, *, window: int, layers: int) -> None:
        self.window = window
        self.size = (4 * window // ALIGNMENT + 2) * ALIGNMENT
        self.base = 0
        self.position = 0
        self._layers = layers
        self._first = 0  # earliest position that is kept
        self._exact_from = 0

    def reserve(self, count: int) -> int:
        """Make room for ``count`` (at most a window) more positions; returns by how many slots to move what is kept."""
        if self.position - self.base + count <= self.size:
            return 0
        unneeded = self.position - 3 * self.window - self.base  # a window before the earliest rewind
        moved = unneeded - unneeded % ALIGNMENT
        self.base += moved
        self._first = max(self._first, self.base)
        return moved

    def can_rewind(self, position: int) -> bool:
        """Whether everything that a token at ``position`` sees is still here, and exact."""
        in_reach = self._first == 0 or position - self.window + 1 >= self._first
        return in_reach and self._exact_from <= position <= self.position

    def reset(self, position: int = 0) -> None:
        """Forget everything; the next token will be at ``position``.

        What a layer makes of the first window then lacks what came before, and so does each further layer's.
        """
        self.position = self._first = position
        self._exact_from = position + self._layers * self.window if position else 0
        self.base = position - position % ALIGNMENT

    def slots(self, count: int) -> tuple[slice, slice]:
        """The slots that the next ``count`` tokens see together, and their own."""
        earliest = max(self._first, self.position - self.window + 1)
        end = self.position - self.base + count
        return slice(earliest - self.base, end), slice(end - count, end)
