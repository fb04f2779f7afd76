"""Where phrases end: musical cases with exact times, and properties that hold for any playing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.errors import SettingError
from livecomposer.events import SUSTAIN, Control, NoteOff, NoteOn, Role
from livecomposer.listening.phrases import Phrase, PhraseEnd, Trigger


def notes(starts, length, pitch=60):
    """Notes of one length, each a key higher than the one before, as events in time order."""
    events = []
    for i, start in enumerate(starts):
        events += [NoteOn(start, pitch + i % 12, 80), NoteOff(start + length, pitch + i % 12)]
    return sorted(events, key=lambda event: event.time)


def ends(phrases, events, until=60.0):
    """Every moment at which a phrase ends, asked at each event and whenever it says to look again."""
    found = []
    for event in [*events, None]:
        moment = until if event is None else event.time
        while (look := phrases.next_check(0.0)) is not None and look < moment:
            if phrases.check(look):
                found.append(look)
        if event is not None and phrases.hear(event):
            found.append(moment)
    return found


def pedal(time, value):
    """The sustain pedal moves."""
    return Control(time, SUSTAIN, value)


def test_steady_quavers():
    """Quavers at 120 end about ``wait`` after the last release, once."""
    phrases = PhraseEnd()
    assert [pytest.approx(4.15 + 0.6)] == ends(phrases, notes([i / 4 for i in range(17)], 0.15))
    assert Phrase(0.0, 4.15, 17) == phrases.ended


def test_fast_playing_is_answered_sooner():
    """Semiquavers at 150 end half of ``wait`` after the last release."""
    assert [pytest.approx(3.07 + 0.3)] == ends(PhraseEnd(), notes([i / 10 for i in range(31)], 0.07))


def test_slow_ballad():
    """One note a second, played legato, is one phrase, which waits the maximum."""
    assert [pytest.approx(9.95 + 2.0)] == ends(PhraseEnd(), notes(range(10), 0.95))


def test_detached_slow_player_is_learnt():
    """Short notes a second apart break apart at first, and from the third on are one phrase."""
    found = ends(PhraseEnd(), notes(range(10), 0.1))
    assert [pytest.approx(0.7), pytest.approx(1.7), pytest.approx(11.1)] == found


def test_moderate_playing_waits_in_proportion():
    """Half a second between notes doubles the wait."""
    assert [pytest.approx(4.8 + 1.2)] == ends(PhraseEnd(), notes([i / 2 for i in range(10)], 0.3))


def test_hand_shift_is_no_end():
    """One gap of twice the usual spacing between quavers does not end the phrase, even staccato."""
    starts = [i / 4 for i in range(8)] + [2.25 + i / 4 for i in range(8)]
    assert 0.5 == starts[8] - starts[7]
    assert [pytest.approx(4.05 + 0.6)] == ends(PhraseEnd(), notes(starts, 0.05))


def test_hand_shift_does_not_slow_the_next_answer():
    """A single long gap leaves the spacing where it was."""
    phrases = PhraseEnd()
    ends(phrases, notes([0.0, 0.25, 0.5, 1.0, 1.25, 1.5], 0.1))
    assert 0.25 == phrases.spacing


def test_held_chord():
    """A chord held with nothing else happening ends the phrase ``wait_max`` after its onset, once."""
    chord = [NoteOn(1.0, pitch, 80) for pitch in (60, 64, 67)]
    late = [NoteOff(30.0, pitch) for pitch in (60, 64, 67)]
    assert [3.0] == ends(PhraseEnd(), chord + late)


def test_held_bass_under_a_melody():
    """A held key keeps a moving phrase together, across a gap that silence would not."""
    melody = notes([0.0, 0.25, 0.5, 2.0, 2.25], 0.1)
    assert [pytest.approx(4.35)] == ends(PhraseEnd(), [NoteOn(0.0, 36, 80), *melody])


def test_released_chord_is_answered_after_the_release():
    """The wait counts from the release where that is later than the onset."""
    assert [pytest.approx(1.5 + 0.6)] == ends(PhraseEnd(), notes([0.0], 1.5))


def test_held_pedal():
    """Sound through the pedal alone doubles the wait, and never beyond the maximum."""
    quavers = notes([i / 4 for i in range(9)], 0.2)
    assert [pytest.approx(2.2 + 1.2)] == ends(PhraseEnd(), [pedal(0.0, 127), *quavers])
    slow = notes(range(5), 0.9)
    assert [pytest.approx(4.9 + 2.0)] == ends(PhraseEnd(), [pedal(0.0, 127), *slow])


def test_pedal_released():
    """The pedal's release of what it sustained counts as the release; a pedal over silence does nothing."""
    quavers = notes([i / 4 for i in range(9)], 0.2)
    assert [pytest.approx(2.9 + 0.6)] == ends(PhraseEnd(), [pedal(0.0, 127), *quavers, pedal(2.9, 0)])
    assert [pytest.approx(2.2 + 0.6)] == ends(PhraseEnd(), [*quavers, pedal(2.4, 127), pedal(2.6, 0)])


