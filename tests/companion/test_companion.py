"""All that the instrument decides, on a clock that is moved by hand."""

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.companion.companion import Companion
from livecomposer.companion.mask_policy import ACCOMPANIMENT_POLICY, TURN_TAKING_POLICY
from livecomposer.companion.requests import Feed, Step
from livecomposer.errors import SettingError
from livecomposer.events import NoteOff, NoteOn, Role
from livecomposer.settings import Settings, changed
from livecomposer.tokens.vocabulary import VOCABULARY
from tests.session.players import Mind, phrase, play

SETTINGS = changed(Settings(), {"extension_duration": 4.0, "phrase_wait": 0.6, "horizon": 0.03})
COMPANIONS = {i for i, token in enumerate(VOCABULARY.tokens) if token.role is Role.COMPANION}


class Driven(Companion):
    """Driven as a partner alone is; a look is part of its commits."""

    def look(self, _now):
        """Done."""


def companion_of(**settings):
    """An ensemble with some settings changed."""
    return Driven(changed(SETTINGS, settings), seed=1)


def fed(companion, now):
    """What the engine is fed next."""
    wanted = companion.want(now)
    assert isinstance(wanted, Feed)
    return wanted.ids


def answered(companion, clock, mind=None, until=4.5):
    """Play a phrase, and let the companion answer for a while."""
    return play(companion, clock, phrase(1.0), until=until, mind=mind or Mind())


def test_an_answer_that_is_taken_back_has_never_been():
    """The next feed has the phrase, and nothing of the companion's; a second time there is nothing to take back."""
    companion, clock = companion_of(), ManualClock()
    assert answered(companion, clock)
    assert companion.undo(4.5)
    ids = fed(companion, 4.5)
    assert {60, 67} <= set(ids)
    assert not COMPANIONS & set(ids)
    assert not companion.undo(4.6)
    assert companion.plan is None


def test_what_was_played_since_is_kept_when_a_turn_is_taken_back():
    """The performer broke in: those keys stay, the companion's go."""
    companion, clock = companion_of(), ManualClock()
    answered(companion, clock)
    companion.hear(NoteOn(4.5, 90, 80))
    companion.undo(4.6)
    assert 90 in fed(companion, 4.6)


def test_turns_are_taken_back_one_after_the_other():
    """The second undo takes back the first turn, and the second phrase stays."""
    companion, clock, mind = companion_of(extension_duration=1.0), ManualClock(), Mind()
    play(companion, clock, [*phrase(1.0), *phrase(6.0, first=80)], until=10.0, mind=mind)
    assert companion.turns == 2
    assert companion.undo(10.0)
    assert COMPANIONS & set(fed(companion, 10.0))
    assert companion.undo(10.1)
    ids = set(fed(companion, 10.1))
    assert {60, 80} <= ids
    assert not COMPANIONS & ids


def test_playing_anew_begins_from_the_same_ids_with_another_chance():
    """What the engine has taken in is what it had: nothing is to be computed; but other ids are drawn."""
    companion, clock, mind = companion_of(), ManualClock(), Mind()
    answered(companion, clock, mind)
    first = companion.plan
    assert companion.reroll(4.5)
    second = companion.plan
    assert second is not first
    assert first.context == second.context == fed(companion, 4.5)
    assert first.chance() != second.chance()
    assert 4.53 == pytest.approx(second.start, abs=0.01)


def test_playing_anew_knows_what_was_played_since():
    """Keys that were struck meanwhile are in the new answer's context."""
    companion, clock = companion_of(), ManualClock()
    answered(companion, clock)
    companion.hear(NoteOn(4.5, 90, 80))
    companion.hear(NoteOff(4.6, 90))
    companion.reroll(4.7)
    assert 90 in companion.plan.context


def test_what_was_undone_can_be_played_anew_until_a_key_is_struck():
    """From the same ids; another undo that finds nothing does not change that, a key does."""
    companion, clock = companion_of(), ManualClock()
    answered(companion, clock)
    first = companion.plan
    assert companion.undo(4.5)
    assert not companion.undo(4.6)
    assert companion.reroll(4.7)
    assert first.context == companion.plan.context
    assert first.chance() != companion.plan.chance()
    assert companion.undo(4.8)
    companion.hear(NoteOn(4.9, 90, 80))
    assert not companion.reroll(5.0)


@pytest.mark.parametrize("mode", ["accompany", "respond"])
def test_what_was_undone_can_be_played_anew_in_another_mode(mode):
    """Whoever plays then answers to what was heard, as it does; a second time there is a turn to play anew."""
    companion, clock = companion_of(), ManualClock()
    answered(companion, clock)
    assert companion.undo(4.5)
    companion.adapt(changed(companion.settings, {"mode": mode}), 4.6)
    assert companion.reroll(4.7)
    first = companion.plan
    assert first is not None
    assert companion.reroll(4.8)
    assert companion.plan is not first


def test_nothing_can_be_taken_back_before_anything_was_played():
    """Neither undo nor reroll has anything to do."""
    companion = companion_of()
    assert (False, False) == (companion.undo(1.0), companion.reroll(1.0))


