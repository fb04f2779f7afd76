"""The pure heap: order, lateness, cuts, bounds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.messages import ended_key, started_key
from livecomposer.playing.scheduler import Scheduler, Timed


def on(pitch, channel=0):
    """A note-on."""
    return bytes([0x90 | channel, pitch, 80])


def off(pitch, channel=0):
    """A note-off."""
    return bytes([0x80 | channel, pitch, 64])


PEDAL_DOWN, PEDAL_UP, BEND = b"\xb0\x40\x7f", b"\xb0\x40\x00", b"\xe0\x00\x40"


def filled(*items, **options):
    """A scheduler with ``(due, data)`` items."""
    scheduler = Scheduler(**options)
    for due, data in items:
        assert scheduler.add(due, data)
    return scheduler


def test_due_order_and_stability():
    """Messages come in due order, those of one moment as added, and not before they are due."""
    scheduler = filled((2.0, on(62)), (1.0, on(60)), (1.0, BEND), (1.0, on(59)))
    assert 1.0 == scheduler.next_due()
    assert [] == scheduler.take_due(0.999)
    assert [(1.0, on(60)), (1.0, BEND), (1.0, on(59))] == scheduler.take_due(1.0)
    assert 2.0 == scheduler.next_due()
    assert [Timed(2.0, on(62))] == scheduler.take_due(2.05)
    assert scheduler.next_due() is None


def test_note_offs_first_at_one_moment():
    """A repeated key is released before it is struck, in whatever order the two were added."""
    scheduler = filled((0.0, on(60)), (1.0, on(60)), (1.0, off(60)), (2.0, off(60)))
    assert [on(60), off(60), on(60), off(60)] == [data for now in (0, 1, 2) for _, data in scheduler.take_due(now)]


def test_note_of_no_length_does_not_hang():
    """The note-off of a note without length comes after its note-on."""
    scheduler = filled((1.0, off(60)), (1.0, on(60)))
    assert [on(60), off(60)] == [data for _, data in scheduler.take_due(1.0)]


def test_late_note_is_dropped_with_its_end():
    """Beyond the limit a note-on is dropped and counted, its note-off is not sent, and the next note sounds."""
    scheduler = filled((1.0, on(60)), (1.5, off(60)), (2.0, on(60)), (3.0, off(60)), late_limit=0.1)
    assert [] == scheduler.take_due(1.2)
    assert [] == scheduler.take_due(1.5)
    assert 1 == scheduler.late_dropped
    assert [(2.0, on(60))] == scheduler.take_due(2.05)
    assert [(3.0, off(60))] == scheduler.take_due(9.0)


def test_late_limit_is_inclusive():
    """Late by exactly the limit still sounds."""
    assert [(1.0, on(60))] == filled((1.0, on(60)), late_limit=0.5).take_due(1.5)


def test_releases_are_never_late():
    """Note-offs and pedal-ups are sent however late they are."""
    scheduler = filled((0.0, on(60)))
    scheduler.take_due(0.0)
    scheduler.add(0.5, off(60))
    scheduler.add(0.5, PEDAL_UP)
    assert [off(60), PEDAL_UP] == [data for _, data in scheduler.take_due(100.0)]


def test_late_note_on_still_ends_the_sound_before_it():
    """A dropped note-on on a sounding key leaves a note-off in its place."""
    scheduler = filled((0.0, on(60)), (1.0, on(60)), (2.0, off(60)))
    scheduler.take_due(0.0)
    assert [(1.0, off(60))] == scheduler.take_due(1.9)
    assert [] == scheduler.take_due(2.0)


def test_stray_note_off_is_sent():
    """A note-off for a key that another path struck passes."""
    assert [(1.0, off(60))] == filled((1.0, off(60))).take_due(1.0)


def test_full_heap_refuses_all_but_releases():
    """At the bound note-ons and controllers are refused and counted; note-offs and pedal-ups are not."""
    scheduler = filled((1.0, on(60)), max_events=1)
    assert [False, False, False, True, True] == [
        scheduler.add(2.0, data) for data in (on(61), BEND, PEDAL_DOWN, off(60), PEDAL_UP)
    ]
    assert 3 == scheduler.refused
    assert 3 == len(scheduler)


@pytest.mark.parametrize(("due", "data"), [(math.nan, on(60)), (math.inf, on(60)), (1.0, b"")])
def test_nonsense_is_an_error(due, data):
    """A moment that is not finite, or no message, raises instead of upsetting the heap."""
    with pytest.raises(ValueError, match="wanted a finite moment"):
        Scheduler().add(due, data)


def test_cut_removes_whole_notes_of_one_channel():
    """Note-ons from the moment on go with their note-offs; earlier ones and other channels stay."""
    scheduler = filled(
        (1.0, on(60)), (2.0, on(62)), (2.5, off(60)), (3.0, off(62)), (2.0, on(62, 1)), (3.0, off(62, 1))
    )
    assert [(2.0, on(62)), (3.0, off(62))] == scheduler.cut(2.0, 0, end_sounding=False)
    scheduler.late_limit = 9.0
    assert [(1.0, on(60)), (2.0, on(62, 1)), (2.5, off(60)), (3.0, off(62, 1))] == scheduler.take_due(9.0)


@pytest.mark.parametrize(("end_sounding", "expected"), [(False, [1.5, 4.0]), (True, [1.5, 2.0])])
def test_cut_and_what_sounds(end_sounding, expected):
    """A sounding note keeps a note-off planned before the cut; a later one is moved there only if told so."""
    scheduler = filled((0.0, on(60)), (0.0, on(62)), (1.5, off(60)), (4.0, off(62)))
    scheduler.take_due(0.0)
    assert [] == scheduler.cut(2.0, 0, end_sounding=end_sounding)
    assert expected == [due for due, _ in scheduler.take_due(9.0)]


def test_cut_ends_a_note_without_planned_end():
    """With end_sounding even a note whose note-off was never planned ends at the cut."""
    scheduler = filled((0.0, on(60)), (0.0, on(60, 1)))
    scheduler.take_due(0.0)
    scheduler.cut(1.0, 0, end_sounding=True)
    assert [(1.0, off(60))] == scheduler.take_due(9.0)


@pytest.mark.parametrize(("end_sounding", "end"), [(False, 3.0), (True, 2.0)])
def test_cut_of_a_repeated_key_leaves_an_end(end_sounding, end):
    """Where a removed note-on would have ended the sound before it, a note-off stays in its place."""
    scheduler = filled((0.0, on(60)), (3.0, on(60)), (4.0, off(60)))
    scheduler.take_due(0.0)
    assert [(3.0, on(60)), (4.0, off(60))] == scheduler.cut(2.0, 0, end_sounding=end_sounding)
    assert [(end, off(60))] == scheduler.take_due(9.0)


def test_cut_takes_back_pedal_downs_alone():
    """Of the controllers only pedal-downs are taken back."""
    scheduler = filled((1.0, PEDAL_DOWN), (2.0, PEDAL_UP), (2.0, BEND))
    assert [(1.0, PEDAL_DOWN)] == scheduler.cut(1.0, 0, end_sounding=True)
    assert [(2.0, PEDAL_UP), (2.0, BEND)] == scheduler.take_due(9.0)


def test_cut_then_new_plan_on_the_same_key():
    """A new note at the very moment of the cut sounds after the old one has ended."""
    scheduler = filled((0.0, on(60)), (5.0, off(60)))
    scheduler.take_due(0.0)
    scheduler.cut(1.0, 0, end_sounding=True)
    scheduler.add(1.0, on(60))
    scheduler.add(2.0, off(60))
    assert [(1.0, off(60)), (1.0, on(60))] == scheduler.take_due(1.0)
    assert [(2.0, off(60))] == scheduler.take_due(2.0)


def test_clear_forgets_all():
    """After clear nothing is due and nothing counts as sounding."""
    scheduler = filled((0.0, on(60)), (5.0, off(60)))
    scheduler.take_due(0.0)
    scheduler.clear()
    assert [] == scheduler.cut(1.0, 0, end_sounding=True) == scheduler.take_due(9.0)
    assert 0 == len(scheduler)


GRID = st.integers(0, 40).map(lambda step: step / 4)
NOTES = st.lists(st.tuples(GRID, GRID, st.integers(60, 61), st.integers(0, 1)), max_size=12)
MOVES = st.lists(
    st.one_of(st.tuples(st.just("take"), GRID), st.tuples(st.just("cut"), GRID, st.booleans())), max_size=8
)


@given(NOTES, MOVES)
def test_nothing_hangs_whatever_is_cut_or_late(notes, moves):
    """Whole notes in, any takes and cuts: in the end all that began has ended, and each channel's cut holds."""
    scheduler = Scheduler(late_limit=0.5)
    for start, length, pitch, channel in notes:
        scheduler.add(start, on(pitch, channel))
        scheduler.add(start + length, off(pitch, channel))
    sent, now, cut_at = [], 0.0, math.inf
    for kind, moment, *end in moves:
        if kind == "take":
            now = max(now, moment)
            sent += scheduler.take_due(now)
        else:
            scheduler.cut(moment, 0, end_sounding=end[0])
            cut_at = min(cut_at, max(moment, now))
    sent += scheduler.take_due(1e6)
    sounding = set()
    for due, data in sent:
        if key := started_key(data):
            assert key[0] == 1 or due < cut_at or due <= now
            sounding.add(key)
        else:
            sounding.discard(ended_key(data))
    assert set() == sounding
    assert 0 == len(scheduler)