def test_tremolo():
    """A tremolo is one phrase and does not make the wait shorter."""
    phrases = PhraseEnd()
    assert [pytest.approx(3.95 + 0.03 + 0.6)] == ends(phrases, notes([i / 20 for i in range(80)], 0.03))
    assert 0.25 == phrases.spacing


def test_one_note_phrase():
    """One note is a phrase."""
    phrases = PhraseEnd()
    assert [pytest.approx(0.8)] == ends(phrases, notes([0.1], 0.1))
    assert Phrase(0.1, 0.2, 1) == phrases.ended


def test_no_note_offs_ever():
    """A keyboard that sends no note-offs gets its answer ``wait_max`` after the last onset."""
    strokes = [NoteOn(i / 4, 60 + i, 80) for i in range(9)]
    assert [4.0] == ends(PhraseEnd(), strokes)


def test_lost_note_off_slows_one_phrase_only():
    """A key that never came up is forgotten with the phrase it belonged to."""
    first = [NoteOn(0.0, 40, 80), *notes([0.0, 0.25], 0.2)]
    second = notes([10.0, 10.25], 0.2)
    assert [pytest.approx(2.45), pytest.approx(11.05)] == ends(PhraseEnd(), first + second)


def test_note_offs_only():
    """Without a note there is no phrase, and nothing to look for."""
    phrases = PhraseEnd()
    assert [] == ends(phrases, [NoteOff(i / 4, 60) for i in range(9)])
    assert phrases.next_check(9.0) is None
    assert phrases.ended is None


def test_next_check_never_lies_in_the_past():
    """When the end is overdue, the time to look is now."""
    phrases = PhraseEnd()
    phrases.hear(NoteOn(1.0, 60, 80))
    assert (3.0, 5.0) == (phrases.next_check(1.0), phrases.next_check(5.0))


def test_companion_is_ignored():
    """What the companion plays neither makes nor prolongs a phrase."""
    phrases = PhraseEnd()
    assert not phrases.hear(NoteOn(0.0, 60, 80, Role.COMPANION))
    assert phrases.next_check(0.0) is None
    mine = notes([0.0], 0.1)
    assert [pytest.approx(0.7)] == ends(phrases, [*mine, NoteOn(0.5, 60, 80, Role.COMPANION)])


def test_reset_gives_the_phrase_up():
    """After reset there is nothing to end; the learnt spacing stays."""
    phrases = PhraseEnd()
    for event in notes([i / 2 for i in range(16)], 0.1):
        phrases.hear(event)
    phrases.reset()
    assert not phrases.check(1e6)
    assert 0.5 == phrases.spacing


def test_wait_max_wins():
    """A wait longer than the maximum is the maximum."""
    assert [pytest.approx(0.1 + 0.5)] == ends(PhraseEnd(wait=5.0, wait_max=0.5), notes([0.0], 0.1))


@pytest.mark.parametrize(
    ("spec", "sign", "again"),
    [
        ("cc:20", Control(0.5, 20, 64), Control(0.6, 20, 127)),
        ("pedal:66", Control(0.5, 66, 64), Control(0.6, 66, 127)),
        ("key:21", NoteOn(0.5, 21, 80), NoteOff(0.6, 21)),
    ],
)
def test_trigger_ends_at_once(spec, sign, again):
    """Each kind of trigger ends the phrase at once, and only once however long it is held."""
    phrases = PhraseEnd(trigger=Trigger.parse(spec))
    assert [0.5] == ends(phrases, [NoteOn(0.0, 60, 80), sign, again])
    assert Phrase(0.0, 0.0, 1) == phrases.ended


def test_trigger_needs_a_rising_edge():
    """Below 64 nothing happens; a pedal already down must come up first."""
    phrases = PhraseEnd(trigger=Trigger.parse("cc:20"))
    phrases.hear(Control(0.0, 20, 127))
    moves = [(0.2, 90), (0.3, 63), (0.4, 64)]
    assert [0.4] == ends(phrases, [NoteOn(0.1, 60, 80), *(Control(time, 20, value) for time, value in moves)])


