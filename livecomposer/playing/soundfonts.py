"""Which SoundFont sounds: the one asked for, else the system's, else the piano that comes with us."""

import sys
from pathlib import Path

from livecomposer.errors import SoundError

__all__ = ["OWN", "find_soundfont"]

OWN = "livecomposer-piano.sf2"

_FOLDERS = (
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/usr/local/share/soundfonts",
    "/opt/homebrew/share/soundfonts",
    "/opt/homebrew/share/fluid-synth/sf2",
    "/usr/local/share/fluid-synth/sf2",
)
# General MIDI banks, the fullest first.
_BANKS = (
    "FluidR3_GM.sf2",
    "MuseScore_General.sf2",
    "MuseScore_General.sf3",
    "MuseScore_General_Lite.sf3",
    "GeneralUser-GS.sf2",
    "default-GM.sf3",
    "default-GM.sf2",
    "TimGM6mb.sf2",
)


def find_soundfont(wanted: str = "") -> Path:
    """The file at ``wanted``, or the best there is; raises :class:`SoundError` where it is no SoundFont."""
    path = Path(wanted) if wanted else _best()
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise SoundError(f"{path}: no readable SoundFont ({error.strerror}); name an .sf2 with --soundfont") from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise SoundError(f"{path}: not a SoundFont; wanted an .sf2 or .sf3 file")
    return path


def _best() -> Path:
    banks = (Path(folder) / bank for bank in _BANKS for folder in _FOLDERS)
    beside = Path(__file__).parents[2] / "soundfonts" / OWN  # a checkout
    installed = Path(sys.prefix) / "share/livecomposer/soundfonts" / OWN
    found = next((path for path in (*banks, beside, installed) if path.is_file()), None)
    if found is None:
        raise SoundError("no SoundFont found; apt install timgm6mb-soundfont, or name one with --soundfont FILE.sf2")
    return found
