"""What the instrument decides, on a clock that is moved by hand."""

import pytest

from livecomposer.beats import Beats
from livecomposer.clocks import ManualClock
from livecomposer.companion.requests import Feed, Step
from livecomposer.companion.turn_taking import TurnTaking, answer_bars
from livecomposer.events import Control, NoteOff, NoteOn, Role, notes_of_events
from livecomposer.settings import Settings, changed
from tests.session.players import Mind, chord, phrase, play

SETTINGS = changed(Settings(), {"extension_duration": 4.0, "phrase_wait": 0.6, "horizon": 0.03})


def duet_of(**settings):
    """A duet with some settings changed."""
    return TurnTaking(changed(SETTINGS, settings), seed=1)


def test_nothing_is_wanted_before_anything_is_played():
    """An idle instrument leaves the engine alone."""
    assert duet_of().want(0.0) is None


def test_what_is_played_is_fed_while_it_is_played():
    """Each feed begins with all of the one before, so that the engine computes only what is new."""
    mind, clock = Mind(), ManualClock()
    play(duet_of(), clock, phrase(1.0), until=2.9, mind=mind)
    assert len(mind.fed) >= 8
    assert all(longer[: len(shorter)] == shorter for shorter, longer in zip(mind.fed, mind.fed[1:], strict=False))


def test_the_first_note_is_due_one_horizon_after_the_phrase_end():
    """The reply begins at once: the phrase ends 0.6 s after the last key is let go."""
    committed = play(duet_of(), ManualClock(), phrase(1.0), until=4.0)
    ended = 1.0 + 7 * 0.25 + 0.2 + 0.6
    assert ended + 0.03 == pytest.approx(committed[0][1].time, abs=0.02)


def test_nothing_is_committed_for_the_past_or_beyond_the_horizon():
    """What the player gets is still to come, and no sooner fixed than it must be."""
    for now, event in play(duet_of(), ManualClock(), phrase(1.0), until=9.0):
        assert now - 0.006 <= event.time <= now + 0.03 + 1e-9


@pytest.mark.parametrize("moment", [3.6, 3.6013, 3.6047, 3.6072])
def test_a_reply_needs_no_time_shift_before_its_first_note(moment):
    """Wherever between two steps of 10 ms the phrase ends, the model is asked for a note at once."""
    duet = duet_of()
    play(duet, ManualClock(), phrase(1.0), until=3.5)
    duet.look(moment)
    assert isinstance(duet.want(moment), Feed)
    assert not duet.want(moment).mask[256:356].any()


def test_the_planner_is_woken_before_its_plan_runs_dry():
    """Though nothing is to be committed meanwhile: a rest may reach further than the plan must."""
    duet, clock, mind = duet_of(plan_ahead=0.2, max_rest=10.0, extension_duration=30.0), ManualClock(), Mind(shifts=1.0)
    play(duet, clock, phrase(1.0), until=3.7, mind=mind)
    ahead = []
    while not duet.plan.planned:
        duet.commit(clock.now())
        moment = duet.next_look(clock.now())
        assert moment is not None
        clock.move_to(moment + 0.001)
        ahead.append(duet.plan.reached - clock.now())
        while (wanted := duet.want(clock.now())) is not None:
            mind.answer(duet, wanted)
    assert len(ahead) > 20
    assert min(ahead) >= 0.198


def test_continue_lasts_as_long_as_the_extension():
    """The turn ends at its end, with nothing left sounding."""
    notes = notes_of_events([event for _, event in play(duet_of(), ManualClock(), phrase(1.0), until=12.0)])
    assert 4.0 >= notes[-1].end - notes[0].start > 4.0 - SETTINGS.max_rest


@pytest.mark.parametrize(("notes", "answer"), [(16, 3.95), (4, 2.0), (60, 9.0)])
def test_respond_answers_with_a_phrase_about_as_long(notes, answer):
    """At least two seconds, at most the extension; between these, as long as the call."""
    duet = duet_of(mode="respond", extension_duration=9.0)
    events = [e for _, e in play(duet, ManualClock(), phrase(1.0, notes=notes, first=30), until=40.0)]
    played = notes_of_events(events)
    assert answer == pytest.approx(max(n.end for n in played) - played[0].start, abs=SETTINGS.max_rest)


def test_playing_again_takes_the_plan_back():
    """From the performer's key on the companion has nothing to play, and the turn is over."""
    duet, clock = duet_of(), ManualClock()
    before = play(duet, clock, phrase(1.0), until=5.0)
    assert duet.plan is not None
    assert duet.hear(NoteOn(5.0, 72, 90))
    assert duet.plan is None
    assert before
    assert [] == play(duet, clock, [], until=6.0)


def test_what_the_companion_was_sounding_ends_on_the_tape_where_it_gave_way():
    """What sounds and what the model believes do not differ after an interruption."""
    duet, clock = duet_of(), ManualClock()
    play(duet, clock, phrase(1.0), until=4.0)
    duet.hear(NoteOn(4.0, 72, 90))
    wanted = duet.want(4.0)
    assert isinstance(wanted, Feed)
    ons = [i - 388 for i in wanted.ids if 388 <= i < 516]
    offs = [i - 516 for i in wanted.ids if 516 <= i < 644]
    assert ons
    assert sorted(ons) == sorted(offs)


def test_keys_the_performer_holds_are_never_ended():
    """A held chord sounds through the companion's turn; the tape has no note-off for it."""
    duet, clock, mind = duet_of(), ManualClock(), Mind()
    play(duet, clock, chord(1.0, [48, 55]), until=8.0, mind=mind)
    assert duet.turns == 1
    assert not {128 + 48, 128 + 55} & set(mind.fed[-1])


