"""A piece from nothing."""

import pytest

from livecomposer.companion.constraints import Constraints
from livecomposer.companion.opening import OPENING, beats_from, opening
from livecomposer.events import Role
from livecomposer.settings import Settings, changed
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

SETTINGS = changed(Settings(), {"tempo": 90.0, "beats_per_bar": 3, "extension_duration": 8.0})


def test_its_beats_are_those_that_are_set_from_its_beginning_on():
    """A bar line where it begins."""
    beats = beats_from(20.0, SETTINGS)
    assert (0, 20.0, 90.0, 2.0) == (beats.next_bar(20.0), beats.moment_of(0), beats.tempo, beats.bar)


def test_it_hears_nothing_and_begins_and_ends_as_asked():
    """With a note on its first line, and not a step past its end."""
    constraints = Constraints(SETTINGS)
    constraints.begin(20.0, beats_from(20.0, SETTINGS))
    plan = opening(SETTINGS, constraints, start=20.0, seed="1:0")
    assert (list(OPENING), 20.0) == (plan.context, plan.start)
    assert {Kind.VELOCITY} == {VOCABULARY.tokens[id_].kind for id_ in plan.mask(20.0).nonzero()[0]}
    plan.accept(VOCABULARY.first(Kind.VELOCITY) + 20)
    plan.accept(VOCABULARY.first(Kind.NOTE_ON, Role.COMPANION) + 60)
    lines = plan.mask(20.0)[VOCABULARY.ids_of(Kind.TIME_SHIFT)].nonzero()[0] + 1
    assert all(min(step % (100 / 6), 100 / 6 - step % (100 / 6)) <= 1.5 for step in lines if step < 100)
    assert 8.0 == pytest.approx(plan._stop / 100)
