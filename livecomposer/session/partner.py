"""Which of the companion's two natures plays: the one that takes turns, or the one that plays along."""

from livecomposer.model.sampling import Language
from livecomposer.session.accompanist import Accompanist
from livecomposer.session.duet import Duet
from livecomposer.session.weights import ACCOMPANISTS_LANGUAGE, COMPANIONS_LANGUAGE
from livecomposer.settings import Settings

__all__ = ["Partner", "language_of", "partner_of"]

Partner = Duet | Accompanist


def partner_of(settings: Settings, *, seed: int) -> Partner:
    """The one for ``settings.mode``."""
    return Accompanist(settings, seed=seed) if settings.mode == "accompany" else Duet(settings, seed=seed)


def language_of(settings: Settings) -> Language:
    """What a mask must not distort in that mode."""
    return ACCOMPANISTS_LANGUAGE if settings.mode == "accompany" else COMPANIONS_LANGUAGE
