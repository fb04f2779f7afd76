"""The same music told differently."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.events import Role
from livecomposer.tokens.stream import notes_of_ids
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.augment import duet, hand_over, jitter, louder, moments, owners, slip, stretch, transpose
from tests.training.pieces import ids_of

pieces = st.builds(ids_of, st.integers(0, 200))
SHIFT = VOCABULARY.ids_of(Kind.TIME_SHIFT)


def kinds(ids):
    """The kind of every id; fails for what is no id."""
    return [VOCABULARY.tokens[id_].kind for id_ in ids.tolist()]


def heard(ids):
    """Pitches, velocities and times of the notes, whoever plays them."""
    return sorted((n.start, n.pitch, n.end, n.velocity) for n in notes_of_ids(ids.tolist(), origin=0.0))


def steps(ids):
    """The time that ids tell, in steps."""
    shifts = ids[(ids >= SHIFT.start) & (ids < SHIFT.stop)]
    return int((shifts - SHIFT.start + 1).sum())


@given(pieces, st.integers(-30, 30))
def test_transposing_moves_every_note(ids, semitones):
    """Every pitch moves alike, and nothing else changes."""
    moved = transpose(ids, semitones)
    assert [(s, p + semitones, e, v) for s, p, e, v in heard(ids)] == heard(moved)
    np.testing.assert_array_equal(ids, transpose(moved, -semitones))


@given(pieces, st.sampled_from([-80, -41, 60, 127]))
def test_transposing_out_of_the_keyboard_changes_nothing(ids, semitones):
    """Where a note would leave 0–127, the music stays as it is, whole; else it all moves."""
    pitches = [p + semitones for _, p, _, _ in heard(ids)]
    leaves = not 0 <= min(pitches) <= max(pitches) <= 127
    assert leaves == np.array_equal(ids, transpose(ids, semitones))


@given(pieces, st.floats(0.5, 2.0))
def test_stretching_keeps_every_moment_in_place(ids, factor):
    """Each thing said moves to its time times the factor, within half a step, long rests included."""
    stretched = stretch(ids, factor)
    assert [k for k in kinds(ids) if k is not Kind.TIME_SHIFT] == [
        k for k in kinds(stretched) if k is not Kind.TIME_SHIFT
    ]
    assert abs(steps(ids) * factor - steps(stretched)) <= 0.5
    before, after = ([n.start for n in notes_of_ids(x.tolist(), origin=0.0)] for x in (ids, stretched))
    if len(before) == len(after):  # a factor below 1 may leave a note no time at all
        np.testing.assert_allclose(np.array(before) * factor, after, atol=0.0051)
    assert len(after) == len(before) or factor < 1


@given(pieces)
def test_stretching_by_one_changes_nothing(ids):
    """Shifts are written as the encoder writes them."""
    np.testing.assert_array_equal(ids, stretch(ids, 1.0))


@pytest.mark.parametrize(
    ("shifts", "factor", "expected"),
    [([100, 100, 7], 1.1, [100, 100, 28]), ([100], 1.5, [100, 50]), ([1, 1, 1], 0.3, [1]), ([1], 0.3, []), ([], 2, [])],
)
def test_a_run_of_shifts_is_written_anew(shifts, factor, expected):
    """As many of the longest as fit, then the rest; a shift that comes to nothing goes."""
    ids = np.array(shifts, dtype=np.int64) + SHIFT.start - 1
    assert expected == (stretch(ids, factor) - SHIFT.start + 1).tolist()


@given(pieces, st.integers(-40, 40))
def test_louder_moves_velocities_within_their_range(ids, bins):
    """Only velocities change, each by as many bins as the range allows."""
    changed = louder(ids, bins)
    assert kinds(ids) == kinds(changed)
    first = VOCABULARY.first(Kind.VELOCITY)
    for before, after in zip(ids.tolist(), changed.tolist(), strict=True):
        if VOCABULARY.tokens[before].kind is Kind.VELOCITY:
            assert min(31, max(0, before - first + bins)) == after - first
        else:
            assert before == after


turns_of = st.lists(st.integers(0, 120), max_size=4).map(sorted)


@given(pieces, turns_of, st.sampled_from(Role))
def test_handing_over_keeps_the_music(ids, turns, first):
    """The same notes sound, each ended by whoever began it, and each begun by whose turn it is."""
    shared = hand_over(ids, np.array(turns, dtype=np.int64), first=first)
    assert kinds(ids) == kinds(shared)
    assert heard(ids) == heard(shared)
    held = {}
    for at, id_ in enumerate(shared.tolist()):
        token = VOCABULARY.tokens[id_]
        if token.kind is Kind.NOTE_ON:
            assert Role((int(first) + sum(turn <= at for turn in turns)) % 2) == token.role
            held[token.value] = token.role
        elif token.kind is Kind.NOTE_OFF:
            assert held.pop(token.value) == token.role


@given(pieces, st.integers(0, 200), turns_of, st.sampled_from(Role))
def test_handing_over_a_cut_stays_in_the_vocabulary(ids, begin, turns, first):
    """A cut that begins amid sounding notes keeps its kinds and pitches."""
    cut = ids[begin:]
    shared = hand_over(cut, np.array(turns, dtype=np.int64), first=first)
    tokens = [[VOCABULARY.tokens[i] for i in x.tolist()] for x in (cut, shared)]
    assert [(t.kind, t.value) for t in tokens[0]] == [(t.kind, t.value) for t in tokens[1]]


KIND_OF = {"v": Kind.VELOCITY, "t": Kind.TIME_SHIFT, "+": Kind.NOTE_ON, "-": Kind.NOTE_OFF}


def spelled(text):
    """Ids of words: ``v8`` velocity bin, ``t3`` shift; ``+60``, ``-60`` the performer's note, ``c+60`` the other's."""
    words = [(Role(word.startswith("c")), word.removeprefix("c")) for word in text.split()]
    ids = [VOCABULARY.id(KIND_OF[w[0]], int(w[1:]), role if w[0] in "+-" else None) for role, w in words]
    return np.array(ids, dtype=np.int64)


def flags(text):
    """Ones and noughts as booleans."""
    return np.array([flag == "1" for flag in text])


DUETS = [
    ("v16 +60 +72 t10 -60 -72", "1010", 3, -1, "v16 +72 t3 c+60 t7 -72 t3 c-60"),
    ("v16 +60 +72 t10 -60 -72", "1010", 0, -1, "v16 c+60 +72 t10 c-60 -72"),
    ("v20 +72 t2 v10 +60 t5 -60 -72", "0110", 4, -1, "v20 +72 t6 v10 c+60 t1 -72 t4 c-60"),
    ("v9 +72 t2 +60 t2 -72 +72 t5 -60 -72", "010010", 4, -1, "v9 +72 t4 -72 +72 t2 c+60 t3 -72 t4 c-60"),
    ("v9 +72 t5 +60 t5 -60 +62 t90 t20 -62 -72", "011110", 0, 4, "v9 +72 t10 c+62 t100 t10 c-62 -72"),
    ("t3 -50 -60 t2 v9 +72 t5 -72", "1000", 0, -1, "t3 c-50 -60 t2 v9 +72 t5 -72"),
    ("t3 -50 -60 t2 v9 +72 t5 -72", "1000", 2, 0, "t3 -60 t2 v9 +72 t5 -72"),
]


@pytest.mark.parametrize(("solo", "companions", "behind", "entry", "expected"), DUETS)
def test_a_duet_by_hand(solo, companions, behind, entry, expected):
    """The companion is behind and enters late, and each note is told after its velocity."""
    ids = duet(spelled(solo), flags(companions), behind=behind, entry=entry)
    assert spelled(expected).tolist() == ids.tolist()


def shared(ids, seed):
    """Each note given to one of two by chance: for every beginning and end of a note, whether it is the companion's."""
    _, owner = owners(ids)
    return np.random.default_rng(seed).integers(0, 2, len(owner)).astype(np.bool_)[owner]


