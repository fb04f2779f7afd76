"""Slots, views and rotations as tensors, without a network."""

import torch

from livecomposer.engine.cache import Cache
from livecomposer.engine.ring import Ring
from livecomposer.model.decoder import Shape, rotary

SHAPE = Shape(vocabulary=5, layers=2, width=4, heads=1, window=4, hidden=4)


def cache_of(count):
    """A cache that took in ``count`` positions, each of whose keys and values is its own number."""
    ring = Ring(window=SHAPE.window, layers=SHAPE.layers)
    cache = Cache(SHAPE, ring)
    for _ in range(count):
        own = cache.see(1).own
        cache.keys[:, :, own] = cache.values[:, :, own] = float(ring.position)
        ring.position += 1
    return cache, ring


def test_a_view_holds_the_last_window():
    """However many positions went by, the next token sees the last three and itself, in order."""
    for count in range(100):
        cache, _ = cache_of(count)
        seen = cache.see(1)
        expected = list(range(max(0, count - 3), count))
        assert expected == cache.keys[0, 0, seen.visible, 0].tolist()[:-1]
        assert expected == cache.values[1, 0, seen.visible, 0].tolist()[:-1]
        assert seen.mask is None


def test_a_mask_shows_each_token_its_window():
    """Of several new tokens, each sees the three before it and itself, no more."""
    seen = cache_of(10)[0].see(3)
    assert (slice(7, 13), slice(10, 13)) == (seen.visible, seen.own)
    assert [[1, 1, 1, 1, 0, 0], [0, 1, 1, 1, 1, 0], [0, 0, 1, 1, 1, 1]] == seen.mask.int().tolist()


def test_angles_are_those_of_absolute_positions():
    """After the cache turned over, a slot's rotation is still that of its position."""
    cache, ring = cache_of(70)
    own = cache.see(1).own
    assert ring.base > 0
    cos, sin = rotary(torch.tensor([ring.position]), SHAPE.head_width)
    torch.testing.assert_close(torch.complex(cos, sin), cache.turn(own))
