"""How attention is told where things stand, besides rotation: the schemes that the default one is held against.

Each gives the scores (…, heads, n, m) of ``n`` queries, the last of ``m`` places, against keys at all of them, scaled
by the root of a head's width. What a query must not see is masked elsewhere; its scores may be anything finite. All
but ``absolute`` know distances alone, so that dropping the oldest entry while playing is what training saw.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from livecomposer.model.decoder import POSITIONS, Shape

__all__ = ["Linear", "Plain", "Relative", "Scheme", "Sinusoid", "scheme_of", "sinusoids", "skew", "slopes"]

_BASE = 10_000.0


def skew(products: Tensor) -> Tensor:
    """Products (…, n, m) of queries with what stands for distance m - 1 … 0, so that each meets its key's column.

    Huang et al. 2018, "Music Transformer", section 3.4.1: one column more, read again with rows one longer. Past the
    diagonal, where keys lie in the future, there is what no query may see.
    """
    *outer, n, m = products.shape
    padded = functional.pad(products, (1, 0)).reshape(*outer, m + 1, n)
    return padded[..., 1:, :].reshape(*outer, n, m)


def sinusoids(window: int, width: int) -> Tensor:
    """(window, width) float32: a sine and a cosine a frequency for distance window - 1 … 0 (Vaswani et al. 2017, 3.5).

    As in Transformer-XL, sines fill the left half and cosines the right one.
    """
    distances = torch.arange(window - 1, -1, -1, dtype=torch.float64)
    angles = distances[:, None] * _BASE ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
    return torch.cat((angles.sin(), angles.cos()), dim=-1).float()


def slopes(heads: int) -> Tensor:
    """(heads,) float32: how fast each head's scores fall: 2^(-8/heads) and its powers (Press et al. 2022, 3)."""
    return torch.tensor([2.0 ** (-8 * (head + 1) / heads) for head in range(heads)])


def _reaching(table: Tensor, places: int) -> Tensor:
    """``table`` (…, window, channels), whose last row is distance 0, for distances up to ``places`` - 1; 0 past it."""
    window = table.shape[-2]
    if places > window:
        return functional.pad(table, (0, 0, places - window, 0))
    return table[..., window - places :, :]


class Scheme(nn.Module):
    """What all have in common."""

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        """(…, heads, n, m) of q (…, heads, n, head_width) and k (…, heads, m, head_width)."""
        raise NotImplementedError

    def settle(self) -> None:
        """Compute once what depends on weights alone: they will not change any more."""


class Plain(Scheme):
    """Content alone; where a token stands was added to its embedding (``absolute``, Vaswani et al. 2017)."""

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        """Products."""
        return q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])


class Relative(Scheme):
    """Every query also meets a learned vector of its distance, each head its own (Huang et al. 2018, section 3.4)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(shape.heads, shape.window, shape.head_width) * 0.02)

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        """Products with keys and with distances."""
        table = _reaching(self.table, k.shape[-2])
        return (q @ k.transpose(-1, -2) + skew(q @ table.transpose(-1, -2))) / math.sqrt(q.shape[-1])


class Sinusoid(Scheme):
    """Transformer-XL (Dai et al. 2019, section 3.3): sinusoids of distance as keys, and a bias for each kind of key."""

    sinusoids: Tensor
    _settled: Tensor | None = None

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.u = nn.Parameter(torch.zeros(shape.heads, 1, shape.head_width))  # in the query's place, before content
        self.v = nn.Parameter(torch.zeros(shape.heads, 1, shape.head_width))  # and before distance
        self.distance = nn.Linear(shape.width, shape.width, bias=False)  # W_k,R
        nn.init.normal_(self.distance.weight, std=shape.width**-0.5)
        self.register_buffer("sinusoids", sinusoids(shape.window, shape.width), persistent=False)

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        """The four terms (a) to (d) of the paper, two at a time."""
        table = _reaching(self._keys() if self._settled is None else self._settled, k.shape[-2])
        products = (q + self.u) @ k.transpose(-1, -2) + skew((q + self.v) @ table.transpose(-1, -2))
        return products / math.sqrt(q.shape[-1])

    def settle(self) -> None:
        """Compute the keys of all distances."""
        self._settled = self._keys().detach()

    def _keys(self) -> Tensor:
        """(heads, window, head_width)."""
        keys: Tensor = self.distance(self.sinusoids)
        return keys.view(len(keys), len(self.u), -1).transpose(0, 1)


class Linear(Scheme):
    """ALiBi: scores fall with distance, in each head at its own rate (Press, Smith & Lewis 2022, section 3)."""

    slopes: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.register_buffer("slopes", slopes(shape.heads)[:, None, None], persistent=False)

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        """Products less a share of the distance."""
        n, m = q.shape[-2], k.shape[-2]
        places = torch.arange(m, device=q.device)
        distance = places[m - n :, None] - places[None, :]
        return q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) - self.slopes * distance


def scheme_of(shape: Shape) -> Scheme:
    """A fresh one for one layer, or for all where they share it; :class:`ValueError` for ``rope``, which is none."""
    match shape.positions:
        case "absolute":
            return Plain()
        case "relative":
            return Relative(shape)
        case "xl":
            return Sinusoid(shape)
        case "alibi":
            return Linear(shape)
        case other:
            raise ValueError(f"positions {other!r}; wanted {', '.join(POSITIONS[1:])}")
