"""Playing along: what is planned, cut, kept and pledged, on a clock that is moved by hand."""

from itertools import pairwise
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecomposer.clocks import ManualClock
from livecomposer.companion.accompaniment import COALESCED, Accompaniment
from livecomposer.companion.requests import Feed, Step
from livecomposer.companion.scales import scale_of
from livecomposer.events import Control, NoteOff, NoteOn, Role
from livecomposer.settings import Settings, changed
from livecomposer.tokens.limits import CHORD_STEPS
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from tests.session.players import Mind, chord, phrase, play

SETTINGS = changed(Settings(), {"mode": "accompany", "horizon": 0.02, "alone": 2.0})
OWN_ON = VOCABULARY.ids_of(Kind.NOTE_ON, Role.COMPANION)
THEIR_ON = VOCABULARY.ids_of(Kind.NOTE_ON, Role.PERFORMER)
SHIFT = VOCABULARY.first(Kind.TIME_SHIFT)


def partner(**values):
    """One who plays along, with some settings changed."""
    return Accompaniment(changed(SETTINGS, values), seed=1)


def answer(duet, now, *ids):
    """Have the engine draw just these ids, one request after the other."""
    for id_ in ids:
        wanted = duet.want(now)
        if isinstance(wanted, Feed):
            wanted = duet.want(now)
        assert wanted.mask[id_], VOCABULARY.tokens[id_]
        wanted.plan.accept(id_)


def shift(seconds):
    """The id of a time shift."""
    return SHIFT + round(seconds * 100) - 1


def sounding_after(committed):
    """What the committed events leave sounding; asserts that none begins twice or ends what does not sound."""
    sounding = set()
    for _, event in committed:
        assert isinstance(event, NoteOn) != (event.pitch in sounding)
        sounding.symmetric_difference_update({event.pitch})
    return sounding


def test_it_begins_when_the_performer_does():
    """Nothing is planned before the first key; with it, a plan is drawn at once."""
    duet = partner()
    assert duet.want(0.5) is None
    assert duet.hear(NoteOn(1.0, 60, 80)) is False
    wanted = duet.want(1.001)
    assert isinstance(wanted, Feed)
    assert wanted.ids[-1] == 60
    assert isinstance(duet.want(1.001), Step)


def test_it_comes_to_rest_when_the_performer_does():
    """No note begins later than ``alone`` seconds after the last event; what sounds rings out, and all ends."""
    committed = play(partner(), ManualClock(), phrase(1.0), until=12.0)
    stopped = 1.0 + 7 * 0.25 + 0.2
    begun = [event.time for _, event in committed if isinstance(event, NoteOn)]
    assert stopped < max(begun) <= stopped + 2.0
    assert not sounding_after(committed)


def test_a_key_that_was_not_foreseen_cuts_the_plan():
    """What was planned beyond the horizon is gone, and the new plan has heard the key."""
    duet = partner()
    duet.hear(NoteOn(1.0, 60, 80))
    answer(duet, 1.0, shift(0.3), OWN_ON.start + 48)
    before = duet.plan
    assert [48] == [event.pitch for event in before.events]
    duet.hear(NoteOn(1.2, 62, 80))
    assert duet.plan is not before
    assert not duet.plan.events
    assert duet.want(1.2).ids[-1] == 62


def test_a_key_that_was_foreseen_leaves_the_plan_as_it_is():
    """The performer plays what was expected, nearly when: nothing is computed anew, and the plan goes on."""
    duet = partner()
    duet.hear(NoteOn(1.0, 60, 80))
    answer(duet, 1.0, shift(0.3), THEIR_ON.start + 64, OWN_ON.start + 48)
    plan = duet.plan
    assert [(1.3, 64)] == [(round(event.time, 6), event.pitch) for event in plan.foreseen]
    duet.hear(NoteOn(1.28, 64, 70))
    assert duet.plan is plan
    assert (1, 1) == (duet.kept, duet.plans)
    assert not plan.foreseen


def test_what_is_foreseen_is_never_played():
    """The performer's part in the plan stays there."""
    duet = partner()
    duet.hear(NoteOn(1.0, 60, 80))
    answer(duet, 1.0, shift(0.1), THEIR_ON.start + 64, OWN_ON.start + 48)
    assert [(Role.COMPANION, 48)] == [(event.role, event.pitch) for event in duet.commit(1.2)]


def test_a_foreseen_key_that_does_not_come_was_imagined():
    """The plan goes on without it, counted as missed; the next plan has never known it."""
    duet = partner()
    duet.hear(NoteOn(1.0, 60, 80))
    answer(duet, 1.0, shift(0.1), THEIR_ON.start + 64, OWN_ON.start + 48)
    plan = duet.plan
    duet.look(1.17)
    assert duet.plan is plan
    assert (1, 1, 0) == (duet.missed, duet.plans, len(plan.foreseen))
    duet.hear(NoteOn(1.3, 62, 80))
    assert THEIR_ON.start + 64 not in duet.plan.context


