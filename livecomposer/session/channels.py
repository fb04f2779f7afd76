"""On which MIDI channel each of the two is sent, and with which program."""

from livecomposer.events import Role
from livecomposer.settings import Settings

__all__ = ["channels_of", "program_changes"]

_PROGRAM_CHANGE = 0xC0


def channels_of(settings: Settings) -> dict[Role, int]:
    """The channels (0–15)."""
    return {Role.PERFORMER: settings.performer_channel - 1, Role.COMPANION: settings.companion_channel - 1}


def program_changes(settings: Settings, *, before: Settings | None = None) -> list[bytes]:
    """Messages that choose the programs that are set; only those that were others ``before``."""
    was = None if before is None else _programs(before)
    channels = channels_of(settings)
    return [
        bytes((_PROGRAM_CHANGE | channels[role], program))
        for role, program in _programs(settings).items()
        if program >= 0 and (was is None or was[role] != program)
    ]


def _programs(settings: Settings) -> dict[Role, int]:
    return {Role.PERFORMER: settings.performer_program, Role.COMPANION: settings.companion_program}
