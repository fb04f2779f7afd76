"""All that the instrument decides, on a clock that is moved by hand."""

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.errors import SettingError
from livecomposer.events import NoteOff, NoteOn, Role
from livecomposer.companion.requests import Feed, Step
from livecomposer.companion.companion import Ensemble
from livecomposer.session.weights import ACCOMPANISTS_LANGUAGE, COMPANIONS_LANGUAGE
from livecomposer.settings import Settings, changed
from livecomposer.tokens.vocabulary import VOCABULARY
from tests.session.players import Mind, phrase, play

SETTINGS = changed(Settings(), {"extension_duration": 4.0, "phrase_wait": 0.6, "horizon": 0.03})
COMPANIONS = {i for i, token in enumerate(VOCABULARY.tokens) if token.role is Role.COMPANION}


class Driven(Ensemble):
    """Driven as a partner alone is; a look is part of its commits."""

    def look(self, _now):
        """Done."""


def ensemble_of(**settings):
    """An ensemble with some settings changed."""
    return Driven(changed(SETTINGS, settings), seed=1)


def fed(ensemble, now):
    """What the engine is fed next."""
    wanted = ensemble.want(now)
    assert isinstance(wanted, Feed)
    return wanted.ids


def answered(ensemble, clock, mind=None, until=4.5):
    """Play a phrase, and let the companion answer for a while."""
    return play(ensemble, clock, phrase(1.0), until=until, mind=mind or Mind())


def test_an_answer_that_is_taken_back_has_never_been():
    """The next feed has the phrase, and nothing of the companion's; a second time there is nothing to take back."""
    ensemble, clock = ensemble_of(), ManualClock()
    assert answered(ensemble, clock)
    assert ensemble.undo(4.5)
    ids = fed(ensemble, 4.5)
    assert {60, 67} <= set(ids)
    assert not COMPANIONS & set(ids)
    assert not ensemble.undo(4.6)
    assert ensemble.turn is None


def test_what_was_played_since_is_kept_when_a_turn_is_taken_back():
    """The performer broke in: those keys stay, the companion's go."""
    ensemble, clock = ensemble_of(), ManualClock()
    answered(ensemble, clock)
    ensemble.hear(NoteOn(4.5, 90, 80))
    ensemble.undo(4.6)
    assert 90 in fed(ensemble, 4.6)


def test_turns_are_taken_back_one_after_the_other():
    """The second undo takes back the first turn, and the second phrase stays."""
    ensemble, clock, mind = ensemble_of(extension_duration=1.0), ManualClock(), Mind()
    play(ensemble, clock, [*phrase(1.0), *phrase(6.0, first=80)], until=10.0, mind=mind)
    assert ensemble.turns == 2
    assert ensemble.undo(10.0)
    assert COMPANIONS & set(fed(ensemble, 10.0))
    assert ensemble.undo(10.1)
    ids = set(fed(ensemble, 10.1))
    assert {60, 80} <= ids
    assert not COMPANIONS & ids


def test_playing_anew_begins_from_the_same_ids_with_another_chance():
    """What the engine has taken in is what it had: nothing is to be computed; but other ids are drawn."""
    ensemble, clock, mind = ensemble_of(), ManualClock(), Mind()
    answered(ensemble, clock, mind)
    first = ensemble.turn
    assert ensemble.reroll(4.5)
    second = ensemble.turn
    assert second is not first
    assert first.context == second.context == fed(ensemble, 4.5)
    assert first.chance() != second.chance()
    assert 4.53 == pytest.approx(second.start, abs=0.01)


def test_playing_anew_knows_what_was_played_since():
    """Keys that were struck meanwhile are in the new answer's context."""
    ensemble, clock = ensemble_of(), ManualClock()
    answered(ensemble, clock)
    ensemble.hear(NoteOn(4.5, 90, 80))
    ensemble.hear(NoteOff(4.6, 90))
    ensemble.reroll(4.7)
    assert 90 in ensemble.turn.context


def test_what_was_undone_can_be_played_anew_until_a_key_is_struck():
    """From the same ids; another undo that finds nothing does not change that, a key does."""
    ensemble, clock = ensemble_of(), ManualClock()
    answered(ensemble, clock)
    first = ensemble.turn
    assert ensemble.undo(4.5)
    assert not ensemble.undo(4.6)
    assert ensemble.reroll(4.7)
    assert first.context == ensemble.turn.context
    assert first.chance() != ensemble.turn.chance()
    assert ensemble.undo(4.8)
    ensemble.hear(NoteOn(4.9, 90, 80))
    assert not ensemble.reroll(5.0)


@pytest.mark.parametrize("mode", ["accompany", "respond"])
def test_what_was_undone_can_be_played_anew_in_another_mode(mode):
    """Whoever plays then answers to what was heard, as it does; a second time there is a turn to play anew."""
    ensemble, clock = ensemble_of(), ManualClock()
    answered(ensemble, clock)
    assert ensemble.undo(4.5)
    ensemble.adapt(changed(ensemble.settings, {"mode": mode}), 4.6)
    assert ensemble.reroll(4.7)
    first = ensemble.turn
    assert first is not None
    assert ensemble.reroll(4.8)
    assert ensemble.turn is not first


def test_nothing_can_be_taken_back_before_anything_was_played():
    """Neither undo nor reroll has anything to do."""
    ensemble = ensemble_of()
    assert (False, False) == (ensemble.undo(1.0), ensemble.reroll(1.0))