def test_no_plan_begins_before_it_is_drawn():
    """A note-off is heard a moment before the plan that it asks for: nothing happens in between any more."""
    duet = partner()
    duet.hear(NoteOn(1.0, 60, 80))
    duet.hear(NoteOff(1.3, 60))
    duet.look(1.36)
    assert duet.plans == 2
    duet.want(1.36)
    mask = duet.want(1.36).mask
    assert {"time_shift"} == {VOCABULARY.tokens[i].kind.value for i in np.flatnonzero(mask)}
    assert VOCABULARY.tokens[np.flatnonzero(mask)[0]].value == 6


def test_nothing_is_foreseen_where_that_is_switched_off():
    """Without foreseeing, the performer's ids are never allowed."""
    duet, mind = partner(foresee="off"), Mind()
    asked = []
    draw = mind.draw
    mind.draw = lambda mask, chance: asked.append(mask[THEIR_ON].any()) or draw(mask, chance)
    play(duet, ManualClock(), phrase(1.0), until=5.0, mind=mind)
    assert asked
    assert not any(asked)


def test_the_companion_leaves_the_performers_side():
    """Who plays above the split hears the companion below it; on the other side, above."""
    for first, side in ((70, range(60)), (40, range(60, 128))):
        committed = play(partner(split=60), ManualClock(), phrase(1.0, first=first), until=6.0)
        begun = [event.pitch for _, event in committed if isinstance(event, NoteOn)]
        assert begun
        assert all(pitch in side for pitch in begun)


def test_the_companion_is_as_soft_as_the_performer():
    """With the dynamics followed altogether, no note is louder than the mean of the performer's."""
    committed = play(partner(follow_dynamics=1.0), ManualClock(), phrase(1.0), until=6.0)
    loudness = [event.velocity for _, event in committed if isinstance(event, NoteOn)]
    assert loudness
    assert all(62 <= velocity <= 82 for velocity in loudness)


def test_the_last_phrase_ends_before_the_time_alone_is_over():
    """In the last seconds alone a rest of 0.3 s is the end: no gap behind which a note begins."""
    for seed in range(5):
        duet = Accompaniment(changed(SETTINGS, {"alone": 6.0, "polyphony": 1}), seed=seed)
        committed = [event for _, event in play(duet, ManualClock(), phrase(1.0), until=14.0, tick=0.01)]
        closing = 1.0 + 7 * 0.25 + 0.2 + 6.0 - 1.5
        gaps = [
            (off.time, on.time)
            for off, on in pairwise(committed)
            if isinstance(off, NoteOff) and isinstance(on, NoteOn)
        ]
        assert gaps
        assert all(begun < closing + 0.3 or begun - ended < 0.32 for ended, begun in gaps)


def test_the_keys_of_a_chord_are_one():
    """Five keys within a few milliseconds draw two plans, not five; the second has heard them all."""
    duet = partner()
    for i, event in enumerate(chord(1.0, [60, 64, 67, 72, 76])):
        duet.hear(NoteOn(1.0 + i * 0.001, event.pitch, 80))
    assert duet.plans == 1
    duet.look(1.0 + COALESCED)
    assert duet.plans == 2
    assert [60, 64, 67, 72, 76] == [id_ for id_ in duet.plan.context if id_ < 128]


def test_a_note_off_that_was_cut_still_comes():
    """A note sounds, a key cuts the plan with its end, the engine says nothing more: it ends as it was planned."""
    duet = partner()
    duet.hear(NoteOn(1.0, 60, 80))
    off = VOCABULARY.first(Kind.NOTE_OFF, Role.COMPANION)
    answer(duet, 1.0, shift(0.05), OWN_ON.start + 48, shift(0.4), off + 48)
    assert [48] == [event.pitch for event in duet.commit(1.04)]
    duet.hear(NoteOn(1.1, 62, 80))
    assert not duet.commit(1.42)
    (ended,) = duet.commit(1.44)
    assert isinstance(ended, NoteOff)
    assert pytest.approx(1.45) == ended.time


def test_a_new_plan_may_hold_a_note_longer():
    """Where the new plan has decided otherwise in time, the old end is forgotten."""
    duet = partner()
    duet.hear(NoteOn(1.0, 60, 80))
    off = VOCABULARY.first(Kind.NOTE_OFF, Role.COMPANION)
    answer(duet, 1.0, shift(0.05), OWN_ON.start + 48, shift(0.4), off + 48)
    duet.commit(1.04)
    duet.hear(NoteOn(1.1, 62, 80))
    answer(duet, 1.1, shift(0.9))
    assert not duet.commit(1.5)


def test_nothing_is_committed_for_the_past_or_beyond_the_horizon():
    """No note begins sooner than a horizon after it is drawn, nor is it fixed sooner than it must be."""
    for now, event in play(partner(), ManualClock(), phrase(1.0, notes=20), until=9.0):
        assert event.time <= now + 0.02 + 1e-9
        if isinstance(event, NoteOn):
            assert event.time >= now - 0.006


def test_the_same_keys_and_seed_give_the_same_companion():
    """Two sessions alike play the same; another seed, another companion."""

    def played(seed):
        return play(Accompaniment(SETTINGS, seed=seed), ManualClock(), phrase(1.0), until=6.0)

    assert played(1) == played(1)
    assert played(1) != played(2)


