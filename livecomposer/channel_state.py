"""What stands on each channel of an output besides its notes: what a synthesiser that comes new is to be told. Pure."""

__all__ = ["ChannelState"]

_BANK = (0, 32)
_IN_ORDER_ONLY = {6, 38, *range(96, 102)}
"""Parameter numbers and data entry mean something only one after the other (MIDI 1.0, RPN); they are not repeated."""
_FIRST_MODE, _RESET = 120, 121


class ChannelState:
    """Keeps the last program, controllers, bend and pressure of each channel that was ever used."""

    def __init__(self) -> None:
        self._programs: dict[int, list[bytes]] = {}
        self._banks: dict[int, dict[int, bytes]] = {}
        self._controls: dict[int, dict[tuple[int, int], bytes]] = {}

    @property
    def channels(self) -> list[int]:
        """Channels (0–15) on which anything was sent."""
        return sorted(self._controls)

    def note(self, data: bytes) -> None:
        """Learn from one channel message that is sent."""
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        controls = self._controls.setdefault(channel, {})
        match kind:
            case 0xC0:  # a bank counts with the program that follows it
                self._programs[channel] = [*self._banks.get(channel, {}).values(), data]
            case 0xB0 if data[1] in _BANK:
                self._banks.setdefault(channel, {})[data[1]] = data
            case 0xB0 if data[1] == _RESET:
                controls.clear()
            case 0xB0 if data[1] < _FIRST_MODE and data[1] not in _IN_ORDER_ONLY:
                controls[kind, data[1]] = data
            case 0xD0 | 0xE0:
                controls[kind, 0] = data

    def messages(self) -> list[bytes]:
        """All that stands: on each channel bank and program first, then the rest; the pedal if it is down."""
        messages = []
        for channel in self.channels:
            messages += self._programs.get(channel, [])
            messages += self._controls[channel].values()
        return messages
