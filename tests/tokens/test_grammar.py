from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from livecomposer.events import NoteOff, NoteOn, Role
from livecomposer.tokens.codec import Decoder, Encoder
from livecomposer.tokens.grammar import Grammar
from livecomposer.tokens.limits import CHORD_STEPS, Harmony, Limits, Lines
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.tokens.voice import MOST_A_SECOND

PERFORMER, COMPANION = Role.PERFORMER, Role.COMPANION
ON, OFF, SHIFT, VELOCITY = 388, 516, 255, 356  # SHIFT + n is a shift of n steps
WIDE = Limits(max_rest=150, max_note=400, polyphony=12)
SEEDS = st.integers(0, 2**32 - 1)
ROWS = np.array(VOCABULARY.kinds)


@st.composite
def limits(draw) -> Limits:
    """Limits of every kind, the narrowest included."""
    lowest, softest = draw(st.integers(0, 127)), draw(st.integers(0, 31))
    return Limits(
        max_rest=draw(st.sampled_from([1, 2, 99, 100, 101, 150, 1000, 3000])),
        max_note=draw(st.sampled_from([1, 2, 99, 100, 101, 400, 3000])),
        polyphony=draw(st.sampled_from([1, 2, 12, 64])),
        lowest=lowest,
        highest=draw(st.integers(lowest, 127)),
        softest=softest,
        loudest=draw(st.integers(softest, 31)),
    )


@st.composite
def strict_limits(draw) -> Limits:
    """The same, with a bound on the density, two chords in turn, and perhaps a pulse."""
    wide = draw(limits())
    one, other = (draw(st.integers(wide.lowest, wide.highest)) % 12 for _ in range(2))
    classes = draw(st.sets(st.integers(0, 11), max_size=4))
    pitches = np.array([[pitch % 12 in {one, *classes} for pitch in range(128)], [p % 12 == other for p in range(128)]])
    harmony = Harmony((0.0, draw(st.floats(0.5, 90.0))), pitches, length=100.0, offset=draw(st.floats(-500, 500)))
    onsets, window = draw(st.sampled_from([(1, 1), (1, 100), (1, 1000), (3, 120), (20, 100)]))
    lines = draw(st.none() | st.builds(Lines, st.floats(5.0, 75.0), st.floats(0.0, 75.0)))
    return replace(wide, harmony=harmony, onsets=onsets, onset_window=window, lines=lines)


def after(*ids, limits=WIDE) -> Grammar:
    """A grammar that has followed ``ids``."""
    grammar = Grammar(limits)
    for id_ in ids:
        grammar.accept(id_)
    return grammar


def allowed(grammar, **when) -> set[int]:
    """The ids that the mask allows."""
    return set(np.flatnonzero(grammar.mask(**when)).tolist())


def shifts(grammar, **when) -> list[int]:
    """The shifts that the mask allows, in steps."""
    return sorted(id_ - SHIFT for id_ in allowed(grammar, **when) if SHIFT < id_ <= SHIFT + 100)


def kinds(grammar, **when) -> set[Kind]:
    """The kinds of token that the mask allows."""
    return {VOCABULARY.tokens[id_].kind for id_ in allowed(grammar, **when)}


def drawn(grammar, chance, **when) -> int:
    """An allowed id: a kind drawn first, so that shifts and note-offs are as frequent as note-ons."""
    return drawn_of(grammar.mask(**when), chance)


def drawn_of(mask, chance) -> int:
    """One of the ids in ``mask``, its kind drawn first."""
    ids = np.flatnonzero(mask)
    assert len(ids) > 0
    rows = ROWS[ids]
    return int(chance.choice(ids[rows == chance.choice(np.unique(rows))]))


def test_the_mask_covers_the_vocabulary():
    """One truth value an id; nothing of the other role, no BOS, no PAD."""
    mask = after(VELOCITY, 60).mask()
    assert ((VOCABULARY.size,), np.bool_) == (mask.shape, mask.dtype.type)
    assert not mask[:256].any()
    assert not mask[644:].any()


