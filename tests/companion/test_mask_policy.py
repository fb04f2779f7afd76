"""Whose notes the weights' expectations are given to."""

from livecomposer.companion.mask_policy import ACCOMPANIMENT_POLICY, TURN_TAKING_POLICY
from livecomposer.events import Role
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

PERFORMERS, COMPANIONS = (VOCABULARY.ids_of(Kind.NOTE_ON, role).start for role in (Role.PERFORMER, Role.COMPANION))
SHIFT = VOCABULARY.ids_of(Kind.TIME_SHIFT).start


def test_who_takes_turns_plays_the_note_expected_of_either():
    """The performer's note has its twin among the companion's, of the same pitch."""
    assert COMPANIONS + 60 == TURN_TAKING_POLICY.twins[PERFORMERS + 60]


def test_who_plays_along_lets_time_pass_for_the_performers_notes():
    """The performer's notes are of one kind with time, the companion's are not; nobody's note becomes another's."""
    kinds = ACCOMPANIMENT_POLICY.kinds
    assert kinds[PERFORMERS + 60] == kinds[SHIFT] != kinds[COMPANIONS + 60]
    assert list(range(VOCABULARY.size)) == ACCOMPANIMENT_POLICY.twins.tolist()
