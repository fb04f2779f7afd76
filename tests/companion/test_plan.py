"""What turns and plans have in common."""

import pytest

from livecomposer.companion.plan import Plan
from livecomposer.events import NoteOff, NoteOn, Role
from livecomposer.tokens.grammar import Grammar, Limits
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

VELOCITY = VOCABULARY.ids_of(Kind.VELOCITY).start + 16
SHIFT = VOCABULARY.ids_of(Kind.TIME_SHIFT).start - 1
ON, OFF = (VOCABULARY.ids_of(kind, Role.COMPANION).start for kind in (Kind.NOTE_ON, Kind.NOTE_OFF))


class Endless(Plan):
    """A future that is never planned to its end."""

    planned = False


def future(*ids, seed="a"):
    """One at 10 s that has accepted ``ids``."""
    endless = Endless((), origin=10.0, grammar=Grammar(Limits(max_rest=100, max_note=100, polyphony=4)), seed=seed)
    for id_ in ids:
        endless.accept(id_)
    return endless


def test_what_is_accepted_is_planned_until_it_is_committed():
    """At its moments; the stream's own ids are counted."""
    found = future(VELOCITY, ON + 60, SHIFT + 50, OFF + 60)
    assert (4, 10.5) == (found.tokens, found.reached)
    assert [(NoteOn, 10.0), (NoteOff, 10.5)] == [(type(event), event.time) for event in found.events]
    assert [60] == [event.pitch for event in found.commit(10.4)]
    assert 1 == len(found.events)
    assert [] == found.commit(10.49)


def test_a_seed_draws_its_own_chances():
    """The same ones every time."""
    assert [future(seed="b").chance()] * 2 == [future(seed="b").chance(), future(seed="b").chance()]
    assert future(seed="b").chance() != future(seed="c").chance()


def test_nothing_is_over_before_it_is_planned_to_the_end():
    """Though nothing is waiting."""
    assert not future().over


@pytest.mark.parametrize(("moment", "step"), [(10.0, 0), (10.25, 25), (10.251, 26), (9.0, -100)])
def test_a_moment_between_two_steps_is_the_later_one(moment, step):
    """So that nothing comes too early."""
    assert step == future()._step(moment)
