"""Where the files beside the package are."""

import sys
from pathlib import Path

from livecomposer.places import beside


def test_a_checkout_has_its_own_files():
    """The SoundFont of the repository is found from the package."""
    assert beside("soundfonts/livecomposer-piano.sf2").read_bytes()[:4] == b"RIFF"


def test_what_a_checkout_lacks_is_looked_for_in_the_installation():
    """Data files of a wheel land below the prefix."""
    assert Path(sys.prefix) / "share/livecomposer/soundfonts/none.sf2" == beside("soundfonts/none.sf2")
