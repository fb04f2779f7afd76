"""Where the files are that belong to the instrument and lie beside the package: presets, SoundFont."""

import os
import sys
from pathlib import Path

__all__ = ["beside", "own"]


def beside(relative: str) -> Path:
    """``relative`` in a checkout, or where an installation puts the same file."""
    checkout = Path(__file__).parents[1] / relative
    return checkout if checkout.exists() else Path(sys.prefix) / "share" / "livecomposer" / relative


def own(name: str) -> Path:
    """The performer's own file ``name``, which need not be there, in the folder where the system keeps such files."""
    home = Path.home()
    match sys.platform:
        case "darwin":
            folder = home / "Library" / "Application Support"
        case "win32":
            folder = Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
        case _:
            folder = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return folder / "livecomposer" / name
