"""Each scheme's scores, against its paper's formula for one pair after the other."""

import math

import pytest
import torch

from livecomposer.model.positions import Linear, Plain, Relative, Sinusoid, scheme_of, sinusoids, skew, slopes
from tests.model.networks import SMALL, VARIANTS, random_decoder

HEADS, WIDTH, WINDOW = SMALL.heads, SMALL.head_width, SMALL.window
COUNTS = pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 8), (5, 5), (8, 8), (3, 7), (8, 15), (12, 12), (1, 11)])


def drawn(*sizes, seed=1):
    """Standard normal numbers."""
    return torch.randn(sizes, generator=torch.Generator().manual_seed(seed))


def scheme(name):
    """One layer's scheme, no weight of it zero."""
    return random_decoder(VARIANTS[name]).schemes[0]


def assert_scores(scheme, n, m, expected):
    """For every pair within the window the score is ``expected(head, q, k, distance)``, scaled or not as that says."""
    q, k = drawn(1, HEADS, n, WIDTH), drawn(1, HEADS, m, WIDTH, seed=2)
    got = scheme.scores(q, k)
    assert (1, HEADS, n, m) == got.shape
    assert got.isfinite().all()
    for head in range(HEADS):
        for i in range(n):
            for j in range(m):
                distance = m - n + i - j
                if 0 <= distance < WINDOW:
                    one = expected(head, q[0, head, i].double(), k[0, head, j].double(), distance)
                    assert pytest.approx(float(one), abs=1e-4) == float(got[0, head, i, j])


@COUNTS
def test_skewing_is_a_gather(n, m):
    """What skewing moves is what looking up each pair's distance gives."""
    products = drawn(2, n, m)
    got = skew(products)
    for i in range(n):
        for j in range(m - n + i + 1):
            distance = m - n + i - j
            assert torch.equal(products[:, i, m - 1 - distance], got[:, i, j])


@COUNTS
def test_absolute_scores_are_content_alone(n, m):
    """Scaled products, wherever things stand."""
    assert_scores(Plain(), n, m, lambda head, q, k, distance: q @ k / math.sqrt(WIDTH))


@COUNTS
def test_relative_scores_gather_each_pairs_distance(n, m):
    """(q·k + q·E[distance]) / sqrt(width): Huang et al. 2018, equation 3, assembled pair by pair."""
    one = scheme("relative")
    assert isinstance(one, Relative)
    table = one.table.double()
    assert_scores(
        one, n, m, lambda head, q, k, distance: (q @ k + q @ table[head, WINDOW - 1 - distance]) / math.sqrt(WIDTH)
    )


@pytest.mark.parametrize("settled", [False, True])
@COUNTS
def test_xl_scores_are_the_papers_four_terms(n, m, settled):
    """q·k + q·W R + u·k + v·W R with R spelled out in sines and cosines: Dai et al. 2019, section 3.3."""
    one = scheme("xl")
    assert isinstance(one, Sinusoid)
    if settled:
        one.settle()

    def expected(head, q, k, distance):
        angles = [distance / 10_000 ** (2 * i / SMALL.width) for i in range(SMALL.width // 2)]
        r = torch.tensor([*map(math.sin, angles), *map(math.cos, angles)], dtype=torch.float64)
        key = one.distance.weight.double()[head * WIDTH : (head + 1) * WIDTH] @ r
        u, v = one.u[head, 0].double(), one.v[head, 0].double()
        return (q @ k + q @ key + u @ k + v @ key) / math.sqrt(WIDTH)

    assert_scores(one, n, m, expected)


@COUNTS
def test_alibi_scores_fall_in_proportion_to_distance(n, m):
    """q·k / sqrt(width) - 2^(-8 (head + 1) / heads) · distance: Press et al. 2022, section 3."""
    assert_scores(
        Linear(SMALL), n, m, lambda head, q, k, distance: q @ k / math.sqrt(WIDTH) - [1 / 16, 1 / 256][head] * distance
    )


def test_slopes_are_the_papers():
    """Eight heads: a half, a quarter, … 1/256."""
    assert [2.0**-i for i in range(1, 9)] == slopes(8).tolist()


def test_sinusoids_end_at_distance_zero():
    """The last row is no distance at all: no sine, all cosine."""
    assert [0.0, 0.0, 1.0, 1.0] == sinusoids(5, 4)[-1].tolist()


def test_rope_is_no_scheme():
    """Rotation is the default decoder's own; asked for here it is an error."""
    with pytest.raises(ValueError, match="wanted absolute"):
        scheme_of(SMALL)
