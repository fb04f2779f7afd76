"""Scales by name, as sets of pitch classes (C is 0). Pure."""

import re

from pychord.constants.scales import NOTE_VALUES, RELATIVE_KEY_DICT

from livecomposer.errors import SettingError

__all__ = ["scale_of"]

_SIGNS = {"": 0, "#": 1, "b": -1}
_MODES = {  # as pychord calls them
    "major": "maj",
    "minor": "min",
    "dorian": "Dor",
    "phrygian": "Phr",
    "lydian": "Lyd",
    "mixolydian": "Mix",
    "locrian": "Loc",
}
_OTHERS = {  # semitones above the tonic
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
}
_SCALES = {name: tuple(RELATIVE_KEY_DICT[mode]) for name, mode in _MODES.items()} | _OTHERS


def scale_of(text: str) -> frozenset[int]:
    """The pitch classes of a scale such as "C major", "a minor", "Eb dorian" or "F# minor pentatonic".

    Raises :class:`SettingError` for a tonic or a scale that is unknown.
    """
    match = re.fullmatch(r"\s*([a-g])([#b]?)\s+(\S.*?)\s*", text, flags=re.IGNORECASE)
    steps = _SCALES.get(" ".join(match[3].lower().split())) if match else None
    if match is None or steps is None:
        wanted = ", ".join(_SCALES)
        raise SettingError(f"scale = {text!r}: wanted a tonic (A to G, with # or b) and one of {wanted}; or nothing")
    tonic = NOTE_VALUES[match[1].upper()] + _SIGNS[match[2].lower()]
    return frozenset((tonic + step) % 12 for step in steps)
