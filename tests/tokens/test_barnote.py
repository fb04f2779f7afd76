"""Notes on a grid, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.events import Note
from livecomposer.tokens.barnote import BAR, SIZE, Grid, decode, encode

STEADY = Grid.steady(120)  # a sixteenth lasts an eighth of a second
WALTZ = Grid((0.0, 0.5, 1.1, 1.8, 2.3), beats_per_bar=3)

on_grid = st.lists(
    st.tuples(st.integers(0, 200), st.integers(21, 108), st.integers(1, 32)),
    unique_by=lambda note: note[:2],
    max_size=40,
)


def note(begin, pitch, length, grid=STEADY):
    """A note of so many sixteenths."""
    return Note(grid.time_of(begin), grid.time_of(begin + length), pitch, 80)


def apart(notes):
    """Notes (begin, pitch, length) of which none begins while its key sounds."""
    kept, free = [], {}
    for begin, pitch, length in sorted(notes):
        if free.get(pitch, 0) <= begin:
            kept.append((begin, pitch, length))
            free[pitch] = begin + length
    return kept


def test_there_are_153_ids():
    """One bar, 32 offsets, 88 pitches and 32 durations."""
    assert 1 + 32 + 88 + 32 == SIZE


def test_two_bars_are_told_as_the_table_says():
    """The lowest key for a quarter at once, the highest for two whole notes at the next bar's last sixteenth."""
    ids = encode([note(0, 21, 4), note(31, 108, 32)], STEADY)
    assert [BAR, 1, 33, 121 + 3, BAR, 1 + 15, 33 + 87, 121 + 31] == ids


def test_bars_without_a_note_are_told():
    """Three bars of rest are three bars."""
    assert [BAR] * 4 == encode([note(48, 60, 1)], STEADY)[:4]


@pytest.mark.parametrize("grid", [STEADY, WALTZ, Grid.steady(73, origin=-1.0, beats_per_bar=8)], ids=str)
@given(on_grid)
def test_what_is_on_the_grid_comes_back(grid, told):
    """Notes that begin and end on sixteenths return exactly, whatever the tempo does."""
    notes = [note(*one, grid) for one in apart(told)]
    got = decode(encode(notes, grid), grid)
    assert [(one.pitch, one.velocity) for one in notes] == [(one.pitch, one.velocity) for one in got]
    assert [pytest.approx((one.start, one.end)) for one in notes] == [(one.start, one.end) for one in got]


@given(on_grid)
def test_ids_come_back(told):
    """Ids of any notes, decoded and encoded again, are the same ids, where no key is struck while it sounds."""
    ids = encode([note(*one) for one in apart(told)], STEADY)
    assert ids == encode(decode(ids, STEADY), STEADY)


@given(st.lists(st.integers(0, SIZE - 1), max_size=60))
def test_any_ids_are_music(ids):
    """Nonsense decodes to notes that a piano has, in order, each at least a sixteenth long."""
    notes = decode(ids, STEADY)
    assert notes == sorted(notes, key=lambda one: one.start)
    assert all(21 <= one.pitch <= 108 and one.start >= 0 for one in notes)
    assert len(notes) <= ids.count(BAR) * len(ids)


def test_off_the_grid_the_nearest_sixteenth_counts():
    """A little early or late is on time; too short is made longer, too long shorter; before the grid is its start."""
    notes = [Note(0.26, 0.27, 60, 9), Note(0.99, 99.0, 62, 9), Note(-3.0, 0.5, 64, 9)]
    expected = [note(0, 64, 4), note(2, 60, 1), note(8, 62, 32)]
    assert expected == decode(encode(notes, STEADY), STEADY)


def test_what_no_piano_has_is_left_out():
    """Pitches outside 21 to 108 are not told; of two notes on one key at once the longer is."""
    notes = [note(0, 20, 4), note(0, 109, 4), note(0, 60, 2), note(0, 60, 5), note(0, 60, 3)]
    assert [note(0, 60, 5)] == decode(encode(notes, STEADY), STEADY)


def test_half_a_note_is_none():
    """An offset without a pitch, a pitch without an offset, and a note before any bar say nothing."""
    whole = encode([note(0, 60, 2)], STEADY)
    bar, offset, pitch, duration = whole
    assert [] == decode([offset, pitch, duration], STEADY)
    assert [] == decode([bar, offset, bar, pitch, duration, offset, duration, pitch], STEADY)
    assert [note(0, 60, 2)] == decode([bar, offset, offset, pitch, duration], STEADY)


@pytest.mark.parametrize("id_", [-1, SIZE])
def test_an_id_that_is_none_is_an_error(id_):
    """It is named."""
    with pytest.raises(ValueError, match=f"id {id_}"):
        decode([id_], STEADY)


@pytest.mark.parametrize(
    ("beats", "per_bar"), [((0.0,), 4), ((0.0, 0.0), 4), ((1.0, 0.5), 4), ((0, 1), 0), ((0, 1), 9)]
)
def test_a_grid_that_is_none_is_an_error(beats, per_bar):
    """Too few beats, beats that stand still or go back, and bars that no id can tell."""
    with pytest.raises(ValueError, match="wanted"):
        Grid(beats, per_bar)
