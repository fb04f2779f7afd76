import pytest

from livecomposer.events import Role
from livecomposer.tokens.vocabulary import VOCABULARY, Kind, Token, velocity_bin, velocity_of_bin

PERFORMER, COMPANION = Role.PERFORMER, Role.COMPANION


@pytest.mark.parametrize(
    ("kind", "role", "first", "stop"),
    [
        (Kind.NOTE_ON, PERFORMER, 0, 128),
        (Kind.NOTE_OFF, PERFORMER, 128, 256),
        (Kind.TIME_SHIFT, None, 256, 356),
        (Kind.VELOCITY, None, 356, 388),
        (Kind.NOTE_ON, COMPANION, 388, 516),
        (Kind.NOTE_OFF, COMPANION, 516, 644),
        (Kind.BOS, None, 644, 645),
        (Kind.PAD, None, 645, 646),
    ],
)
def test_the_layout_is_pinned(kind, role, first, stop):
    """Each kind has the ids it had when weights were first trained; the first 388 are Oore's."""
    assert slice(first, stop) == VOCABULARY.ids_of(kind, role)
    assert first == VOCABULARY.first(kind, role)


def test_the_fingerprint_is_pinned():
    """The table as it is has 646 ids and one fingerprint; both change only together with all weights."""
    assert (646, "b2ba32f6a491") == (VOCABULARY.size, VOCABULARY.fingerprint)


def test_every_id_comes_back_from_its_token():
    """Tokens and ids are one to one."""
    for id_, token in enumerate(VOCABULARY.tokens):
        assert id_ == VOCABULARY.id(token.kind, token.value, token.role)


def test_an_id_that_is_not_in_the_table_is_a_key_error():
    """There is no pitch 128, and no shift of no length."""
    for token in (Token(Kind.NOTE_ON, 128, COMPANION), Token(Kind.TIME_SHIFT, 0), Token(Kind.TIME_SHIFT, 101)):
        with pytest.raises(KeyError):
            VOCABULARY.id(token.kind, token.value, token.role)


def test_the_longest_shift_is_a_second():
    """A hundred steps of 10 ms."""
    assert 100 == VOCABULARY.max_shift


def test_velocities_fall_into_bins_of_four():
    """Each of the 32 bins takes four velocities, and its middle is one of them."""
    assert [velocity // 4 for velocity in range(128)] == [velocity_bin(velocity) for velocity in range(128)]
    assert list(range(32)) == [velocity_bin(velocity_of_bin(bin_)) for bin_ in range(32)]


def test_no_bin_sounds_as_a_note_off():
    """Every bin's velocity is a playable one."""
    assert {True} == {1 <= velocity_of_bin(bin_) <= 127 for bin_ in range(32)}


def test_kinds_are_the_rows_of_the_table():
    """Eight of them; the two players' note-ons are of different kinds."""
    assert VOCABULARY.size == len(VOCABULARY.kinds)
    assert set(range(8)) == set(VOCABULARY.kinds)
    assert VOCABULARY.kinds[60] != VOCABULARY.kinds[388 + 60]


def test_twins_say_the_same_note_in_the_others_name():
    """Note-ons only; every other id is its own."""
    twins = VOCABULARY.twins(Role.COMPANION)
    assert [388 + 60, 388 + 60, 128 + 60] == [twins[60], twins[388 + 60], twins[128 + 60]]