def parts(ids):
    """The notes of each player as (start and end in steps, pitch, velocity)."""
    notes = notes_of_ids(ids.tolist(), origin=0.0)
    return [
        sorted((round(n.start * 100), round(n.end * 100), n.pitch, n.velocity) for n in notes if n.role is role)
        for role in Role
    ]


@given(pieces, st.integers(0, 99), st.integers(0, 15), st.integers(-1, 150))
def test_a_duet_has_the_notes_of_the_piece(ids, seed, behind, entry):
    """The performer's notes are all there and in place; the companion's are behind, from its entry on."""
    companions = shared(ids, seed)
    at, _ = owners(ids)
    expected = [set(), set()]
    solo = {(start, pitch): (end, velocity) for start, end, pitch, velocity in parts(ids)[0]}
    for index, companion in zip(at.tolist(), companions.tolist(), strict=True):
        start, pitch = int(moments(ids)[index]), int(ids[index]) % 128
        if ids[index] < 128 and (start, pitch) in solo and (not companion or index >= entry):
            end, velocity = solo[start, pitch]
            moved = behind if companion else 0
            expected[companion].add((start + moved, end + moved, pitch, velocity))
    assert [sorted(notes) for notes in expected] == parts(duet(ids, companions, behind=behind, entry=entry))