def test_a_grammar_of_the_performer_allows_the_performers_ids():
    """Either role may be the one that is masked."""
    grammar = Grammar(WIDE, role=PERFORMER)
    grammar.accept(VELOCITY)
    assert set(range(128)) == allowed(grammar)
    assert [] == [id_ for id_ in allowed(grammar) if id_ >= ON]


def test_the_first_note_needs_a_velocity():
    """Before any velocity a note-on is not allowed, and every velocity is."""
    ids = allowed(after())
    assert set(range(VELOCITY, VELOCITY + 32)) <= ids
    assert set() == ids & set(range(ON, ON + 128))


def test_after_a_velocity_comes_a_note_on():
    """Nothing else is in canonical form."""
    assert {Kind.NOTE_ON} == kinds(after(VELOCITY + 9))


def test_the_velocity_in_force_is_not_told_again():
    """The other 31 are."""
    ids = allowed(after(VELOCITY + 9, ON + 60))
    assert {VELOCITY + bin_ for bin_ in range(32) if bin_ != 9} == {i for i in ids if VELOCITY <= i < ON}


def test_what_does_not_sound_cannot_end():
    """Only the companion's own sounding pitch may be ended, and not the performer's."""
    ids = allowed(after(VELOCITY, ON + 60, 64, SHIFT + 10))
    assert {OFF + 60} == {id_ for id_ in ids if OFF <= id_ < OFF + 128}


def test_what_sounds_cannot_begin():
    """Its pitch is free again once it has ended; the performer's pitch is free all along."""
    grammar = after(VELOCITY, ON + 60, 64, SHIFT + 10)
    assert ON + 60 not in allowed(grammar)
    assert ON + 64 in allowed(grammar)
    grammar.accept(OFF + 60)
    assert ON + 60 in allowed(grammar)


def test_a_key_rests_before_it_is_struck_again():
    """Eight steps from its beginning, whenever it ended; the performer's keys do not count."""
    grammar = after(VELOCITY, ON + 60, 64, SHIFT + 5, OFF + 60)
    assert ON + 60 not in allowed(grammar)
    assert ON + 64 in allowed(grammar)
    grammar.accept(SHIFT + 3)
    assert ON + 60 in allowed(grammar)


def test_a_key_that_has_not_rested_is_better_than_none():
    """Where the range leaves no other."""
    grammar = after(VELOCITY, ON + 60, SHIFT + 5, OFF + 60, limits=replace(WIDE, lowest=60, highest=60))
    assert ON + 60 in allowed(grammar)


def test_a_note_does_not_end_in_the_step_of_its_beginning():
    """After one step it may."""
    grammar = after(VELOCITY, ON + 60)
    assert Kind.NOTE_OFF not in kinds(grammar)
    grammar.accept(SHIFT + 1)
    assert OFF + 60 in allowed(grammar)


def test_a_key_struck_again_in_the_step_of_its_end_has_a_length_too():
    """Off and on in one step is a new note, which may not end in that step."""
    grammar = after(VELOCITY, ON + 60, SHIFT + 10, OFF + 60, ON + 60)
    assert OFF + 60 not in allowed(grammar)
    assert {60: 10} == dict(grammar.sounding(COMPANION))


def test_no_note_outlasts_its_limit():
    """The oldest note bounds the shifts; at the limit none is left, and the note may be ended."""
    grammar = after(VELOCITY, ON + 60, SHIFT + 30, ON + 64, limits=replace(WIDE, max_note=70))
    assert list(range(1, 41)) == shifts(grammar)
    grammar.accept(SHIFT + 40)
    assert [] == shifts(grammar)
    grammar.accept(OFF + 60)
    assert list(range(1, 31)) == shifts(grammar)


