import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.units import DEFAULT_TEMPO_US, TempoMap, seconds_to_steps, steps_to_seconds


def test_a_step_is_ten_milliseconds():
    """One second is a hundred steps."""
    assert 100 == seconds_to_steps(1.0)
    assert 0.01 == steps_to_seconds(1)


@given(st.floats(-1e5, 1e5))
def test_the_nearest_step_is_at_most_half_a_step_away(seconds):
    """Quantising errs by 5 ms at most, however late."""
    assert abs(steps_to_seconds(seconds_to_steps(seconds)) - seconds) <= 0.005 + 1e-9


@given(st.integers(-(10**7), 10**7))
def test_steps_come_back_from_seconds(steps):
    """Steps to seconds and back are the same steps."""
    assert steps == seconds_to_steps(steps_to_seconds(steps))


def test_without_a_tempo_there_are_two_beats_a_second():
    """Standard MIDI Files without a tempo event run at 120 beats a minute."""
    assert 500_000 == DEFAULT_TEMPO_US
    assert 1.5 == TempoMap.from_changes([], 480).to_seconds(3 * 480)


def test_a_tempo_holds_from_its_tick_on():
    """A change at beat 2 leaves the two beats before it as they were."""
    tempo = TempoMap.from_changes([(960, 1_000_000)], 480)
    assert [0.5, 1.0, 2.0, 4.0] == pytest.approx([tempo.to_seconds(tick) for tick in (480, 960, 1440, 2400)])


def test_changes_may_come_in_any_order_and_the_last_at_a_tick_wins():
    """Tempo events are sorted by tick; of two at one tick the later one in the file holds."""
    shuffled = TempoMap.from_changes([(960, 250_000), (0, 2_000_000), (0, 1_000_000)], 480)
    assert [2.0, 2.25] == pytest.approx([shuffled.to_seconds(960), shuffled.to_seconds(1440)])


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 2**24 - 1)), max_size=8), st.integers(1, 960))
def test_later_ticks_are_later_in_seconds(changes, ticks_per_beat):
    """No map of tempos lets time go back."""
    tempo = TempoMap.from_changes(changes, ticks_per_beat)
    seconds = [tempo.to_seconds(tick) for tick in range(0, 12_000, 250)]
    assert sorted(set(seconds)) == seconds


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(1000, 2**24 - 1)), max_size=8),
    st.integers(1, 960),
    st.integers(0, 20_000),
)
def test_seconds_lead_back_to_their_tick(changes, ticks_per_beat, tick):
    """Whatever the tempo does."""
    tempo = TempoMap.from_changes(changes, ticks_per_beat)
    assert tick == pytest.approx(tempo.to_ticks(tempo.to_seconds(tick)), abs=1e-3)
