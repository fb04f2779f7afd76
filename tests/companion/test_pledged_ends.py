"""Ends of notes whose plan was cut."""

from livecomposer.companion.pledged_ends import PledgedEnds
from livecomposer.events import NoteOff, NoteOn, Role

PLAN = [
    NoteOff(1.0, 60, Role.COMPANION),
    NoteOn(1.1, 60, 80, Role.COMPANION),
    NoteOff(1.5, 60, Role.COMPANION),
    NoteOff(2.0, 64, Role.COMPANION),
]


def pledged(*pitches):
    """What was to end by the plan, where these pitches sound."""
    ends = PledgedEnds()
    ends.pledge(PLAN, set(pitches))
    return ends


def test_a_note_that_sounds_ends_when_it_was_to_end_first():
    """A later note of its pitch, and what does not sound, are of no account."""
    ends = pledged(60)
    assert [1.0] == list(ends)
    assert [] == ends.redeem(0.9, reached=0.0)
    assert [NoteOff(1.0, 60, Role.COMPANION)] == ends.redeem(1.0, reached=0.0)
    assert [] == ends.redeem(9.0, reached=0.0)


def test_what_another_plan_has_reached_is_for_it_to_decide():
    """The pledge is forgotten; what lies beyond stays."""
    ends = pledged(60, 64)
    assert [] == ends.redeem(1.0, reached=1.2)
    assert [2.0] == list(ends)


def test_the_first_pledge_counts():
    """A plan that is cut in its turn does not put the end off."""
    ends = pledged(60)
    ends.pledge([NoteOff(3.0, 60, Role.COMPANION)], {60})
    assert [1.0] == list(ends)


def test_what_is_forgotten_does_not_end():
    """One, or all."""
    ends = pledged(60, 64)
    ends.forget(60)
    assert [2.0] == list(ends)
    ends.clear()
    assert [] == list(ends)
