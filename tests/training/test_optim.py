"""What changes weights, how fast, and their running mean."""

from dataclasses import replace

import pytest
import torch

from livecomposer.model.variants import build
from livecomposer.training.config import Config, Stage
from livecomposer.training.optim import Mean, optimisers, set_rates

TINY = Config(
    layers=1, width=16, heads=2, hidden=32, window=16, stages=(Stage(steps=10, rows=1, length=8),), warmup=0, cooldown=9
)


def learned_by(config):
    """For each optimiser its name and how many tensors it changes."""
    found = optimisers(build(config.shape), config)
    return {type(one).__name__: sum(len(group["params"]) for group in one.param_groups) for one in found}


def test_every_weight_has_one_optimiser():
    """Matrices of blocks are Muon's, all else is AdamW's; an LSTM has no blocks."""
    assert {"Muon": 4, "AdamW": 4} == learned_by(TINY)  # qkv out up down; three norms and the embedding
    assert {"Muon": 4, "AdamW": 7} == learned_by(replace(TINY, positions="xl"))
    assert {"AdamW": 6} == learned_by(replace(TINY, architecture="lstm"))


def test_rates_follow_the_schedule():
    """Each optimiser has its own peak, and both fall alike."""
    found = optimisers(build(TINY.shape), TINY)
    for step, share in ((0, 1.0), (5, 0.5)):
        set_rates(found, TINY, step)
        rates = [group["lr"] for one in found for group in one.param_groups]
        assert pytest.approx([share * TINY.matrix_rate, share * TINY.other_rate]) == rates
    (alone,) = optimisers(build(replace(TINY, architecture="lstm").shape), TINY)
    set_rates([alone], TINY, 0)
    assert [TINY.other_rate] == [group["lr"] for group in alone.param_groups]


def test_the_mean_follows_slowly_and_slower():
    """At first it keeps a tenth of itself, in the end its decay; the formula is Adam's, section 7.2, warmed up."""
    network = build(TINY.shape)
    weight = network.norm.weight
    mean = Mean(network, 0.5)
    expected = 1.0
    for step in range(12):
        with torch.no_grad():
            weight.fill_(float(step))
        mean.follow(network, step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
        torch.testing.assert_close(torch.full_like(weight, expected), mean.network.norm.weight)


def test_the_mean_is_a_network_of_its_own():
    """It begins with the weights there are, and neither changes with the other."""
    network = build(TINY.shape)
    mean = Mean(network, 0.5)
    with torch.no_grad():
        network.norm.weight.fill_(3.0)
    assert 1.0 == mean.network.norm.weight[0].item()
    mean.follow(network, 100)
    assert (3.0, 2.0) == (network.norm.weight[0].item(), mean.network.norm.weight[0].item())
    assert network.state_dict().keys() == mean.network.state_dict().keys()