def test_trigger_without_a_note_is_nothing():
    """A trigger before any note ends no phrase, and its key starts none."""
    phrases = PhraseEnd(trigger=Trigger.parse("key:21"))
    assert [] == ends(phrases, [NoteOn(0.5, 21, 80), NoteOff(0.6, 21)])


def test_consumes_the_trigger_alone():
    """The trigger's note-on, note-off and controller are consumed; other events and the companion's are music."""
    phrases = PhraseEnd(trigger=Trigger.parse("key:21"))
    assert phrases.consumes(NoteOn(0.0, 21, 80))
    assert phrases.consumes(NoteOff(0.0, 21))
    assert not phrases.consumes(NoteOn(0.0, 22, 80))
    assert not phrases.consumes(NoteOn(0.0, 21, 80, Role.COMPANION))
    assert not phrases.consumes(Control(0.0, 21, 80))
    assert not PhraseEnd().consumes(NoteOn(0.0, 21, 80))
    assert PhraseEnd(trigger=Trigger.parse(" cc:0 ")).consumes(Control(0.0, 0, 1))


@pytest.mark.parametrize("spec", ["", "  "])
def test_no_trigger(spec):
    """An empty text is no trigger."""
    assert Trigger.parse(spec) is None


@pytest.mark.parametrize(
    "spec", ["cc", "cc:", "cc:120", "key:128", "key:-1", "pedal:x", "foot:3", ":4", "cc:1:2", "cc:²"]
)
def test_bad_trigger(spec):
    """Anything else is a setting error of one line that says what was got and wanted."""
    with pytest.raises(SettingError, match="wanted cc:NUMBER") as caught:
        Trigger.parse(spec)
    assert repr(spec) in str(caught.value)
    assert "\n" not in str(caught.value)


STEPS = st.lists(
    st.tuples(
        st.floats(0.0, 3.0),
        st.one_of(
            st.tuples(st.sampled_from(["on", "off"]), st.integers(60, 63)),
            st.tuples(st.just("pedal"), st.sampled_from([0, 127])),
        ),
    ),
    max_size=40,
)


def move(time, kind, value):
    """One event of a drawn performance."""
    if kind == "pedal":
        return pedal(time, value)
    return NoteOn(time, value, 80) if kind == "on" else NoteOff(time, value)


def performance(steps):
    """Events from gaps and moves."""
    time, events = 1.0, []
    for gap, (kind, value) in steps:
        time += gap
        events.append(move(time, kind, value))
    return events


@given(STEPS, st.sampled_from([(0.6, 2.0), (0.15, 5.0), (2.0, 0.5)]))
def test_never_before_the_minimum(steps, waits):
    """No phrase ends by silence sooner than half of ``wait`` (or ``wait_max``) after its last onset."""
    wait, wait_max = waits
    events = performance(steps)
    found = ends(PhraseEnd(wait=wait, wait_max=wait_max), events, 1000.0)
    onsets = [event.time for event in events if isinstance(event, NoteOn)]
    for end in found:
        last = max(onset for onset in onsets if onset <= end)
        assert end - last >= min(wait / 2, wait_max) - 1e-9


@given(STEPS)
def test_always_by_the_maximum_and_exactly_once(steps):
    """Once there are notes since the last end, one end comes by ``wait_max`` after the last event, and only one."""
    events = performance(steps)
    phrases = PhraseEnd()
    found = ends(phrases, events, events[-1].time if events else 0.0)
    onsets = [event.time for event in events if isinstance(event, NoteOn)]
    open_ = [onset for onset in onsets if not found or onset > found[-1]]
    last = events[-1].time if events else 0.0
    assert bool(open_) == phrases.check(last + 2.0 + 1e-9)
    assert not phrases.check(1e9)
    assert phrases.next_check(1e9) is None


@given(STEPS)
def test_one_end_between_onsets(steps):
    """Between two ends there is always an onset."""
    events = performance(steps)
    found = ends(PhraseEnd(), events, 1000.0)
    onsets = [event.time for event in events if isinstance(event, NoteOn)]
    for before, after in zip([0.0, *found], found, strict=False):
        assert any(before <= onset <= after for onset in onsets)


@given(STEPS)
def test_check_agrees_with_next_check(steps):
    """Nothing ends before the moment at which it was said to look, and then it does."""
    phrases = PhraseEnd()
    for event in performance(steps):
        phrases.hear(event)
    look = phrases.next_check(0.0)
    if look is None:
        assert not phrases.check(1e9)
    else:
        assert not phrases.check(look - 1e-6)
        assert phrases.check(look)