def test_the_performers_notes_have_no_limit():
    """A key the performer holds bounds no shift."""
    grammar = after(VELOCITY, 60, *[SHIFT + 100] * 10, ON + 64)
    assert list(range(1, 101)) == shifts(grammar)


def test_no_rest_outlasts_its_limit():
    """Silence is counted from the end of the last note."""
    grammar = after(VELOCITY, ON + 60, SHIFT + 30, OFF + 60, limits=replace(WIDE, max_rest=40))
    assert list(range(1, 41)) == shifts(grammar)
    grammar.accept(SHIFT + 40)
    assert {Kind.NOTE_ON, Kind.VELOCITY} == kinds(grammar)


def test_a_rest_goes_on_after_the_performers_events():
    """What the performer plays ends no rest of the companion's."""
    grammar = after(VELOCITY, SHIFT + 30, 60, limits=replace(WIDE, max_rest=40))
    assert list(range(1, 11)) == shifts(grammar)


def test_the_rest_is_counted_from_the_beginning_of_the_turn():
    """What was silence before the companion's turn does not count."""
    grammar = after(VELOCITY, 60, SHIFT + 100, 188, limits=replace(WIDE, max_rest=40))
    assert [] == shifts(grammar)
    grammar.begin()
    assert list(range(1, 41)) == shifts(grammar)
    grammar.begin(80)
    assert list(range(1, 21)) == shifts(grammar)
    assert 80 == grammar.silent_since(COMPANION)


def test_no_note_begins_before_the_earliest_step():
    """A silent companion must first shift to it, and no shorter, as no second shift could follow."""
    grammar = after(VELOCITY, 60)
    assert list(range(7, 101)) == shifts(grammar, earliest=7)
    assert {Kind.TIME_SHIFT} == kinds(grammar, earliest=7)
    assert ON + 60 in allowed(grammar, earliest=0)


def test_a_far_earliest_step_is_reached_by_whole_seconds():
    """Only the longest shift may be followed by another."""
    assert [100] == shifts(after(VELOCITY, 60), earliest=250)


def test_a_rest_may_last_until_the_earliest_step():
    """The limit of the rest yields to what the clock demands."""
    grammar = after(VELOCITY, 60, limits=replace(WIDE, max_rest=5))
    assert [50] == shifts(grammar, earliest=50)


def test_a_sounding_note_may_end_before_the_earliest_step():
    """Only note-ons are held back."""
    ids = allowed(after(VELOCITY, ON + 60, SHIFT + 10), earliest=50)
    assert {OFF + 60} == ids


def test_a_start_is_a_note():
    """A takeover begins at once: with a velocity or a note-on and nothing else."""
    assert {Kind.VELOCITY, Kind.NOTE_ON} == kinds(after(VELOCITY, 60, SHIFT + 5, 188), start=True)
    assert {Kind.VELOCITY} == kinds(after(), start=True)


def test_a_start_that_is_to_come_is_shifted_to_exactly():
    """With an earliest step ahead, the one way is straight to it."""
    assert {SHIFT + 7} == allowed(after(VELOCITY, 60), start=True, earliest=7)
    assert {SHIFT + 100} == allowed(after(VELOCITY, 60), start=True, earliest=170)


def test_polyphony_is_bounded():
    """With all voices sounding no note begins, and no velocity is told."""
    grammar = after(VELOCITY, ON + 60, SHIFT + 1, ON + 64, limits=replace(WIDE, polyphony=2))
    assert {Kind.NOTE_OFF, Kind.TIME_SHIFT} == kinds(grammar)


def test_pitches_keep_to_their_range():
    """Lowest and highest are inside."""
    grammar = after(VELOCITY, limits=replace(WIDE, lowest=60, highest=62))
    assert {ON + 60, ON + 61, ON + 62} == allowed(grammar)


