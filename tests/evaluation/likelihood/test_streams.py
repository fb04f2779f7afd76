"""Chunk after chunk, each network says what it says of the whole."""

import pytest
import torch

from livecomposer.evaluation.likelihood.streams import stream_of
from tests.model.networks import GPT2, LSTM, SMALL, VARIANTS, random_decoder


@pytest.mark.parametrize("chunk", [1, 3, 8, 20])
@pytest.mark.parametrize("shape", [SMALL, LSTM, GPT2, *VARIANTS.values()], ids=["rope", "lstm", "gpt2", *VARIANTS])
def test_chunks_are_the_whole(shape, chunk):
    """However a piece is cut, past the window too, logits are those of one forward pass."""
    network = random_decoder(shape)
    ids = torch.randint(shape.vocabulary, (45,), generator=torch.Generator().manual_seed(2))
    stream = stream_of(network)
    got = torch.cat([stream(part) for part in ids.split(chunk)])
    torch.testing.assert_close(network(ids[None])[0], got, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("shape", [SMALL, LSTM, GPT2, *VARIANTS.values()], ids=["rope", "lstm", "gpt2", *VARIANTS])
def test_what_is_kept_is_bounded(shape):
    """After many chunks a stream holds no more than a window of anything."""
    stream = stream_of(random_decoder(shape))
    for _ in range(20):
        stream(torch.zeros(7, dtype=torch.int64))
    held = [value for value in vars(stream).values() if isinstance(value, list)]
    held += [[value] for value in vars(stream).values() if isinstance(value, torch.Tensor)]
    assert all(tensor.numel() <= 2 * SMALL.window * SMALL.width for tensors in held for tensor in tensors)


def test_another_network_is_refused():
    """What is none of ours is an error of one line."""
    with pytest.raises(TypeError, match="Identity"):
        stream_of(torch.nn.Identity())
