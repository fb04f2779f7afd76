"""Where the files are that belong to the instrument: those beside the package (presets, SoundFont), the performer's."""

import sys
from pathlib import Path

__all__ = ["beside", "own"]


def beside(relative: str) -> Path:
    """``relative`` in a checkout, or where an installation puts the same file."""
    checkout = Path(__file__).parents[1] / relative
    return checkout if checkout.exists() else Path(sys.prefix) / "share" / "livecomposer" / relative


def own(name: str) -> Path:
    """The performer's own file ``name``, which need not be there, in the folder where the system keeps such files."""
    import platformdirs  # late: --help asks for no file

    return platformdirs.PlatformDirs("livecomposer", appauthor=False, roaming=True).user_config_path / name
