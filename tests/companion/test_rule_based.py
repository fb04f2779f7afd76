"""The partner by rule."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecomposer.clocks import ManualClock
from livecomposer.companion.rule_based import RuleBased
from livecomposer.events import NoteOff, NoteOn, Role
from livecomposer.offline.simulation import Latency, play_along
from livecomposer.settings import Settings, changed
from tests.session.players import chord, phrase, play

SETTINGS = changed(Settings(), {"mode": "accompany", "horizon": 0.02, "alone": 2.0})


def played(events, *, until=15.0, seed=1, **values):
    """What it plays, with when it decided."""
    return play(RuleBased(changed(SETTINGS, values), seed), ManualClock(), events, until=until)


def struck(committed):
    """Its note-ons."""
    return [event for _, event in committed if isinstance(event, NoteOn)]


def left(committed):
    """What is left sounding; asserts that none begins twice or ends what does not sound."""
    sounding = set()
    for _, event in committed:
        assert isinstance(event, NoteOn) != (event.pitch in sounding)
        sounding.symmetric_difference_update({event.pitch})
    return sounding


def test_it_plays_the_chord_that_is_held():
    """F major below the melody, the root in the bass, and nothing else."""
    notes = struck(played(chord(1.0, [65, 69, 72], length=4.0)))
    assert {5, 9, 0} == {note.pitch % 12 for note in notes}
    assert max(note.pitch for note in notes) < 72
    assert 41 == min(note.pitch for note in notes)
    assert {Role.COMPANION} == {note.role for note in notes}


def test_it_follows_a_change_of_chord_within_the_window():
    """Two seconds after G minor has come, nothing of C major is left."""
    notes = struck(played([*chord(1.0, [60, 64, 67], length=4.0), *chord(5.0, [55, 58, 62], length=5.0)], alone=5.0))
    assert {7, 10, 2} == {note.pitch % 12 for note in notes if 7.2 < note.time < 9.9}


def test_it_plays_on_the_performers_pulse():
    """Keys every half second: so are its strikes, near theirs."""
    times = {note.time for note in struck(played(phrase(1.0, notes=20, spacing=0.5))) if note.time > 4.0}
    near = [abs((time - 1.0 + 0.25) % 0.5 - 0.25) for time in times]
    assert len(near) > 10
    assert max(near) < 0.06


def test_it_comes_to_rest_when_the_performer_does():
    """All ends ``alone`` seconds after the last event, and the next key brings it back."""
    partner, clock = RuleBased(SETTINGS, 1), ManualClock()
    first = play(partner, clock, phrase(1.0), until=8.0)
    assert not left(first)
    assert pytest.approx(2.95 + 2.0) == first[-1][1].time
    assert partner.idle
    assert struck(play(partner, clock, phrase(9.0), until=15.0))
    assert 2 == partner.turns


def test_no_note_is_longer_than_allowed():
    """Nor are there more at once."""
    committed = played(chord(1.0, [60, 64, 67], length=1.0), alone=10.0, max_note=0.1, polyphony=2)
    begun = {}
    for _, event in committed:
        if isinstance(event, NoteOn):
            begun[event.pitch] = event.time
            assert len(begun) <= 2
        else:
            assert event.time - begun.pop(event.pitch) <= 0.1 + 1e-9
    assert not begun


def test_it_keeps_to_its_range():
    """Of a chord tone that lies outside it plays the nearest inside."""
    notes = struck(played(chord(1.0, [60, 64, 67], length=3.0), lowest=50, highest=58))
    assert notes
    assert all(50 <= note.pitch <= 58 for note in notes)


def test_the_same_seed_gives_the_same_pattern():
    """And some other seed another."""
    events = chord(1.0, [60, 64, 67], length=6.0)
    assert played(events) == played(events)
    assert 1 < len({tuple(note.pitch for note in struck(played(events, seed=seed))) for seed in range(8)})


def test_when_it_gives_way_it_waits_for_the_next_key():
    """Whoever cuts it ends what sounds."""
    partner = RuleBased(SETTINGS, 1)
    partner.hear(NoteOn(1.0, 60, 80))
    assert partner.commit(1.0)
    partner.give_way(1.1)
    assert partner.idle
    assert partner.next_look(1.1) is None
    assert [] == partner.commit(9.0)


async def test_it_needs_no_engine():
    """Played to by the live protocol it asks for nothing."""
    partner = RuleBased(SETTINGS, 1)
    done = await play_along(phrase(1.0), None, SETTINGS, seed=1, latency=Latency(), partner=partner)
    assert done.notes
    assert (0, 0, 0) == (done.steps, done.plans, done.late)


pitches, gaps = st.integers(20, 40), st.floats(0, 0.4)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.booleans(), pitches, gaps), max_size=60), st.integers(0, 9))
def test_whatever_is_played_every_note_ends(actions, seed):
    """Keys doubled, never released or never struck: its notes pair up."""
    moment, events = 1.0, []
    for down, pitch, gap in actions:
        moment += gap
        events.append(NoteOn(moment, pitch, 80) if down else NoteOff(moment, pitch))
    assert not left(played(events, seed=seed, until=moment + 5.0))
