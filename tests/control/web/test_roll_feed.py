from livecomposer.clocks import ManualClock
from livecomposer.control.web.roll_feed import MOST_KEPT, RollFeed
from livecomposer.events import NoteOff, NoteOn, Role
from tests.control.web.people import StillSession

ON = bytes([0x90, 60, 80])


def score_of(clock=None):
    """A score, and its session."""
    session = StillSession()
    return RollFeed(session, clock or ManualClock(10.0)), session


def test_each_row_is_fresh_once():
    """Then it is past."""
    score, _ = score_of()
    score.heard(9.0, Role.PERFORMER, ON)
    score.heard(9.5, Role.COMPANION, bytes([0xC1, 5]))
    assert [(9.0, 0, 0x90, 60, 80), (9.5, 1, 0xC1, 5, 0)] == score.fresh()
    assert [] == score.fresh()
    assert 2 == len(score.past())


def test_what_was_long_ago_is_not_told_to_a_page_that_opens():
    """Two minutes are remembered."""
    clock = ManualClock(10.0)
    score, _ = score_of(clock)
    score.heard(9.0, Role.PERFORMER, ON)
    clock.move_to(200.0)
    assert [] == score.past()


def test_a_night_of_music_stays_bounded():
    """The oldest rows go, and what is fresh is still told once."""
    score, _ = score_of()
    for i in range(3 * MOST_KEPT):
        score.heard(9.0 + i * 1e-6, Role.PERFORMER, ON)
    assert MOST_KEPT == len(score.fresh()) == len(score.past())
    score.heard(9.9, Role.PERFORMER, ON)
    assert [(9.9, 0, 0x90, 60, 80)] == score.fresh()


def test_a_plan_is_told_when_it_changes():
    """Note-ons carry their velocity, note-offs 0; an unchanged plan is told only to a page that opens."""
    score, session = score_of()
    assert score.plan() is None
    session.future = (NoteOn(11.0, 60, 80, Role.COMPANION), NoteOff(11.5, 60, Role.COMPANION)), (NoteOn(11.2, 72, 9),)
    told = {"notes": [(11.0, 60, 80), (11.5, 60, 0)], "foreseen": [(11.2, 72, 9)]}
    assert told == score.plan()
    assert score.plan() is None
    assert told == score.plan(anyway=True)
    session.future = (), ()
    assert {"notes": [], "foreseen": []} == score.plan()