def test_after_a_short_shift_no_shift_follows():
    """Two shifts would be one in canonical form; after the longest another may follow."""
    assert [] == shifts(after(VELOCITY, ON + 60, SHIFT + 99))
    assert list(range(1, 101)) == shifts(after(VELOCITY, ON + 60, SHIFT + 100))


def test_no_shift_goes_past_the_stop():
    """Neither in sound nor in silence."""
    assert list(range(1, 31)) == shifts(after(VELOCITY, ON + 60), stop=30)
    assert list(range(1, 31)) == shifts(after(VELOCITY, 60), stop=30)


def test_at_the_stop_all_that_sounds_ends():
    """Only note-offs are left there; once nothing sounds the caller ends, and the mask is not empty even then."""
    grammar = after(VELOCITY, ON + 60, ON + 64, SHIFT + 30)
    assert {OFF + 60, OFF + 64} == allowed(grammar, stop=30)
    grammar.accept(OFF + 60)
    assert {OFF + 64} == allowed(grammar, stop=30)
    grammar.accept(OFF + 64)
    assert allowed(grammar) == allowed(grammar, stop=30)


def test_a_copy_goes_its_own_way():
    """What the copy accepts does not reach the grammar it was taken from, nor the other way round."""
    grammar = after(VELOCITY, ON + 60, SHIFT + 10)
    before, twin = allowed(grammar), grammar.copy()
    for id_ in (ON + 64, SHIFT + 10, OFF + 60, 60, VELOCITY + 3):
        twin.accept(id_)
    assert before == allowed(grammar)
    assert [{60: 0}, {64: 10}] == [dict(grammar.sounding(COMPANION)), dict(twin.sounding(COMPANION))]
    assert [10, 20] == [grammar.step, twin.step]


def test_a_stream_that_broke_the_rules_is_followed_all_the_same():
    """A note of no length leaves nothing to end; a key struck twice counts from its second stroke."""
    assert Kind.NOTE_OFF not in kinds(after(VELOCITY, ON + 60, OFF + 60, SHIFT + 1))
    twice = after(VELOCITY, ON + 60, SHIFT + 10, ON + 64, ON + 60, limits=replace(WIDE, max_note=50))
    assert [(64, 10), (60, 10)] == list(twice.sounding(COMPANION).items())
    assert list(range(1, 51)) == shifts(twice)


def test_velocities_keep_to_the_dynamics():
    """Only those from softest to loudest are told, and of them not the one in force."""
    ids = allowed(after(VELOCITY + 9, ON + 60, limits=replace(WIDE, softest=8, loudest=10)))
    assert {VELOCITY + 8, VELOCITY + 10} == {i for i in ids if VELOCITY <= i < ON}


def test_a_velocity_in_force_that_does_not_fit_is_changed_first():
    """What the performer played too loud begins no note of the companion's."""
    grammar = after(VELOCITY + 30, 60, limits=replace(WIDE, softest=8, loudest=10))
    assert {VELOCITY + 8, VELOCITY + 9, VELOCITY + 10} == {i for i in allowed(grammar) if i >= VELOCITY}
    grammar.accept(VELOCITY + 9)
    assert {Kind.NOTE_ON} == kinds(grammar)


def test_the_performer_is_foreseen_at_any_velocity():
    """The companion's bounds are not the other's; but what is told for the other is not the companion's to use."""
    grammar = after(VELOCITY + 9, 60, limits=replace(WIDE, softest=8, loudest=10))
    assert grammar.mask_both()[VELOCITY + 31]
    assert not grammar.mask_both(foresee=False)[VELOCITY + 31]
    grammar.accept(VELOCITY + 31)
    assert {pitch for pitch in range(128) if pitch != 60} == set(np.flatnonzero(grammar.mask_both()).tolist())


