"""One turn of the companion, drawn by a mind without taste."""

import pytest

from livecomposer.companion.turn_plan import TurnPlan
from livecomposer.events import NoteOn, Role, notes_of_events
from livecomposer.settings import Settings, changed
from livecomposer.tokens.codec import Encoder
from tests.session.players import Mind, phrase


def turn_of(*, seed="1:0", seconds=20.0, **settings):
    """A turn after a phrase that begins at 5 s."""
    encoder = Encoder(origin=5.0)
    ids = [644] + [id_ for event in phrase(5.0) for id_ in encoder.encode(event)] + encoder.advance(8.0)
    return TurnPlan(ids, origin=5.0, seconds=seconds, settings=changed(Settings(), settings), seed=seed)


def played(plan, *, shifts=0.5):
    """The whole turn's notes."""
    mind = Mind(shifts=shifts)
    while not plan.planned:
        plan.accept(mind.draw(plan.mask(plan.start), plan.chance()))
    return notes_of_events(plan.events)


def test_a_turn_begins_at_its_start_and_ends_by_its_end():
    """With a note, and with nothing sounding."""
    plan = turn_of()
    notes = played(plan)
    ons = sum(isinstance(event, NoteOn) for event in plan.events)
    assert 8.0 == notes[0].start
    assert max(note.end for note in notes) <= 28.0
    assert len(plan.events) == 2 * ons


def test_a_turn_lasts_as_long_as_asked():
    """It is planned to its very end, rests included."""
    plan = turn_of(seconds=7.0)
    played(plan)
    assert 15.0 == plan.reached


@pytest.mark.parametrize("until", [7.996, 8.0, 8.004])
def test_the_first_id_is_no_time_shift(until):
    """The turn starts on the step at which its context ends, so that nothing has to be waited for."""
    context = [644, 370, 60, 355, 128 + 60, *Encoder(origin=6.0).advance(until)]
    plan = TurnPlan(context, origin=5.0, seconds=2.0, settings=Settings(), seed="1:0")
    assert 8.0 == plan.start
    assert not plan.mask(plan.start)[256:356].any()


@pytest.mark.parametrize("longest", [0.1, 1.0])
def test_no_note_is_longer_than_the_longest(longest):
    """The control holds while drawing, not by cutting afterwards."""
    assert max(note.end - note.start for note in played(turn_of(max_note=longest))) <= longest + 1e-9


def test_no_silence_is_longer_than_the_longest_rest():
    """From the end of all that sounded to the next note."""
    reached = 8.0
    for note in played(turn_of(max_rest=0.3), shifts=0.9):
        assert note.start - reached <= 0.3 + 1e-9
        reached = max(reached, note.end)


def test_no_more_notes_at_once_than_the_polyphony():
    """Two hands have ten fingers; a preset may allow fewer."""
    notes = played(turn_of(polyphony=3), shifts=0.2)
    assert all(sum(n.start <= note.start < n.end for n in notes) <= 3 for note in notes)


def test_the_same_seed_draws_the_same_turn():
    """Another seed another one."""
    assert played(turn_of()) == played(turn_of())
    assert played(turn_of()) != played(turn_of(seed="2:0"))


def test_notes_put_off_begin_no_earlier_than_asked():
    """A planner that fell behind tells the model first."""
    plan, mind = turn_of(), Mind()
    while not plan.begun:
        plan.accept(mind.draw(plan.mask(plan.start), plan.chance()))
    count = len(plan.events)
    while len(plan.events) < count + 30:
        plan.accept(mind.draw(plan.mask(12.0), plan.chance()))
    assert min(e.time for e in list(plan.events)[count:] if isinstance(e, NoteOn)) >= 12.0


def test_committing_takes_the_plan_from_its_front():
    """What is committed is no longer planned."""
    plan = turn_of()
    notes = played(plan)
    events = plan.commit(10.0)
    assert events
    assert all(event.time <= 10.0 for event in events)
    assert all(event.time > 10.0 for event in plan.events)
    assert not plan.over
    plan.commit(99.0)
    assert plan.over
    assert {Role.COMPANION} == {note.role for note in notes}


def test_a_turn_that_is_aimed_moves_with_all_that_is_planned():
    """To any moment, not only to a step; the ids are the same."""
    plan, still = turn_of(), turn_of()
    mind, twin = Mind(), Mind()
    for i in range(300):
        if i == 50:
            plan.aim(8.0034)
        plan.accept(mind.draw(plan.mask(plan.start), plan.chance()))
        still.accept(twin.draw(still.mask(still.start), still.chance()))
    assert 8.0034 == plan.start
    assert [event.time + 0.0034 for event in still.events] == pytest.approx([event.time for event in plan.events])
