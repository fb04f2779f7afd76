"""A tiny checkpoint on disk, for tests that run the engine's real process. It knows nothing of music."""

from livecomposer.model import checkpoint
from livecomposer.model.decoder import Shape
from livecomposer.tokens.vocabulary import VOCABULARY
from tests.model.networks import random_decoder

__all__ = ["TINY", "tiny_checkpoint"]

TINY = Shape(vocabulary=VOCABULARY.size, layers=1, width=32, heads=2, window=128, hidden=64)


def tiny_checkpoint(folder, *, fingerprint=VOCABULARY.fingerprint):
    """Write it into ``folder`` and return the path."""
    checkpoint.save(folder, random_decoder(TINY), fingerprint=fingerprint, half=True)
    return folder