def test_a_note_that_is_as_long_as_may_be_ends_before_anything_else():
    """No note begins in that moment, alone or together: the others that sound may go on."""
    for mask_of in (Grammar.mask, Grammar.mask_both):
        grammar = after(VELOCITY + 9, ON + 60, SHIFT + 50, ON + 64, SHIFT + 50, limits=replace(WIDE, max_note=100))
        assert {OFF + 60} == set(np.flatnonzero(mask_of(grammar)).tolist())
        grammar.accept(OFF + 60)
        assert mask_of(grammar)[VELOCITY + 1]


def test_time_may_go_on_where_the_others_note_is_left_out():
    """Behind a velocity or a short shift the other's note may have been meant: not foreseen, time may go on."""
    for last in (VELOCITY + 20, SHIFT + 4):
        grammar = after(VELOCITY + 9, 60, last)
        assert not grammar.mask_both()[SHIFT + 1 : SHIFT + 101].any()
        assert grammar.mask_both(foresee=False)[SHIFT + 1 : SHIFT + 101].any()


def test_a_rest_that_is_over_is_not_filled_with_what_is_foreseen():
    """Else time would stand still: the companion's own note comes first, then the other's are allowed again."""
    grammar = after(VELOCITY + 9, SHIFT + 19, limits=replace(WIDE, max_rest=20))
    assert grammar.mask_both()[60]
    grammar = after(VELOCITY + 9, SHIFT + 20, limits=replace(WIDE, max_rest=20))
    assert not grammar.mask_both()[:128].any()
    grammar.accept(ON + 60)
    assert grammar.mask_both()[60]


def test_a_full_second_lets_no_onset_begin():
    """The next is due when the window has passed over the first; a rest lasts that long whatever its limit."""
    limits = replace(WIDE, onsets=2, onset_window=100, max_rest=20)
    ids = [VELOCITY, ON + 60, SHIFT + 10, OFF + 60, ON + 62, SHIFT + 10, OFF + 62]
    grammar = after(*ids, limits=limits)
    assert list(range(80, 81)) == shifts(grammar)
    assert {Kind.TIME_SHIFT} == kinds(grammar)
    grammar.accept(SHIFT + 80)
    assert Kind.NOTE_ON in kinds(grammar)


def test_a_chord_is_one_onset():
    """Notes within 30 ms of the first count with it; the one behind them is another."""
    grammar = after(VELOCITY, ON + 60, SHIFT + 1, limits=replace(WIDE, onsets=1, onset_window=100))
    assert ON + 64 in allowed(grammar)
    grammar.follow([ON + 64, SHIFT + 1])
    assert ON + 67 in allowed(grammar)
    grammar.follow([ON + 67, SHIFT + 1])
    assert Kind.NOTE_ON not in kinds(grammar)


def test_pitches_keep_to_the_harmony_of_the_step():
    """At the change of chords other pitches may begin, and what sounds may sound on."""
    pitches = np.array([[pitch == 60 for pitch in range(128)], [pitch == 65 for pitch in range(128)]])
    harmony = Harmony((0.0, 50.0), pitches, length=100.0)
    grammar = after(VELOCITY, limits=replace(WIDE, harmony=harmony))
    assert {ON + 60} == allowed(grammar)
    grammar.follow([ON + 60, SHIFT + 50])
    assert {ON + 65, OFF + 60} == {id_ for id_ in allowed(grammar) if id_ >= ON}


def test_limits_may_be_replaced():
    """The next mask keeps to the new ones."""
    grammar = after(VELOCITY)
    grammar.limits = replace(WIDE, lowest=60, highest=61)
    assert {ON + 60, ON + 61} == allowed(grammar)


def test_the_last_phrase_may_end_in_a_rest():
    """From the closing step on a rest may last, and after 0.3 s of it no note of the companion's begins."""
    grammar = after(VELOCITY, ON + 60, SHIFT + 30, OFF + 60, SHIFT + 20, limits=replace(WIDE, max_rest=20))
    when = {"closing": 50, "latest": 200, "foresee": False}
    assert ON + 60 in set(np.flatnonzero(grammar.mask_both(**when)).tolist())
    grammar.accept(SHIFT + 100)
    ids = np.flatnonzero(grammar.mask_both(**when))
    assert set(range(SHIFT + 1, SHIFT + 101)) == set(ids.tolist())
    assert grammar.mask_both(**when | {"closing": 151})[ON + 60]


