"""Which SoundFont plays: the one asked for, else the best bank of the system, else the project's own piano."""

from collections.abc import Sequence
from pathlib import Path

from livecomposer.errors import SoundError
from livecomposer.places import beside

__all__ = ["FOLDERS", "NAMES", "OWN", "all_soundfonts", "find_soundfont"]

NAMES = (
    "MuseScore_General.sf3",
    "MuseScore_General.sf2",
    "MuseScore_General_Full.sf2",
    "FluidR3_GM.sf2",
    "FluidR3_GM.sf3",
    "GeneralUser-GS.sf2",
    "default-GM.sf2",
    "default-GM.sf3",
    "default.sf2",
    "TimGM6mb.sf2",
)
"""General MIDI banks, the best pianos first."""

FOLDERS = tuple(
    Path(folder).expanduser()
    for folder in (
        "~/.local/share/soundfonts",
        "~/.local/share/sounds/sf2",
        "~/Library/Audio/Sounds/Banks",
        "/usr/share/sounds/sf3",
        "/usr/share/sounds/sf2",
        "/usr/share/soundfonts",
        "/usr/local/share/soundfonts",
        "/usr/local/share/sounds/sf2",
        "/opt/homebrew/share/soundfonts",
        "/opt/homebrew/share/sounds/sf2",
        "/Library/Audio/Sounds/Banks",
    )
)
"""Where Debian, Fedora, Arch, Homebrew and macOS keep them; a person's own come first."""

OWN = beside("soundfonts/livecomposer-piano.sf2")
"""The project's own piano."""


def find_soundfont(
    wanted: str = "", *, folders: Sequence[Path] = FOLDERS, names: Sequence[str] = NAMES, own: Path = OWN
) -> Path:
    """The path of the bank to load.

    ``wanted`` is a path (``~`` allowed); empty takes the first of ``names`` that is in any of ``folders``, then
    ``own``. Raises :class:`SoundError` where ``wanted`` is absent or is no SoundFont, and where
    nothing is found.
    """
    if wanted:
        return _checked(Path(wanted).expanduser())
    candidates = [folder / name for name in names for folder in folders]
    for path in (*candidates, own):
        if _is_soundfont(path):
            return path
    raise SoundError(
        "no SoundFont found; apt install fluid-soundfont-gm, or set soundfont to the path of an .sf2 or .sf3"
    )


def all_soundfonts(*, folders: Sequence[Path] = FOLDERS, own: Path = OWN) -> list[Path]:
    """Every bank that is found, each file once: the project's own and its neighbours first, then folder by folder."""
    found: dict[Path, Path] = {}
    for folder in (own.parent, *folders):
        for path in sorted(folder.glob("*.sf[23]")):
            if path.resolve() not in found and _is_soundfont(path):
                found[path.resolve()] = path
    return list(found.values())


def _checked(path: Path) -> Path:
    if not path.is_file():
        raise SoundError(f"{path}: no such file; set soundfont to the path of an .sf2 or .sf3, or leave it empty")
    if not _is_soundfont(path):
        raise SoundError(f"{path}: not a SoundFont (wanted RIFF sfbk, as .sf2 and .sf3 files are); choose another")
    return path


def _is_soundfont(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    return head[:4] == b"RIFF" and head[8:] == b"sfbk"
