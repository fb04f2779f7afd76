"""The LSTM, against its formula written gate by gate."""

import pytest
import torch

from livecomposer.model.variants import build
from tests.model.networks import LSTM, random_decoder


def slow_logits(network, ids):
    """Gate by gate, layer by layer, in float64: (T, vocabulary)."""
    width, layers = network.shape.width, network.shape.layers
    h, c = torch.zeros(2, layers, width, dtype=torch.float64)
    h, c, out = list(h), list(c), []
    for id_ in ids:
        x = network.embedding.weight[id_].double()
        x = x / (x.square().mean() + 1e-5).sqrt()
        for layer in range(layers):
            w, u, b, d = (
                getattr(network.lstm, f"{name}_l{layer}").double()
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            i, f, g, o = (w @ x + b + u @ h[layer] + d).chunk(4)
            c[layer] = f.sigmoid() * c[layer] + i.sigmoid() * g.tanh()
            x = h[layer] = o.sigmoid() * c[layer].tanh()
        normed = x / (x.square().mean() + 1e-5).sqrt() * network.norm.weight.double()
        out.append(network.embedding.weight.double() @ normed)
    return torch.stack(out)


@pytest.mark.parametrize("length", [1, 9, 30])
def test_forward_equals_the_formula(length):
    """Logits are those of the gates, one after the other."""
    network = random_decoder(LSTM)
    ids = torch.randint(LSTM.vocabulary, (1, length), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(slow_logits(network, ids[0]).float(), network(ids)[0], atol=1e-4, rtol=1e-4)


def test_a_state_carries_all():
    """In two parts, the second behind the first one's state, it says what it says of the whole."""
    network = random_decoder(LSTM)
    x = network.embedded(torch.arange(20)[None], None)
    first, state = network.after(None, x[:, :7])
    torch.testing.assert_close(network.after(None, x)[0], torch.cat((first, network.after(state, x[:, 7:])[0]), dim=1))


def test_a_fresh_one_remembers():
    """Before training, forget gates lean towards keeping."""
    network = build(LSTM)
    forget = network.lstm.bias_hh_l0[LSTM.width : 2 * LSTM.width]
    assert 1.0 == forget.unique().item()
