"""A draw in tensors of fixed shape: the very id that the host draws."""

import numpy as np
import pytest
import torch

from livecomposer.engine.device_sampling import Draw
from livecomposer.model.sampling import MaskPolicy, Sampling, sample

V = 40
KINDS = np.repeat(np.arange(4), 10)
TWINS = np.concatenate((np.arange(20, 30), np.arange(10, V)))
CPU = torch.device("cpu")


def drawn(draw, logits, *told):
    """The id that the device draws."""
    draw.prepare(*told)
    return int(draw.compute(torch.from_numpy(logits))[0])


@pytest.mark.parametrize("technique", ["topk", "nucleus", "random"])
@pytest.mark.parametrize(
    "policy", [None, MaskPolicy(KINDS, TWINS), MaskPolicy(KINDS, TWINS, (3, 9))], ids=["plain", "policy", "shifts"]
)
def test_it_draws_what_the_host_draws(technique, policy):
    """For whatever logits, masks, thresholds, temperatures and chances, with and without a language."""
    chance, draw = np.random.default_rng(1), Draw(V, CPU)
    for _ in range(300):
        logits = (chance.standard_normal(V) * chance.choice([0.1, 1, 10])).astype(np.float32)
        mask = chance.random(V) < chance.choice([0.05, 0.5, 1.0])
        mask[chance.integers(V)] = True
        sampling = Sampling(
            technique=technique, threshold=chance.uniform(0.02, 1), creative_risk=chance.choice([0.1, 1.0, 3.0])
        )
        told = (mask, sampling, float(chance.random()), policy)
        assert sample(logits, *told) == drawn(draw, logits, *told)


def test_of_equals_the_lower_id_stays():
    """Where several ids are as likely and not all may stay, those with the lower numbers do."""
    draw, logits, mask = Draw(V, CPU), np.zeros(V, dtype=np.float32), np.ones(V, dtype=bool)
    sampling = Sampling(technique="topk", threshold=3 / V)
    ids = {drawn(draw, logits, mask, sampling, one, None) for one in np.linspace(0, 0.999, 50)}
    assert {0, 1, 2} == ids


def test_what_the_host_refuses_is_refused():
    """No id allowed, no temperature, an unknown technique."""
    draw, mask = Draw(V, CPU), np.ones(V, dtype=bool)
    with pytest.raises(ValueError, match="no id"):
        draw.prepare(~mask, Sampling(), 0.5, None)
    with pytest.raises(ValueError, match="above 0"):
        draw.prepare(mask, Sampling(creative_risk=0.0), 0.5, None)
    with pytest.raises(ValueError, match="wanted topk"):
        draw.prepare(mask, Sampling(technique="guess"), 0.5, None)
