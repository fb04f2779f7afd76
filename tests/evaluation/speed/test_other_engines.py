"""Others' engines: the same numbers where they run our decoder, a reason where they cannot run."""

import sys

import pytest
import torch

from livecomposer.errors import EngineError
from livecomposer.evaluation.speed import other_engines as peers
from livecomposer.evaluation.speed.other_engines import StaticStep
from tests.model.networks import SMALL, random_decoder


def test_a_static_step_is_the_decoders():
    """One token after another, the logits are those of the forward pass, up to a window."""
    decoder = random_decoder()
    static = StaticStep(decoder)
    static.hold(0)
    ids = [3, 1, 4, 1, 5]
    for count, id_ in enumerate(ids, 1):
        torch.testing.assert_close(static.take_in(id_), decoder(torch.tensor([ids[:count]]))[0, -1], atol=1e-4, rtol=0)


@pytest.mark.parametrize(("peer", "library"), [(peers.gpt2, "transformers"), (peers.notochord, "notochord")])
def test_a_library_that_is_not_there_is_a_reason(peer, library, monkeypatch):
    """In a line, with what to type."""
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(EngineError, match="pip install"):
        next(peer(random_decoder(), 1))


def test_gpt2_is_as_large_as_the_decoder():
    """The same layers, width and heads; each token that it generates is timed."""
    (contender,) = peers.gpt2(random_decoder(), 1)
    contender.hold([1, 2, 3, 4])
    assert 3 == len(contender.take_in([5, 6, 7]))
    assert contender.facts["params"] > SMALL.layers * 12 * SMALL.width