@given(pieces, st.floats(0, 3), st.integers(0, 99))
def test_jitter_keeps_the_order_and_what_is_together(ids, spread, seed):
    """What is said stays in order, together what was together, apart what was apart, and all near its place."""
    moved = jitter(ids, spread, np.random.default_rng(seed))
    before, after = (x[(x < SHIFT.start) | (x >= SHIFT.stop)] for x in (ids, moved))
    np.testing.assert_array_equal(before, after)
    times = [moments(x)[(x < SHIFT.start) | (x >= SHIFT.stop)] for x in (ids, moved)]
    np.testing.assert_array_equal(np.diff(times[0]) > 0, np.diff(times[1]) > 0)
    assert spread > 0 or times[0].tolist() == times[1].tolist()
    assert abs(times[0] - times[1]).max() <= 30 * (spread > 0)


def test_nothing_stays_nothing():
    """No ids in, no ids out."""
    none = np.zeros(0, dtype=np.int64)
    for result in (
        transpose(none, 3),
        stretch(none, 1.1),
        louder(none, 2),
        hand_over(none, none, first=Role.COMPANION),
        duet(none, none.astype(np.bool_), behind=3),
        jitter(none, 1.0, np.random.default_rng(1)),
    ):
        assert len(result) == 0


def noted(ids, companions):
    """Per player the notes of solo ``ids`` as (start, end, pitch, velocity)."""
    notes = notes_of_ids(duet(ids, companions, behind=0).tolist(), origin=0.0)
    return [sorted((n.start, n.end, n.pitch, n.velocity) for n in notes if n.role is role) for role in Role]


@given(pieces, st.integers(0, 99), st.sampled_from([0.05, 0.5, 1.0]))
def test_only_the_performer_slips(ids, seed, rate):
    """Its notes are each as they were, gone, struck near by as well, or instead; the companion's all stay."""
    at, owner = owners(ids)
    companions = (np.random.default_rng(seed).random(len(at)) < 0.5)[owner]
    slipped = slip(ids, companions, rate, np.random.default_rng(seed))
    (before, theirs), (after, still_theirs) = noted(ids, companions), noted(*slipped)
    assert theirs == still_theirs
    for start, end, pitch, velocity in set(after) - set(before):
        assert any((start, end, pitch + by, velocity) in before for by in (-2, -1, 1, 2))
    assert rate < 1 or before != after or len(before) < 3


def test_every_kind_of_slip_comes():
    """Wrong, doubled and missing, at about the rate asked for; at no rate nothing changes."""
    ids = ids_of(3, 400)
    alone = np.zeros(len(owners(ids)[0]), np.bool_)
    before, _ = noted(ids, alone)
    after, _ = noted(*slip(ids, alone, 0.3, np.random.default_rng(0)))
    gone, new = set(before) - set(after), set(after) - set(before)
    assert 0.1 * len(before) < len(gone) < 0.25 * len(before)
    assert 0.05 * len(before) < len(new) < 0.25 * len(before)
    assert before == noted(*slip(ids, alone, 0.0, np.random.default_rng(0)))[0]
