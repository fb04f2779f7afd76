"""The settings' sampling."""

from livecomposer.companion.sampling import sampling_of
from livecomposer.model.sampling import Sampling
from livecomposer.settings import Settings, changed


def test_sampling_is_what_three_settings_say():
    """Technique, threshold and creative risk, and nothing else."""
    settings = changed(Settings(), {"sampling": "topk", "threshold": 0.5, "creative_risk": 1.5})
    assert Sampling(technique="topk", threshold=0.5, creative_risk=1.5) == sampling_of(settings)