@settings(max_examples=25, deadline=None)
@given(limits() | strict_limits(), SEEDS)
def test_the_mask_is_never_empty(limits, seed):
    """Whatever was allowed, whatever either role does besides, and whatever is asked, something may come next."""
    chance, grammar = np.random.default_rng(seed), Grammar(limits)
    earliest, stop = 0, None
    for _ in range(2000):
        luck = chance.random()
        if luck < 0.1:
            grammar.accept(int(chance.integers(0, 388)))
        elif luck < 0.12:
            grammar.accept(int(chance.integers(0, VOCABULARY.size)))
        elif luck < 0.14:
            earliest = grammar.step + int(chance.integers(-10, 300))
        elif luck < 0.16:
            stop = grammar.step + int(chance.integers(-10, 300)) if chance.random() < 0.8 else None
        elif luck < 0.17:
            grammar.begin()
        if luck > 0.9:
            closing = grammar.step - 100 if luck > 0.95 else None
            drawn_of(grammar.mask_both(earliest=earliest, floor=earliest - 20, latest=stop, closing=closing), chance)
        grammar.accept(drawn(grammar, chance, earliest=earliest, start=luck > 0.95, stop=stop))


@settings(max_examples=25, deadline=None)
@given(limits(), SEEDS)
def test_what_is_generated_is_in_canonical_form(limits, seed):
    """Decoding a generated stream and encoding the events again gives the same ids, with nothing dropped."""
    chance, grammar, ids = np.random.default_rng(seed), Grammar(limits), []
    while len(ids) < 1500 or VOCABULARY.tokens[ids[-1]].kind is not Kind.NOTE_ON:
        ids.append(drawn(grammar, chance))
        grammar.accept(ids[-1])
    decoder, encoder = Decoder(), Encoder()
    events = [event for id_ in ids if (event := decoder.decode(id_)) is not None]
    assert ids == [id_ for event in events for id_ in encoder.encode(event)]
    assert 0 == encoder.dropped


@settings(max_examples=25, deadline=None)
@given(limits(), SEEDS)
def test_what_is_generated_keeps_its_limits(limits, seed):
    """Notes, rests, voices and pitches of a long random stream are all within the limits, as a second reader counts.

    Only for want of room in a second may a rest be longer.
    """
    chance, grammar, decoder = np.random.default_rng(seed), Grammar(limits), Decoder()
    began: dict[int, int] = {}
    onsets: list[int] = [-100] * MOST_A_SECOND
    silent_since = 0
    for _ in range(1500):
        id_ = drawn(grammar, chance)
        grammar.accept(id_)
        event = decoder.decode(id_)
        if isinstance(event, NoteOn):
            assert limits.lowest <= event.pitch <= limits.highest
            assert event.pitch not in began
            assert decoder.step >= onsets[-MOST_A_SECOND] + 100
            began[event.pitch] = decoder.step
            onsets.append(decoder.step)
        elif isinstance(event, NoteOff):
            assert 1 <= decoder.step - began.pop(event.pitch) <= limits.max_note
            silent_since = decoder.step
        assert len(began) <= limits.polyphony
        assert all(decoder.step - step <= limits.max_note for step in began.values())
        assert began or decoder.step <= max(silent_since + limits.max_rest, onsets[-MOST_A_SECOND] + 100)
        assert began == dict(grammar.sounding(COMPANION))


