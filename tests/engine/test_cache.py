"""Slots, views and what may be rewound into, without a network."""

import torch

from livecomposer.engine.cache import Cache
from livecomposer.model.decoder import Shape, rotary

SHAPE = Shape(vocabulary=5, layers=2, width=4, heads=1, window=4, hidden=4)


def taken_in(cache, count):
    """Take in ``count`` positions, each of whose keys and values is its own number."""
    for _ in range(count):
        cache.reserve(1)
        own = cache.see(1).own
        cache.keys[:, :, own] = cache.values[:, :, own] = float(cache.position)
        cache.position += 1


def test_a_view_holds_the_last_window():
    """However many positions went by, the next token sees the last three and itself, in order."""
    cache = Cache(SHAPE)
    for position in range(100):
        taken_in(cache, 1)
        cache.reserve(1)
        seen = cache.see(1)
        expected = list(range(max(0, position - 2), position + 1))
        assert expected == cache.keys[0, 0, seen.visible, 0].tolist()[:-1]
        assert expected == cache.values[1, 0, seen.visible, 0].tolist()[:-1]
        assert seen.mask is None


def test_a_mask_shows_each_token_its_window():
    """Of several new tokens, each sees the three before it and itself, no more."""
    cache = Cache(SHAPE)
    taken_in(cache, 10)
    seen = cache.see(3)
    assert (slice(7, 13), slice(10, 13)) == (seen.visible, seen.own)
    assert [[1, 1, 1, 1, 0, 0], [0, 1, 1, 1, 1, 0], [0, 0, 1, 1, 1, 1]] == seen.mask.int().tolist()


def test_angles_are_those_of_absolute_positions():
    """After the cache turned over, a slot's rotation is still that of its position."""
    cache = Cache(SHAPE)
    taken_in(cache, 50)
    cos, sin = rotary(torch.tensor([cache.position]), SHAPE.head_width)
    cache.reserve(1)
    own = cache.see(1).own
    assert cache.base > 0
    torch.testing.assert_close(cos, cache.cos[own])
    torch.testing.assert_close(sin, cache.sin[own])


def test_two_windows_can_be_rewound_into():
    """At least the last two windows stay in reach, and never the future."""
    cache = Cache(SHAPE)
    for _ in range(60):
        taken_in(cache, 1)
        reach = range(max(0, cache.position - 2 * SHAPE.window), cache.position + 1)
        assert all(cache.can_rewind(position) for position in reach)
        assert not cache.can_rewind(cache.position + 1)


def test_what_begins_in_the_middle_is_exact_only_later():
    """After a reset to a later position, every layer needs a window before the cache can be trusted."""
    cache = Cache(SHAPE)
    cache.reset(100)
    taken_in(cache, 12)
    exact = [position for position in range(100, 113) if cache.can_rewind(position)]
    assert list(range(108, 113)) == exact
    cache.reset()
    assert cache.can_rewind(0)
