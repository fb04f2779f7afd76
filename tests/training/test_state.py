"""A run's moment on disk and back."""

from dataclasses import replace

import torch

from livecomposer.model.variants import build
from livecomposer.training.config import Config, Stage
from livecomposer.training.optim import Mean, optimisers
from livecomposer.training.state import STATE, read_state, restore, write_state

TINY = Config(layers=1, width=16, heads=2, hidden=32, window=16, stages=(Stage(steps=10, rows=1, length=8),))


def stepped(config, seed):
    """A network, its optimisers and its mean, after one step."""
    torch.manual_seed(seed)
    network = build(config.shape)
    found, mean = optimisers(network, config), Mean(network, 0.5)
    network(torch.arange(8)[None]).square().mean().backward()
    for one in found:
        one.step()
    mean.follow(network, 0)
    return network, found, mean


def test_all_comes_back(tmp_path):
    """Facts, weights, both optimisers and the mean, to the bit; nothing partial stays."""
    for config in (TINY, replace(TINY, architecture="lstm")):
        network, found, mean = stepped(config, 1)
        write_state(tmp_path, {"step": 7}, network, found, mean.network)
        other, others, other_mean = stepped(config, 2)
        facts, tensors = read_state(tmp_path)
        restore(tensors, other, others, other_mean.network)
        assert {"step": 7} == facts
        assert [STATE] == [path.name for path in tmp_path.iterdir()]
        for name, weight in network.state_dict().items():
            assert torch.equal(weight, other.state_dict()[name])
            assert torch.equal(mean.network.state_dict()[name], other_mean.network.state_dict()[name])
        for one, again in zip(found, others, strict=True):
            for at, kept in one.state_dict()["state"].items():
                for key, value in kept.items():
                    assert torch.equal(torch.as_tensor(value), torch.as_tensor(again.state_dict()["state"][at][key]))


def test_a_mean_that_was_not_kept_begins_at_the_weights(tmp_path):
    """A run that turns ``ema`` on when it resumes forgets the weights it was built with."""
    network, found, _ = stepped(TINY, 1)
    write_state(tmp_path, {}, network, found, None)
    other, others, mean = stepped(TINY, 2)
    restore(read_state(tmp_path)[1], other, others, mean.network)
    assert all(torch.equal(weight, mean.network.state_dict()[name]) for name, weight in network.state_dict().items())