def test_a_shift_ends_on_a_line():
    """Or is as long as a shift may be, so that a rest may be longer; where no line is within reach, as without one."""
    limits = replace(WIDE, max_rest=300, lines=Lines(25.0))
    grammar = after(VELOCITY, ON + 60, SHIFT + 24, ON + 62, limits=limits)
    assert [1, 2, 25, 26, 27, 50, 51, 52, 75, 76, 77, 100] == shifts(grammar)
    over = after(VELOCITY, ON + 60, SHIFT + 30, OFF + 60, limits=replace(limits, max_rest=5))
    assert [19] == shifts(over)
    short = after(VELOCITY, ON + 60, SHIFT + 30, ON + 62, limits=replace(limits, max_note=40))
    assert [*range(1, 11)] == shifts(short)


def test_a_note_begins_on_a_line_and_ends_when_it_likes():
    """A rest that is over lasts until the next line; a turn begins there too."""
    lined = replace(WIDE, max_rest=5, lines=Lines(25.0, 3.0))
    grammar = after(VELOCITY, limits=lined)
    assert [2, 3, 4] == shifts(grammar)
    assert [2] == shifts(grammar, start=True)
    grammar.follow((SHIFT + 3, ON + 60, SHIFT + 24))
    assert OFF + 60 in allowed(grammar)
    assert ON + 62 in allowed(grammar)
    grammar.follow((OFF + 60, SHIFT + 5))
    assert {Kind.TIME_SHIFT} == kinds(grammar)


@settings(max_examples=25, deadline=None)
@given(limits(), SEEDS, st.integers(0, 500), st.integers(1, 700))
def test_a_turn_keeps_to_its_clock(limits, seed, earliest, length):
    """From a start to a stop: the first note is at the earliest step, and every note ends at the stop or before."""
    chance, grammar, onsets, stop = np.random.default_rng(seed), Grammar(limits), [], earliest + length
    while grammar.step < stop or grammar.sounding(COMPANION):
        grammar.accept(id_ := drawn(grammar, chance, earliest=earliest, start=not onsets, stop=stop))
        onsets += [grammar.step] if VOCABULARY.tokens[id_].kind is Kind.NOTE_ON else []
        assert grammar.step <= stop
    assert earliest == onsets[0]
    assert max(onsets) < stop


@settings(max_examples=25, deadline=None)
@given(strict_limits(), SEEDS, st.booleans(), st.booleans())
def test_whoever_plays_along_keeps_the_strictest_limits(limits, seed, foresee, closes):
    """Range, chords, loudness, density and length of a long random stream of both, as a second reader counts."""
    chance, grammar, decoder = np.random.default_rng(seed), Grammar(limits), Decoder()
    began: dict[int, int] = {}
    onsets: list[int] = []
    struck: list[int] = []
    for _ in range(1500):
        closing = grammar.step - 100 if closes and chance.random() < 0.1 else None
        id_ = drawn_of(grammar.mask_both(foresee=foresee, closing=closing), chance)
        grammar.accept(id_)
        event = decoder.decode(id_)
        if event is None or event.role is PERFORMER:
            assert foresee or event is None
        elif isinstance(event, NoteOn):
            assert limits.lowest <= event.pitch <= limits.highest
            assert limits.harmony.at(decoder.step)[event.pitch]
            assert limits.softest <= decoder.velocity <= limits.loudest
            began[event.pitch] = decoder.step
            struck.append(decoder.step)
            onsets += [decoder.step] if not onsets or decoder.step >= onsets[-1] + CHORD_STEPS else []
            assert limits.lines is None or limits.lines.on(np.array(decoder.step))
        elif isinstance(event, NoteOff):
            assert 1 <= decoder.step - began.pop(event.pitch) <= limits.max_note
        assert all(decoder.step - step <= limits.max_note for step in began.values())
    assert all(b - a >= limits.onset_window for a, b in zip(onsets, onsets[limits.onsets :], strict=False))
    assert all(b - a >= 100 for a, b in zip(struck, struck[MOST_A_SECOND:], strict=False))
