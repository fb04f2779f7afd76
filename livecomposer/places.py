"""Where the files are that belong to the instrument and lie beside the package: presets, SoundFont."""

import sys
from pathlib import Path

__all__ = ["beside"]


def beside(relative: str) -> Path:
    """``relative`` in a checkout, or where an installation puts the same file."""
    checkout = Path(__file__).parents[1] / relative
    return checkout if checkout.exists() else Path(sys.prefix) / "share" / "livecomposer" / relative