def test_when_the_engine_is_lost_all_ends_and_the_next_key_begins_anew():
    """The companion falls silent; what was heard stays, and the next key draws a plan."""
    duet, clock = partner(), ManualClock()
    play(duet, clock, phrase(1.0), until=2.0)
    duet.give_way(clock.now())
    duet.lost()
    assert duet.plan is None
    assert duet.next_look(2.0) is None
    assert isinstance(duet.want(2.0), Feed)
    duet.hear(NoteOn(2.2, 60, 80))
    assert 60 in duet.want(2.2).ids


def test_the_time_from_key_to_plan_is_told_once():
    """As soon as the plan reaches past the horizon again, and from the first key that it answers."""
    duet = partner()
    duet.hear(NoteOn(1.0, 60, 80))
    duet.hear(NoteOn(1.002, 64, 80))
    assert duet.replanned(1.003) is None
    duet.look(1.0 + COALESCED)
    answer(duet, 1.01, shift(0.5))
    assert pytest.approx(0.012) == duet.replanned(1.012)
    assert duet.replanned(1.013) is None


pitches, gaps = st.integers(30, 40), st.floats(0, 0.4)
actions = st.lists(st.tuples(st.sampled_from(["on", "off", "pedal", "up", "bend"]), pitches, gaps), max_size=60)


wishes = st.fixed_dictionaries(
    {
        "lowest": st.integers(0, 24),
        "highest": st.integers(75, 127),
        "split": st.sampled_from([0, 36, 60]),
        "follow_dynamics": st.sampled_from([0.0, 0.5, 1.0]),
        "density": st.sampled_from([0.0, 0.7, 3.0, 20.0]),
        "scale": st.sampled_from(["", "C major", "F# blues"]),
        "foresee": st.sampled_from(["on", "off"]),
    }
)


@settings(max_examples=30, deadline=None)
@given(actions, wishes, st.integers(0, 1000))
def test_whatever_is_played_and_set_every_note_ends_within_its_limits(actions, wishes, seed):
    """Keys doubled, never released or never struck, pedals: the companion's notes pair up and end, none twice."""
    kinds = {
        "on": lambda t, p: NoteOn(t, p, 80),
        "off": NoteOff,
        "pedal": lambda t, p: Control(t, 64, 127),
        "up": lambda t, p: Control(t, 64, 0),
        "bend": lambda t, p: Control(t, 1, p),
    }
    moment, events = 1.0, []
    for name, pitch, gap in actions:
        moment += gap
        events.append(kinds[name](moment, pitch))
    duet = Accompaniment(changed(SETTINGS, {"max_note": 1.5, **wishes}), seed=seed)
    committed = play(duet, ManualClock(), events, until=moment + 8.0, tick=0.01)
    assert not sounding_after(committed)
    assert all(one.time <= other.time for (_, one), (_, other) in pairwise(committed))
    begun = [event for _, event in committed if isinstance(event, NoteOn)]
    scale = scale_of(wishes["scale"]) if wishes["scale"] else range(12)
    assert all(wishes["lowest"] <= on.pitch <= wishes["highest"] and on.pitch % 12 in scale for on in begun)
    assert not wishes["density"] or is_sparse([round(100 * on.time) for on in begun], wishes["density"])


def is_sparse(steps, density):
    """Whether onsets at these steps, a chord counted once, are at most ``density`` a second."""
    onsets = []
    for step in steps:
        onsets += [step] if not onsets or step >= onsets[-1] + CHORD_STEPS else []
    most = ceil(density)
    return all(b - a >= 100 * most / density - 1 for a, b in pairwise_by(onsets, most))


def pairwise_by(values, distance):
    """Each value and the one ``distance`` places behind it."""
    return zip(values, values[distance:], strict=False)


def test_the_window_is_cut_back_at_rest_and_not_at_a_key():
    """A feed of everything would make every note of the plan late; once the companion rests, nobody waits for it."""
    duet, clock, mind = partner(input_duration=2.0), ManualClock(), Mind()
    play(duet, clock, phrase(1.0, notes=24), until=6.9, mind=mind)
    assert [60] == duet._tape.ids()[2:3]
    play(duet, clock, [], until=14.0, mind=mind)
    assert duet.plan is None
    assert 60 not in duet._tape.ids()


@pytest.mark.parametrize("max_rest", [2.0, 11.0, 30.0])
def test_no_silence_is_longer_than_asked_for_however_seldom_the_performer_plays(max_rest):
    """Silences are told to the model as shorter than they were; the companion's rest is counted as it was."""
    duet = partner(max_rest=max_rest, alone=60.0, foresee="off")
    keys = [event for i in range(12) for event in phrase(1.0 + 8.0 * i, notes=1)]
    committed = play(duet, ManualClock(), keys, until=92.0, mind=Mind(shifts=1.0), tick=0.02)
    played = [event for _, event in committed]
    rests = [on.time - off.time for off, on in pairwise(played) if isinstance(on, NoteOn) and isinstance(off, NoteOff)]
    assert rests
    assert max_rest - 0.05 <= max(rests) <= max_rest + 0.05
