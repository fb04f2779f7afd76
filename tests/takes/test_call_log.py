"""Calls as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.beats import Beats
from livecomposer.events import Control, NoteOff, NoteOn, Other, Role
from livecomposer.takes.call_log import (
    Call,
    as_json,
    beats_of,
    decoded,
    encoded,
    encoded_beats,
    encoded_event,
    encoded_events,
    event_of,
    grid,
)

MOMENTS = st.floats(0, 1e7)


@given(
    st.lists(st.tuples(st.sampled_from("wcihx"), MOMENTS, st.sampled_from(["", "60", "a:b", '{"x":1}'])), min_size=1)
)
def test_calls_come_back_exactly(raw):
    """What each was given, and its moment to the last bit."""
    calls = [Call(what, round(moment * 1e6), with_) for what, moment, with_ in raw]
    back = list(decoded(encoded(calls, since=calls[0].at), since=calls[0].at))
    assert calls == back
    assert [grid(moment) for _, moment, _ in raw] == [call.moment for call in back]


@given(MOMENTS)
def test_a_moment_on_the_grid_stays_where_it_is(moment):
    """Written and read once more it is the same number."""
    assert grid(moment) == grid(grid(moment)) == round(grid(moment) * 1e6) / 1e6


@pytest.mark.parametrize(
    "event", [NoteOn(1.5, 60, 80), NoteOff(1.5, 60), Control(1.5, 64, 127), Other(1.5, b"\xe0\x00\x40")]
)
def test_events_come_back(event):
    """As they were."""
    assert event == event_of(Call("h", 1_500_000, encoded_event(event)))


@pytest.mark.parametrize("beats", [None, Beats(tempo=120.3, moment=17.123456789, beat=-4.0, running=False, per_bar=3)])
def test_a_pulse_comes_back(beats):
    """Exactly, or the lack of one."""
    assert beats == beats_of(encoded_beats(beats))


def test_what_is_told_has_no_blank():
    """A blank ends a call."""
    text = as_json({"scale": "C major"})
    assert " " not in text
    assert [Call("a", 5, text)] == list(decoded(f"a5:{text}", since=0))


def test_the_companions_events_are_told_with_their_moments():
    """Pitch, velocity, microseconds after the call."""
    events = [NoteOn(1.25, 60, 80, Role.COMPANION), NoteOff(0.9, 61, Role.COMPANION)]
    assert "60.80.250000,61.0.-100000" == encoded_events(events, at=1_000_000)


@pytest.mark.parametrize("text", ["w", "12", "w1.5", "?3"])
def test_what_is_no_call_is_refused(text):
    """With its text in the message."""
    with pytest.raises(ValueError, match="no call"):
        list(decoded(text, since=0))


def test_a_message_that_is_none_is_refused():
    """As a damaged journal may have it."""
    with pytest.raises(ValueError, match="no message"):
        event_of(Call("h", 0, "ff"))
