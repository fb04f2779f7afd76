"""Onsets near a sixteenth are placed on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.beats import Beats
from livecomposer.clocks import ManualClock
from livecomposer.companion.accompaniment import Accompaniment
from livecomposer.companion.beat_snap import BeatSnap, placing_of
from livecomposer.events import NoteOff, NoteOn, Role
from livecomposer.settings import Settings, changed
from tests.session.players import Mind, phrase, play

BEATS = Beats(tempo=120.0, moment=10.0)
"""A sixteenth every 0.125 s; half of one is 0.0625 s."""
SETTINGS = changed(Settings(), {"mode": "accompany", "horizon": 0.02, "alone": 2.0})


def on(moment, pitch=48):
    """A note of the companion's begins."""
    return NoteOn(moment, pitch, 80, Role.COMPANION)


def off(moment, pitch=48):
    """It ends."""
    return NoteOff(moment, pitch, Role.COMPANION)


def moments(hint, *events, earliest=0.0):
    """Where ``events`` are placed."""
    placing = BeatSnap(BEATS, hint)
    return [round(placing.placed(event, earliest=earliest).time, 6) for event in events]


@pytest.mark.parametrize(
    ("hint", "moment", "placed"),
    [(0.5, 10.03, 10.0), (0.5, 10.04, 10.04), (0.5, 10.1, 10.125), (1.0, 10.06, 10.0), (1.0, 10.07, 10.125)],
)
def test_an_onset_goes_to_its_sixteenth_if_it_is_near_enough(hint, moment, placed):
    """As near as the hint says: half of it is a quarter of a sixteenth, 31 ms at 120."""
    assert [placed] == moments(hint, on(moment))


def test_a_note_that_is_moved_later_keeps_its_length():
    """One that is moved earlier ends when it was to end."""
    assert [10.125, 10.155] == moments(0.5, on(10.1), off(10.13))
    assert [10.0, 10.05] == moments(0.5, on(10.02), off(10.05))


def test_nothing_is_moved_to_where_it_is_too_late_to_play():
    """Nor before the same key's last note has ended."""
    assert [10.02] == moments(1.0, on(10.02), earliest=10.01)
    assert [10.0, 10.01, 10.01] == moments(1.0, on(10.0), off(10.01), on(10.02))


def test_without_a_hint_or_a_pulse_nothing_is_placed():
    """And the pulse is not even asked for, so that a journal from before plays again."""

    def refuse(_now):
        raise AssertionError

    assert placing_of(refuse, 10.0, 0.0) is None
    assert placing_of(lambda _: None, 10.0, 1.0) is None
    assert placing_of(lambda _: BEATS, 10.0, 0.1) is not None


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(60, 62)), max_size=30), st.floats(0.01, 1.0))
def test_a_key_never_ends_before_it_begins_nor_begins_before_it_ends(steps, hint):
    """Whatever is planned: on and off alternate in the order of their moments."""
    placing, now, down = BeatSnap(BEATS, hint), 10.0, set()
    placed = []
    for rest, pitch in steps:
        now += rest / 100
        event = off(now, pitch) if pitch in down else on(now, pitch)
        down.symmetric_difference_update({pitch})
        placed.append(placing.placed(event, earliest=0.0))
    for pitch in (60, 61, 62):
        own = [event for event in placed if event.pitch == pitch]
        assert own == sorted(own, key=lambda event: event.time)


@pytest.mark.parametrize("hint", [0.0, 1.0])
def test_under_a_clock_the_companion_that_plays_along_keeps_to_the_sixteenths_if_asked(hint):
    """All its onsets but those for which it was too late; without a hint, a few by accident."""
    partner = Accompaniment(changed(SETTINGS, {"beat_hint": hint}), seed=1)
    partner.pulse = lambda _: Beats(tempo=97.0, moment=0.3)
    played = play(partner, ManualClock(), phrase(1.0, notes=80), until=30.0, mind=Mind())
    begun = [event.time for _, event in played if isinstance(event, NoteOn)]
    sixteenths = [(moment - 0.3) / (60 / 97 / 4) for moment in begun]
    share = sum(abs(at - round(at)) < 1e-6 for at in sixteenths) / len(begun)
    assert len(begun) > 30
    assert share > 0.6 if hint else share < 0.1
    sounding = set()
    for event in sorted((event for _, event in played), key=lambda event: event.time):
        assert isinstance(event, NoteOn) != (event.pitch in sounding)
        sounding.symmetric_difference_update({event.pitch})
    assert not sounding