@pytest.mark.parametrize("mode", ["continue", "respond", "accompany"])
def test_a_trigger_takes_over_if_anything_was_played(mode):
    """In the middle of a phrase too; while the companion plays it does nothing."""
    companion = companion_of(mode=mode)
    assert not companion.trigger(0.5)
    companion.hear(NoteOn(1.0, 60, 80))
    companion.give_way(1.1)
    assert companion.trigger(1.2)
    assert companion.plan is not None
    assert not companion.trigger(1.3)


@pytest.mark.parametrize(("before", "after"), [("continue", "accompany"), ("accompany", "respond")])
def test_the_tape_goes_along_when_the_mode_changes(before, after):
    """The companion gives way, and the next feed has all that sounded; the weights are told the other mode."""
    companion, clock = companion_of(mode=before), ManualClock()
    play(companion, clock, phrase(1.0), until=2.5)
    turns = companion.turns
    assert companion.adapt(changed(companion.settings, {"mode": after}), 2.5)
    assert companion.plan is None
    assert {60, 61, 62, 63, 64, 65} <= set(fed(companion, 2.5))
    policy = ACCOMPANIMENT_POLICY if after == "accompany" else TURN_TAKING_POLICY
    assert (int(after == "accompany"), policy) == companion.engine_mode
    assert turns == companion.turns


def test_a_phrase_that_goes_on_over_a_change_of_mode_is_answered():
    """Its last keys were struck before."""
    companion, clock = companion_of(mode="accompany"), ManualClock()
    play(companion, clock, phrase(1.0), until=3.0)
    companion.adapt(changed(companion.settings, {"mode": "continue"}), 3.0)
    play(companion, clock, [], until=4.5)
    assert companion.plan is not None


def test_between_taking_turns_and_answering_nothing_is_interrupted():
    """The turn goes on."""
    companion, clock = companion_of(), ManualClock()
    answered(companion, clock)
    plan = companion.plan
    assert not companion.adapt(changed(companion.settings, {"mode": "respond"}), 4.5)
    assert plan is companion.plan


def test_a_turn_keeps_to_settings_that_change_meanwhile():
    """From the next id on there is no pitch below the new lowest."""
    companion, clock = companion_of(extension_duration=60.0, plan_ahead=0.2), ManualClock()
    answered(companion, clock)
    companion.adapt(changed(companion.settings, {"lowest": 100}), 4.5)
    masks = []
    for _ in range(50):
        wanted = companion.want(companion.plan.reached)
        assert isinstance(wanted, Step)
        masks.append(wanted.mask[388:488].any())
        companion.accept(wanted, Mind().draw(wanted.mask, wanted.chance), 4.5)
    assert not any(masks)


def test_a_setting_that_cannot_be_had_changes_nothing():
    """The error is raised, and the mode stays as it was."""
    companion = companion_of()
    with pytest.raises(SettingError):
        companion.adapt(changed(companion.settings, {"scale": "H minor", "mode": "accompany"}), 1.0)
    assert "continue" == companion.settings.mode


def test_what_is_played_into_ice_is_not_heard():
    """The companion goes on, and keeps what it knows."""
    companion, clock = companion_of(), ManualClock()
    answered(companion, clock)
    companion.freeze(4.5, on=True)
    assert not companion.hear(NoteOn(4.5, 90, 80))
    companion.hear(NoteOff(4.6, 90))
    assert companion.plan is not None
    companion.freeze(4.7, on=False)
    companion.give_way(4.8)
    assert 90 not in fed(companion, 4.8)


def test_one_stands_in_while_the_engine_is_away():
    """Playing along goes on by rule, unasked; what was played meanwhile the engine is fed afterwards."""
    companion, clock = companion_of(mode="accompany"), ManualClock()
    play(companion, clock, phrase(1.0), until=2.0)
    companion.lost(2.0)
    committed = play(companion, clock, phrase(2.1, first=70), until=4.5)
    assert any(isinstance(event, NoteOn) for _, event in committed)
    assert companion.want(4.5) is None
    assert companion.playing
    assert companion.found(4.5)
    ids = set(fed(companion, 4.5))
    assert {60, 70} <= ids
    assert {VOCABULARY.tokens[i].kind.name for i in COMPANIONS & ids} == {"NOTE_ON", "NOTE_OFF"}
    assert companion.plan is None


def test_whoever_takes_turns_falls_silent_while_the_engine_is_away():
    """And nobody stands in."""
    companion, clock = companion_of(), ManualClock()
    answered(companion, clock)
    assert companion.lost(4.5)
    assert [] == play(companion, clock, [], until=5.0)
    assert not companion.found(5.0)


def test_an_answer_to_what_is_no_longer_wanted_is_thrown_away():
    """The turn that asked is over."""
    companion, clock = companion_of(), ManualClock()
    answered(companion, clock)
    wanted = companion.want(5.5)
    companion.give_way(5.5)
    assert (False, None) == companion.accept(wanted, 300, 5.51)


def test_a_halted_phrase_is_not_answered():
    """Nothing begins, though a phrase had."""
    companion, clock = companion_of(), ManualClock()
    play(companion, clock, phrase(1.0, notes=2), until=1.5)
    companion.halt(1.5)
    play(companion, clock, [], until=4.0)
    assert 0 == companion.turns
