"""Several keyboards as one: a key that two hold sounds until both let go. Pure; for one thread at a time."""

__all__ = ["Merge"]

_HELD_CONTROLS = {1, 64, 66, 67, 69}
"""Controllers that stay where a hand or foot left them: modulation wheel and the pedals (MIDI 1.0, table 3)."""
_CENTRE = (0, 64)
"""Pitch bend at rest."""


class Merge:
    """Remembers what each keyboard, known by any number, holds: keys, pedals, wheels, pressure."""

    def __init__(self) -> None:
        self._held: dict[bytes, set[int]] = {}  # by the message that lets go of it

    def take(self, source: int, data: bytes) -> bool:
        """Whether this channel message of ``source`` goes on: all do, but a release of what another still holds."""
        release = _release_of(data)
        if release is None:
            return True
        holders = self._held.setdefault(release, set())
        if _holds(data):
            holders.add(source)
            return True
        holders.discard(source)
        if not holders:
            del self._held[release]
        return not holders

    def leave(self, source: int) -> list[bytes]:
        """The messages that let go of what ``source`` alone held, which is gone."""
        alone = [release for release, holders in self._held.items() if holders == {source}]
        for release, holders in list(self._held.items()):
            holders.discard(source)
            if not holders:
                del self._held[release]
        return sorted(alone)


def _release_of(data: bytes) -> bytes | None:
    kind, channel = data[0] & 0xF0, data[0] & 0x0F
    match kind:
        case 0x80 | 0x90:
            return bytes([0x80 | channel, data[1], 64])
        case 0xB0 if data[1] in _HELD_CONTROLS:
            return bytes([data[0], data[1], 0])
        case 0xD0:
            return bytes([data[0], 0])
        case 0xE0:
            return bytes([data[0], *_CENTRE])
    return None


def _holds(data: bytes) -> bool:
    match data[0] & 0xF0:
        case 0x80:
            return False
        case 0xD0:
            return data[1] > 0
        case 0xE0:
            return tuple(data[1:]) != _CENTRE
    return data[2] > 0
