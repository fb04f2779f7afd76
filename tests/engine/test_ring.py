"""Which positions are kept where, without storage and without a network."""

from livecomposer.engine.ring import ALIGNMENT, Ring

WINDOW, LAYERS = 4, 2


def rings(count):
    """A ring, and the position that each of its slots holds, after each of ``count`` positions."""
    ring, slots = Ring(window=WINDOW, layers=LAYERS), {}
    for position in range(count):
        moved = ring.reserve(1)
        slots = {slot - moved: held for slot, held in slots.items() if slot >= moved}
        visible, own = ring.slots(1)
        slots[own.start] = position
        ring.position += 1
        yield ring, [slots[slot] for slot in range(visible.start, visible.stop)]


def test_a_token_sees_the_last_window():
    """However many positions went by, a token sees the three before it and itself, in order, within the room."""
    for position, (ring, seen) in enumerate(rings(200)):
        assert list(range(max(0, position - WINDOW + 1), position + 1)) == seen
        assert ring.position - ring.base <= ring.size
    assert ring.base > 0


def test_several_tokens_see_together_what_each_sees():
    """The slots of three new tokens reach from the first one's window to the last one's own."""
    *_, (ring, _) = rings(10)
    assert (slice(7, 13), slice(10, 13)) == ring.slots(3)


def test_a_position_keeps_its_place_in_a_block():
    """The base is always a multiple of the alignment, wherever the ring begins."""
    for ring, _ in rings(200):
        assert ring.base % ALIGNMENT == 0
    ring.reset(77)
    assert ring.base % ALIGNMENT == 0
    assert ring.slots(1)[1].start == 77 - ring.base


def test_two_windows_can_be_rewound_into():
    """At least the last two windows stay in reach, and never the future."""
    for ring, _ in rings(200):
        assert all(
            ring.can_rewind(position) for position in range(max(0, ring.position - 2 * WINDOW), ring.position + 1)
        )
        assert not ring.can_rewind(ring.position + 1)


def test_what_begins_in_the_middle_is_exact_only_later():
    """After a reset to a later position, nothing before it is seen, and every layer needs a window to be trusted."""
    ring = Ring(window=WINDOW, layers=LAYERS)
    ring.reset(100)
    assert ring.slots(1)[0] == ring.slots(1)[1]
    ring.position += 12
    assert list(range(108, 113)) == [position for position in range(90, 114) if ring.can_rewind(position)]
    ring.reset()
    assert ring.can_rewind(0)
