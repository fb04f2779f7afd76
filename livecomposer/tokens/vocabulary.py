"""The table of tokens, written once; sizes, look-ups and the fingerprint are computed from it.

The first 388 ids are the performance events of Oore et al. 2018 ("This Time with Feeling", section 3.2) as used by
Music Transformer, so that likelihoods of solo music can be held against published ones.
"""

import hashlib
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from livecomposer.events import Role

__all__ = ["VOCABULARY", "Kind", "Token", "Vocabulary", "velocity_bin", "velocity_of_bin"]

VELOCITY_BINS = 32
_VELOCITIES_PER_BIN = 128 // VELOCITY_BINS


class Kind(Enum):
    """What a token says."""

    NOTE_ON = "note_on"
    NOTE_OFF = "note_off"
    TIME_SHIFT = "time_shift"
    VELOCITY = "velocity"
    BOS = "bos"
    PAD = "pad"


@dataclass(frozen=True, slots=True)
class Token:
    """One id, spelled out. ``value``: pitch; velocity bin; or length of the shift in steps of 10 ms (1–100)."""

    kind: Kind
    value: int = 0
    role: Role | None = None


def velocity_bin(velocity: int) -> int:
    """The bin (0–31) of a MIDI velocity (1–127)."""
    return velocity // _VELOCITIES_PER_BIN


def velocity_of_bin(bin_: int) -> int:
    """The MIDI velocity (2–126) in the middle of a bin (0–31)."""
    return bin_ * _VELOCITIES_PER_BIN + _VELOCITIES_PER_BIN // 2


# kind, role, number of ids, value of the first: the whole layout.
_TABLE = (
    (Kind.NOTE_ON, Role.PERFORMER, 128, 0),
    (Kind.NOTE_OFF, Role.PERFORMER, 128, 0),
    (Kind.TIME_SHIFT, None, 100, 1),
    (Kind.VELOCITY, None, VELOCITY_BINS, 0),
    (Kind.NOTE_ON, Role.COMPANION, 128, 0),
    (Kind.NOTE_OFF, Role.COMPANION, 128, 0),
    (Kind.BOS, None, 1, 0),
    (Kind.PAD, None, 1, 0),
)


class Vocabulary:
    """Ids to tokens and back. Build once; :data:`VOCABULARY` is the one everybody uses."""

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Every token, in the order of its id."""
        return tuple(Token(kind, first + i, role) for kind, role, count, first in _TABLE for i in range(count))

    @cached_property
    def _ids(self) -> dict[Token, int]:
        return {token: i for i, token in enumerate(self.tokens)}

    @property
    def size(self) -> int:
        """Number of ids."""
        return len(self.tokens)

    def id(self, kind: Kind, value: int = 0, role: Role | None = None) -> int:
        """The id of a token; ``KeyError`` where there is none."""
        return self._ids[Token(kind, value, role)]

    def first(self, kind: Kind, role: Role | None = None) -> int:
        """The lowest id of a kind (and role)."""
        return next(i for i, token in enumerate(self.tokens) if (token.kind, token.role) == (kind, role))

    def ids_of(self, kind: Kind, role: Role | None = None) -> slice:
        """All ids of a kind (and role), as a slice."""
        first = self.first(kind, role)
        count = sum(1 for token in self.tokens if (token.kind, token.role) == (kind, role))
        return slice(first, first + count)

    @cached_property
    def kinds(self) -> tuple[int, ...]:
        """For each id the number of its row in the table, that is, of its kind and role."""
        return tuple(row for row, (_, _, count, _) in enumerate(_TABLE) for _ in range(count))

    def twins(self, role: Role) -> tuple[int, ...]:
        """For each id of a note-on the one that ``role`` has for the same pitch; for any other id itself."""
        return tuple(
            self.id(token.kind, token.value, role) if token.kind is Kind.NOTE_ON else i
            for i, token in enumerate(self.tokens)
        )

    @cached_property
    def max_shift(self) -> int:
        """The longest time shift, in steps of 10 ms."""
        return max(token.value for token in self.tokens if token.kind is Kind.TIME_SHIFT)

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change whenever the table does; saved beside weights."""
        spelled = ";".join(f"{t.kind.value},{t.value},{t.role}" for t in self.tokens)
        return hashlib.sha256(spelled.encode()).hexdigest()[:12]


VOCABULARY = Vocabulary()
