"""MIDI 1.0 channel messages as bytes: the one table of their kinds, and events to and from them. Pure."""

from collections.abc import Iterable, Sequence

from livecomposer.events import SUSTAIN, Control, Event, NoteOff, NoteOn, Other, Role

__all__ = [
    "ALL_NOTES_OFF",
    "ALL_SOUND_OFF",
    "HUSH",
    "RESET_CONTROLLERS",
    "Key",
    "control_of",
    "decode",
    "encode",
    "ended_key",
    "is_channel_message",
    "note_off",
    "pedal_of",
    "silence",
    "started_key",
]

Key = tuple[int, int]
"""(channel 0–15, pitch 0–127)."""

_NOTE_OFF, _NOTE_ON, _CONTROL = 0x80, 0x90, 0xB0

_LENGTHS = {_NOTE_OFF: 3, _NOTE_ON: 3, 0xA0: 3, _CONTROL: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3}
"""Bytes of each kind of channel message, status byte included (MIDI 1.0, table 1)."""

ALL_SOUND_OFF, RESET_CONTROLLERS, ALL_NOTES_OFF = 120, 121, 123
"""Controllers that are channel mode messages (MIDI 1.0, table 3)."""

HUSH = (SUSTAIN, ALL_SOUND_OFF, ALL_NOTES_OFF)
"""Controllers that, set to 0, end all sound on a channel: pedal up, all sound off, all notes off."""

_RELEASE_VELOCITY = 64
"""What a keyboard without release velocity sends (MIDI 1.0, note off)."""


def is_channel_message(data: Sequence[int]) -> bool:
    """Whether ``data`` is exactly one whole, well-formed channel message: status byte, then data bytes 0–127."""
    if not data or not 0x80 <= data[0] < 0xF0:
        return False
    return len(data) == _LENGTHS[data[0] & 0xF0] and all(0 <= byte < 0x80 for byte in data[1:])


def started_key(data: Sequence[int]) -> Key | None:
    """The key that a message strikes, or ``None`` if it is no note-on (velocity 0 is a note-off)."""
    return (data[0] & 15, data[1]) if len(data) == 3 and data[0] & 0xF0 == _NOTE_ON and data[2] else None


def ended_key(data: Sequence[int]) -> Key | None:
    """The key that a message releases, or ``None`` if it is no note-off."""
    kind = data[0] & 0xF0 if len(data) == 3 else 0
    ends = kind == _NOTE_OFF or (kind == _NOTE_ON and data[2] == 0)
    return (data[0] & 15, data[1]) if ends else None


def note_off(key: Key) -> bytes:
    """The message that releases ``key``, at the middle release velocity."""
    return bytes([_NOTE_OFF | key[0], key[1], _RELEASE_VELOCITY])


def control_of(data: Sequence[int]) -> int | None:
    """The number of the controller that a message moves, or ``None`` if it is no control change."""
    return data[1] if len(data) == 3 and data[0] & 0xF0 == _CONTROL else None


def pedal_of(data: Sequence[int]) -> bool | None:
    """Whether a message puts the sustain pedal down (64 and above), lifts it, or (``None``) leaves it alone."""
    return data[2] >= 64 if control_of(data) == SUSTAIN else None


def encode(event: Event, *, channel: int) -> bytes:
    """The one message that says ``event`` on ``channel`` (0–15).

    Raises ``ValueError`` for a channel, a number or bytes that no channel message can carry.
    """
    match event:
        case NoteOn():
            parts = [_NOTE_ON, event.pitch, event.velocity]
        case NoteOff():
            parts = [_NOTE_OFF, event.pitch, _RELEASE_VELOCITY]
        case Control():
            parts = [_CONTROL, event.number, event.value]
        case Other():
            parts = [event.data[0] & 0xF0, *event.data[1:]] if is_channel_message(event.data) else []
    if not is_channel_message(parts) or not 0 <= channel < 16:
        raise ValueError(f"{event} on channel {channel}: wanted values from 0 to 127 and a channel from 0 to 15")
    return bytes([parts[0] | channel, *parts[1:]])


def decode(data: Sequence[int], *, time: float, role: Role = Role.PERFORMER) -> Event | None:
    """What one message says, stamped with ``time``; ``None`` for sysex, realtime and anything malformed."""
    if not is_channel_message(data):
        return None
    kind = data[0] & 0xF0
    if kind == _NOTE_ON and data[2]:
        return NoteOn(time, data[1], data[2], role)
    if kind in (_NOTE_ON, _NOTE_OFF):  # a note-on without velocity is a note-off (MIDI 1.0, running status)
        return NoteOff(time, data[1], role)
    if kind == _CONTROL:
        return Control(time, data[1], data[2], role)
    return Other(time, bytes(data), role)


def silence(channels: Iterable[int]) -> list[bytes]:
    """Messages that end all sound on each of ``channels`` (0–15), by :data:`HUSH`."""
    return [bytes([_CONTROL | channel, number, 0]) for channel in channels for number in HUSH]