@pytest.mark.parametrize("mode", ["continue", "respond", "accompany"])
def test_a_trigger_takes_over_if_anything_was_played(mode):
    """In the middle of a phrase too; while the companion plays it does nothing."""
    ensemble = ensemble_of(mode=mode)
    assert not ensemble.trigger(0.5)
    ensemble.hear(NoteOn(1.0, 60, 80))
    ensemble.give_way(1.1)
    assert ensemble.trigger(1.2)
    assert ensemble.turn is not None
    assert not ensemble.trigger(1.3)


@pytest.mark.parametrize(("before", "after"), [("continue", "accompany"), ("accompany", "respond")])
def test_the_tape_goes_along_when_the_mode_changes(before, after):
    """The companion gives way, and the next feed has all that sounded; the weights are told the other mode."""
    ensemble, clock = ensemble_of(mode=before), ManualClock()
    play(ensemble, clock, phrase(1.0), until=2.5)
    turns = ensemble.turns
    assert ensemble.adapt(changed(ensemble.settings, {"mode": after}), 2.5)
    assert ensemble.turn is None
    assert {60, 61, 62, 63, 64, 65} <= set(fed(ensemble, 2.5))
    language = ACCOMPANISTS_LANGUAGE if after == "accompany" else COMPANIONS_LANGUAGE
    assert (int(after == "accompany"), language) == ensemble.mode
    assert turns == ensemble.turns


def test_a_phrase_that_goes_on_over_a_change_of_mode_is_answered():
    """Its last keys were struck before."""
    ensemble, clock = ensemble_of(mode="accompany"), ManualClock()
    play(ensemble, clock, phrase(1.0), until=3.0)
    ensemble.adapt(changed(ensemble.settings, {"mode": "continue"}), 3.0)
    play(ensemble, clock, [], until=4.5)
    assert ensemble.turn is not None


def test_between_taking_turns_and_answering_nothing_is_interrupted():
    """The turn goes on."""
    ensemble, clock = ensemble_of(), ManualClock()
    answered(ensemble, clock)
    turn = ensemble.turn
    assert not ensemble.adapt(changed(ensemble.settings, {"mode": "respond"}), 4.5)
    assert turn is ensemble.turn


def test_a_turn_keeps_to_settings_that_change_meanwhile():
    """From the next id on there is no pitch below the new lowest."""
    ensemble, clock = ensemble_of(extension_duration=60.0, plan_ahead=0.2), ManualClock()
    answered(ensemble, clock)
    ensemble.adapt(changed(ensemble.settings, {"lowest": 100}), 4.5)
    masks = []
    for _ in range(50):
        wanted = ensemble.want(ensemble.turn.reached)
        assert isinstance(wanted, Step)
        masks.append(wanted.mask[388:488].any())
        ensemble.accept(wanted, Mind().draw(wanted.mask, wanted.chance), 4.5)
    assert not any(masks)


def test_a_setting_that_cannot_be_had_changes_nothing():
    """The error is raised, and the mode stays as it was."""
    ensemble = ensemble_of()
    with pytest.raises(SettingError):
        ensemble.adapt(changed(ensemble.settings, {"scale": "H minor", "mode": "accompany"}), 1.0)
    assert "continue" == ensemble.settings.mode


def test_what_is_played_into_ice_is_not_heard():
    """The companion goes on, and keeps what it knows."""
    ensemble, clock = ensemble_of(), ManualClock()
    answered(ensemble, clock)
    ensemble.freeze(4.5, on=True)
    assert not ensemble.hear(NoteOn(4.5, 90, 80))
    ensemble.hear(NoteOff(4.6, 90))
    assert ensemble.turn is not None
    ensemble.freeze(4.7, on=False)
    ensemble.give_way(4.8)
    assert 90 not in fed(ensemble, 4.8)


def test_one_stands_in_while_the_engine_is_away():
    """Playing along goes on by rule, unasked; what was played meanwhile the engine is fed afterwards."""
    ensemble, clock = ensemble_of(mode="accompany"), ManualClock()
    play(ensemble, clock, phrase(1.0), until=2.0)
    ensemble.lost(2.0)
    committed = play(ensemble, clock, phrase(2.1, first=70), until=4.5)
    assert any(isinstance(event, NoteOn) for _, event in committed)
    assert ensemble.want(4.5) is None
    assert ensemble.playing
    assert ensemble.found(4.5)
    ids = set(fed(ensemble, 4.5))
    assert {60, 70} <= ids
    assert {VOCABULARY.tokens[i].kind.name for i in COMPANIONS & ids} == {"NOTE_ON", "NOTE_OFF"}
    assert ensemble.turn is None


def test_whoever_takes_turns_falls_silent_while_the_engine_is_away():
    """And nobody stands in."""
    ensemble, clock = ensemble_of(), ManualClock()
    answered(ensemble, clock)
    assert ensemble.lost(4.5)
    assert [] == play(ensemble, clock, [], until=5.0)
    assert not ensemble.found(5.0)


def test_an_answer_to_what_is_no_longer_wanted_is_thrown_away():
    """The turn that asked is over."""
    ensemble, clock = ensemble_of(), ManualClock()
    answered(ensemble, clock)
    wanted = ensemble.want(5.5)
    ensemble.give_way(5.5)
    assert (False, None) == ensemble.accept(wanted, 300, 5.51)


def test_a_halted_phrase_is_not_answered():
    """Nothing begins, though a phrase had."""
    ensemble, clock = ensemble_of(), ManualClock()
    play(ensemble, clock, phrase(1.0, notes=2), until=1.5)
    ensemble.halt(1.5)
    play(ensemble, clock, [], until=4.0)
    assert 0 == ensemble.turns
