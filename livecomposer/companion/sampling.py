"""How the next id is drawn, as the settings say. Pure."""

from livecomposer.model.sampling import Sampling
from livecomposer.settings import Settings

__all__ = ["sampling_of"]


def sampling_of(settings: Settings) -> Sampling:
    """Technique, threshold and creative risk of ``settings``."""
    return Sampling(technique=settings.sampling, threshold=settings.threshold, creative_risk=settings.creative_risk)