def test_a_key_let_go_during_the_companions_turn_does_not_interrupt():
    """Only striking a key does."""
    duet, clock = duet_of(), ManualClock()
    play(duet, clock, chord(1.0, [48, 55]), until=4.0)
    assert not duet.hear(NoteOff(4.0, 48))
    assert duet.plan is not None


@pytest.mark.parametrize(
    ("trigger", "event"),
    [("cc:20", Control(2.0, 20, 127)), ("pedal:66", Control(2.0, 66, 127)), ("key:21", NoteOn(2.0, 21, 64))],
)
def test_a_trigger_hands_over_at_once(trigger, event):
    """The reply is due one horizon after it, though the last key was struck a moment ago; it is no music itself."""
    mind = Mind()
    committed = play(duet_of(trigger=trigger), ManualClock(), [*phrase(1.0, notes=4), event], until=3.0, mind=mind)
    assert 2.03 == pytest.approx(committed[0][1].time, abs=0.011)
    assert 21 not in mind.fed[-1]


def test_a_trigger_during_the_companions_turn_changes_nothing():
    """It ends phrases; playing ends turns."""
    duet, clock = duet_of(trigger="cc:20"), ManualClock()
    play(duet, clock, phrase(1.0), until=4.0)
    plan = duet.plan
    assert not duet.hear(Control(4.0, 20, 127))
    assert plan is duet.plan is not None


def test_an_hour_of_playing_does_not_grow():
    """What the engine is fed stays as long as the window, turn after turn."""
    duet, clock, mind = duet_of(input_duration=10.0, extension_duration=2.0), ManualClock(), Mind()
    events = [event for k in range(180) for event in phrase(1.0 + 20 * k)]
    play(duet, clock, events, until=3600.0, mind=mind, tick=0.05)
    fed = [len(ids) for ids in mind.fed]
    assert duet.turns == 180
    assert max(fed[len(fed) // 2 :]) <= 1.25 * max(fed[: len(fed) // 2])
    assert max(fed) < 1_000


def test_three_turns_follow_three_phrases():
    """After a turn the companion listens again."""
    duet = duet_of(extension_duration=2.0)
    events = [event for k in range(3) for event in phrase(1.0 + 6 * k)]
    committed = play(duet, ManualClock(), events, until=20.0)
    starts = [event.time for _, event in committed if isinstance(event, NoteOn)]
    assert duet.turns == 3
    assert all(any(5 + 6 * k > t > 2 + 6 * k for t in starts) for k in range(3))
    assert duet.idle


def test_the_same_seed_and_playing_give_the_same_notes():
    """Chance comes from the seed alone."""
    first, second = (play(duet_of(), ManualClock(), phrase(1.0), until=8.0) for _ in range(2))
    assert [event for _, event in first] == [event for _, event in second]
    other = play(TurnTaking(SETTINGS, seed=2), ManualClock(), phrase(1.0), until=8.0)
    assert [event for _, event in first] != [event for _, event in other]


def test_five_minutes_of_turn_are_never_planned_further_than_asked():
    """Iterative extension: the plan stays two seconds long however long the turn is."""
    duet, clock = duet_of(extension_duration=300.0), ManualClock()
    ahead = []
    for _ in range(60):
        play(duet, clock, phrase(1.0) if clock.now() < 1 else [], until=clock.now() + 5.0, tick=0.02)
        if duet.plan is not None:
            ahead.append(duet.plan.reached - clock.now())
    assert duet.turns == 1
    assert len(ahead) > 50
    assert max(ahead) <= SETTINGS.plan_ahead + 1.0


def test_an_engine_that_lost_its_memory_is_fed_the_whole_tape():
    """A restart costs one feed."""
    duet, mind = duet_of(), Mind()
    play(duet, ManualClock(), phrase(1.0), until=2.5, mind=mind)
    duet.lost()
    wanted = duet.want(2.5)
    assert isinstance(wanted, Feed)
    assert mind.fed[-1] == wanted.ids


def test_the_companions_pitches_are_its_own_role():
    """Whatever is committed is the companion's."""
    committed = play(duet_of(), ManualClock(), phrase(1.0), until=6.0)
    assert {Role.COMPANION} == {event.role for _, event in committed}


def test_other_settings_hold_in_the_middle_of_a_turn():
    """With a shorter plan the engine is asked no further ahead than that, and with a longer one it is asked again."""
    duet, clock = duet_of(plan_ahead=2.0), ManualClock()
    play(duet, clock, phrase(1.0), until=4.0)
    duet.adapt(changed(SETTINGS, {"plan_ahead": 0.3}))
    assert duet.plan.reached > clock.now() + 0.3
    assert duet.want(clock.now()) is None
    play(duet, clock, [], until=clock.now() + 1.9)
    assert duet.plan.reached < clock.now() + 1.5
    duet.adapt(SETTINGS)
    assert isinstance(duet.want(clock.now()), Step)


@pytest.mark.parametrize(
    ("call", "bars"), [(0.3, 1), (1.9, 1), (2.4, 1), (2.6, 2), (4.4, 2), (7.9, 4), (30.0, 6), (0.0, 1)]
)
def test_an_answer_lasts_as_many_bars_as_its_call(call, bars):
    """A bar is 2 s; a last note may reach over its bar line; the extension of 12 s is the longest."""
    assert bars == answer_bars(call, Beats(tempo=120.0, moment=0.0), changed(Settings(), {"extension_duration": 12.0}))


def test_an_answer_may_be_told_how_long_to_last():
    """Whatever the call; and where no bar fits into the extension, it lasts one."""
    slow = Beats(tempo=20.0, moment=0.0)
    assert 4 == answer_bars(0.3, slow, changed(Settings(), {"answer_bars": 4}))
    assert 1 == answer_bars(60.0, slow, changed(Settings(), {"extension_duration": 1.0}))
