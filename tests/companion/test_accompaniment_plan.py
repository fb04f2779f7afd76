"""The companion's future while it plays along, id by id."""

import pytest

from livecomposer.companion.accompaniment_plan import AccompanimentPlan
from livecomposer.events import NoteOff, NoteOn, Role
from livecomposer.tokens.grammar import Grammar
from livecomposer.tokens.limits import Limits
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

BOS = VOCABULARY.id(Kind.BOS)
ON, OFF = (VOCABULARY.first(kind, Role.COMPANION) for kind in (Kind.NOTE_ON, Kind.NOTE_OFF))
THEIRS = VOCABULARY.first(Kind.NOTE_ON, Role.PERFORMER)
SHIFT, VELOCITY = VOCABULARY.first(Kind.TIME_SHIFT), VOCABULARY.first(Kind.VELOCITY)
CONTEXT = [BOS, VELOCITY + 20, THEIRS + 60]


def plan_of(**values):
    """A plan behind one key of the performer's, at second 10."""
    grammar = Grammar(Limits.from_seconds(max_rest=1.5, max_note=4.0, polyphony=4))
    grammar.follow(CONTEXT)
    told = {"floor": 10.0, "latest": 14.0, "closing": 13.0, "foresee": True, "seed": "1", **values}
    return AccompanimentPlan(CONTEXT, origin=10.0, grammar=grammar, **told)


def accepted(plan, *ids):
    """The plan after so many ids."""
    for id_ in ids:
        plan.accept(id_)
    return plan


def test_its_own_events_are_kept_apart_from_those_foreseen():
    """The companion's notes wait to be committed; the performer's note-ons are only expected."""
    plan = accepted(plan_of(), SHIFT + 49, ON + 48, THEIRS + 64, SHIFT + 24, OFF + 48)
    assert [NoteOn(10.5, 48, 82, Role.COMPANION), NoteOff(10.75, 48, Role.COMPANION)] == list(plan.events)
    assert [NoteOn(10.5, 64, 82, Role.PERFORMER)] == list(plan.foreseen)
    assert (5, 10.75) == (plan.tokens, plan.reached)


def test_what_is_due_is_committed_once():
    """And what is not stays."""
    plan = accepted(plan_of(), SHIFT + 49, ON + 48, SHIFT + 24, OFF + 48)
    assert [48] == [event.pitch for event in plan.commit(10.5)]
    assert not plan.commit(10.6)
    assert [10.75] == [event.time for event in plan.events]


@pytest.mark.parametrize(("pitch", "moment", "foreseen"), [(64, 10.45, True), (64, 10.6, False), (65, 10.5, False)])
def test_a_key_is_foreseen_by_its_pitch_and_nearly_its_moment(pitch, moment, foreseen):
    """Within the tolerance, and only once."""
    plan = accepted(plan_of(), SHIFT + 49, THEIRS + 64)
    assert foreseen == plan.foresaw(NoteOn(moment, pitch, 80), within=0.06)
    assert not plan.foresaw(NoteOn(moment, pitch, 80), within=0.06)


def test_it_is_planned_to_its_end_when_no_note_may_begin_and_none_sounds():
    """A note that sounds past the latest moment is waited for."""
    plan = accepted(plan_of(), SHIFT + 99, ON + 48, *[SHIFT + 99] * 3)
    assert not plan.planned
    accepted(plan, OFF + 48)
    assert plan.planned
    assert not plan.over
    plan.commit(20.0)
    assert plan.over


def test_chance_is_the_seeds():
    """The same seed draws the same numbers."""
    assert plan_of().chance() == plan_of().chance() != plan_of(seed="2").chance()
