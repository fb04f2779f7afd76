"""Hugging Face's GPT-2 behind our interface says what Hugging Face's own says."""

import sys
from dataclasses import replace

import pytest
import torch

from livecomposer.errors import EngineError
from livecomposer.model.gpt2 import Gpt2
from livecomposer.model.variants import base_of
from tests.model.networks import GPT2, random_decoder

NETWORK = random_decoder(GPT2)
IDS = torch.randint(0, GPT2.vocabulary, (2, 33), generator=torch.Generator().manual_seed(3))


def test_logits_are_those_of_hugging_faces_language_model():
    """Of a ``GPT2LMHeadModel`` with the same weights, all told, within a window."""
    from transformers import GPT2Config, GPT2LMHeadModel

    sizes = {"n_layer": 2, "n_embd": 16, "n_head": 2, "n_inner": 24, "vocab_size": 23, "n_positions": 8}
    theirs = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=None, eos_token_id=None)).eval()
    ours = {name.removeprefix("body."): weight for name, weight in NETWORK.state_dict().items()}
    ours |= {"wte.weight": ours.pop("embedding.weight")}
    ours |= {f"ln_f.{kind}": ours.pop(f"norm.{kind}") for kind in ("weight", "bias")}
    theirs.transformer.load_state_dict(ours)
    theirs.tie_weights()
    with torch.inference_mode():
        torch.testing.assert_close(NETWORK(IDS[:, :8]), theirs(IDS[:, :8]).logits)
    assert sum(one.numel() for one in theirs.parameters()) == sum(one.numel() for one in NETWORK.parameters())


@pytest.mark.parametrize("length", [1, 7, 8, 9, 12, 13, 33])
def test_past_the_window_every_token_is_computed_in_its_own(length):
    """Each place, one after the other, by a pass over the window that it falls in."""
    found = NETWORK(IDS[:, :length])
    for at in range(length):
        base = base_of(at, GPT2.window)
        torch.testing.assert_close(NETWORK(IDS[:, base : at + 1])[:, -1], found[:, at], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("at", [1, 5, 8, 20, 32])
def test_no_token_sees_a_later_one(at):
    """What is changed changes nothing before it."""
    changed = IDS.clone()
    changed[:, at] = (changed[:, at] + 1) % GPT2.vocabulary
    found, other = NETWORK(IDS), NETWORK(changed)
    torch.testing.assert_close(found[:, :at], other[:, :at])
    assert not torch.allclose(found[:, at], other[:, at])


def test_each_weight_is_kept_once():
    """Embedding and output are one, and no two names share memory."""
    kept = [weight.data_ptr() for weight in NETWORK.state_dict().values()]
    assert len(kept) == len(set(kept))


def test_a_mode_is_heard():
    """As with the others, it is a vector added to every token."""
    network = random_decoder(replace(GPT2, modes=2))
    zero, one = (network(IDS[:1], torch.tensor([mode])) for mode in range(2))
    torch.testing.assert_close(network(IDS[:1]), zero)
    assert not torch.allclose(zero, one)


def test_without_transformers_it_is_one_line(monkeypatch):
    """With what to type."""
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(EngineError, match="pip install"):
        Gpt2(GPT2)
