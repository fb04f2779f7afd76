"""What is given up when the engine cannot keep up, without any clock."""

import pytest

from livecomposer.session.timing.overload_ladder import (
    BAD_IN_A_ROW,
    GOOD_IN_A_ROW,
    Load,
    OverloadLadder,
    Window,
    rungs_of,
)
from livecomposer.settings import Settings, changed

GOOD = Window(steps=50, starved=0.0, pace=0.3)
SO_SO = Window(steps=50, starved=0.2, pace=0.9)
STARVED = Window(steps=50, starved=0.8, pace=0.3)
SLOW = Window(steps=50, starved=0.0, pace=1.2)
IDLE = Window(steps=0, starved=0.0, pace=0.0)
SMALL = changed(Settings(), {"small_model": "small"})


def judged(ladder, *windows):
    """Every change that ``windows`` bring about."""
    return [change for window in windows if (change := ladder.judge(window)) is not None]


def at_the_bottom(settings=SMALL):
    """A ladder that has been climbed down."""
    ladder = OverloadLadder(settings)
    judged(ladder, *[STARVED] * BAD_IN_A_ROW * len(ladder.rungs))
    return ladder


def test_the_rungs_come_in_their_order():
    """Shorter speculation, half the context, the smaller model."""
    ladder = OverloadLadder(SMALL)
    changes = judged(ladder, *[SLOW] * BAD_IN_A_ROW * 3)
    assert [(0.5, 30.0, ""), (0.5, 15.0, ""), (0.5, 15.0, "small")] == [
        (change.settings.plan_ahead, change.settings.input_duration, change.settings.model) for change in changes
    ]
    assert all("the engine is behind: the companion" in change.line for change in changes)


def test_without_a_second_model_there_is_no_such_rung():
    """Nor one for what is as small as it can be."""
    assert 2 == len(rungs_of(Settings()))
    assert () == rungs_of(changed(Settings(), {"plan_ahead": 0.5, "input_duration": 1.0}))


@pytest.mark.parametrize("bad", [STARVED, SLOW])
def test_nothing_changes_before_the_budget_is_missed_in_a_row(bad):
    """A window that is not bad begins the count anew; one in which nothing happened does not."""
    ladder = OverloadLadder(SMALL)
    row = [bad] * (BAD_IN_A_ROW - 1)
    assert [] == judged(ladder, *row, SO_SO, *row, GOOD, *row)
    assert [] == judged(ladder, IDLE, Window(steps=2, starved=1.0, pace=9.0))
    assert 1 == len(judged(ladder, bad))


def test_it_climbs_back_after_a_stretch_of_good_health():
    """Rung by rung, up to what the performer chose, saying what is back."""
    ladder = at_the_bottom()
    changes = judged(ladder, *[GOOD] * GOOD_IN_A_ROW * 5)
    assert ["its own model", "the last 30 s", "plans 2 s ahead"] == [
        next(part for part in ("its own model", "the last 30 s", "plans 2 s ahead") if part in change.line)
        for change in changes
    ]
    assert SMALL == changes[-1].settings


def test_being_neither_good_nor_bad_changes_nothing():
    """Between the two thresholds the instrument stays where it is."""
    ladder = OverloadLadder(SMALL)
    judged(ladder, *[SLOW] * BAD_IN_A_ROW)
    assert [] == judged(ladder, *[SO_SO] * 1000)


def test_a_rung_climbed_in_vain_is_tried_again_only_after_twice_as_long():
    """So that it does not swing."""
    ladder = OverloadLadder(SMALL)
    judged(ladder, *[SLOW] * BAD_IN_A_ROW, *[GOOD] * GOOD_IN_A_ROW, *[SLOW] * BAD_IN_A_ROW)
    assert [] == judged(ladder, *[GOOD] * (2 * GOOD_IN_A_ROW - 1))
    assert 1 == len(judged(ladder, GOOD))


def test_at_the_bottom_it_says_once_that_nothing_is_left():
    """And what the performer may do; again only after it had recovered in between."""
    ladder = at_the_bottom(Settings())
    (change,) = judged(ladder, *[STARVED] * BAD_IN_A_ROW * 10)
    assert "notes may be late; end other programs, or name a smaller model: --small-model PATH" in change.line
    assert ladder.now == change.settings
    judged(ladder, *[GOOD] * GOOD_IN_A_ROW * 4, *[STARVED] * BAD_IN_A_ROW * 2)
    assert 1 == len(judged(ladder, *[STARVED] * BAD_IN_A_ROW * 3))


def test_a_model_that_cannot_be_had_is_taken_off_the_ladder():
    """What was given up before it stays given up."""
    ladder = at_the_bottom()
    ladder.refuse()
    assert ("", 15.0) == (ladder.now.model, ladder.now.input_duration)
    assert "still behind" in judged(ladder, *[SLOW] * BAD_IN_A_ROW)[0].line


def test_an_own_model_that_does_not_come_back_leaves_the_smaller_one():
    """It is tried again after twice as long."""
    ladder = at_the_bottom()
    judged(ladder, *[GOOD] * GOOD_IN_A_ROW)
    ladder.refuse()
    assert "small" == ladder.now.model
    assert [] == judged(ladder, *[GOOD] * (2 * GOOD_IN_A_ROW - 1))
    assert "" == judged(ladder, GOOD)[0].settings.model


def test_steps_that_leave_the_plan_short_are_starved():
    """A plan must reach past now and the horizon."""
    health = Load(horizon=0.1)
    health.stepped(10.0, seconds=0.01, before=10.0, reached=10.05)
    health.stepped(10.0, seconds=0.01, before=10.05, reached=10.2)
    assert 0.5 == health.take().starved


def test_pace_holds_slow_steps_against_the_music():
    """Ten steps for a second of music leave 100 ms each; the slowest tenth took 150."""
    health = Load(horizon=0.1)
    for number in range(10):
        health.stepped(0.0, seconds=0.15 if number == 9 else 0.05, before=10 + number / 10, reached=10.1 + number / 10)
    window = health.take()
    assert 1.5 == pytest.approx(window.pace)
    assert window.bad


def test_a_window_begins_empty():
    """What was taken is not counted twice."""
    health = Load(horizon=0.1)
    health.stepped(0.0, seconds=0.1, before=0.0, reached=1.0)
    health.take()
    assert Window(steps=0, starved=0.0, pace=0.0) == health.take()
