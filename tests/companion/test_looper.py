"""What goes round and round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.beats import Beats
from livecomposer.companion.looper import loop_of
from livecomposer.events import NoteOff, NoteOn, Role

CALL = [NoteOn(0.0, 60, 80), NoteOff(0.5, 60)]
REPLY = [NoteOn(1.0, 64, 70, Role.COMPANION), NoteOff(1.8, 64, Role.COMPANION)]


def test_round_after_round_is_as_long_as_the_music():
    """Each begins where the one before ended."""
    loop = loop_of([CALL, REPLY], now=10.0, beats=None)
    struck = [(event.time, event.pitch) for event in loop.take(14.0) if isinstance(event, NoteOn)]
    assert [(10.0, 60), (11.0, 64), (11.8, 60), (12.8, 64), (pytest.approx(13.6), 60)] == struck
    assert [] == loop.take(14.0)


def test_under_a_pulse_it_begins_on_a_bar_line_and_lasts_whole_bars():
    """At 120 a bar of four is two seconds."""
    beats = Beats(tempo=120.0, moment=0.0)
    loop = loop_of([CALL, REPLY], now=10.3, beats=beats)
    assert (12.0, 2.0) == (loop.start, loop.length)


def test_without_a_note_there_is_no_loop():
    """Nothing goes round."""
    assert loop_of([[], []], now=0.0, beats=None) is None


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 3), st.integers(60, 63), st.sampled_from(Role)), min_size=1),
    st.booleans(),
)
def test_no_key_begins_twice_nor_goes_on_past_a_round(notes, beats):
    """Whatever was played: after whole rounds nothing sounds."""
    events = {role: [] for role in Role}
    for start, length, pitch, role in notes:
        events[role] += [NoteOn(start, pitch, 80, role), NoteOff(start + length, pitch, role)]
    pulse = Beats(tempo=100.0, moment=0.0) if beats else None
    loop = loop_of([sorted(part, key=lambda e: e.time) for part in events.values()], now=1.0, beats=pulse)
    sounding = set()
    for event in loop.take(loop.start + 3 * loop.length - 1e-6):
        assert isinstance(event, NoteOn) != (event.pitch in sounding)
        sounding ^= {event.pitch}
    due = [event for event in loop.take(loop.start + 3 * loop.length + 1e-6) if isinstance(event, NoteOff)]
    assert sounding <= {event.pitch for event in due}
