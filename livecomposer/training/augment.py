"""The same music, told differently: transposed, stretched, louder or softer, and shared out between two players.

Everything works on ids (N,) of solo music (the performer's), after cutting and before batching, vectorised.
"""

import numpy as np
import numpy.typing as npt

from livecomposer.events import Role
from livecomposer.tokens.vocabulary import VELOCITY_BINS, VOCABULARY, Kind

__all__ = ["Bools", "Ids", "duet", "hand_over", "jitter", "louder", "moments", "owners", "slip", "stretch", "transpose"]

Ids = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_ON = VOCABULARY.ids_of(Kind.NOTE_ON, Role.PERFORMER)
_OFF = VOCABULARY.ids_of(Kind.NOTE_OFF, Role.PERFORMER)
_SHIFT = VOCABULARY.ids_of(Kind.TIME_SHIFT)
_VELOCITY = VOCABULARY.ids_of(Kind.VELOCITY)
_MISSING, _DOUBLED = range(2)
_TO_COMPANION = VOCABULARY.first(Kind.NOTE_ON, Role.COMPANION) - _ON.start


def _within(ids: Ids, range_: slice) -> Bools:
    within: Bools = (ids >= range_.start) & (ids < range_.stop)
    return within


def transpose(ids: Ids, semitones: int) -> Ids:
    """Every pitch moved by ``semitones``; unchanged where a note would leave MIDI's 0–127."""
    is_note = ids < _OFF.stop
    pitches = ids[is_note] % 128 + semitones
    if pitches.size and not 0 <= pitches.min() <= pitches.max() <= 127:
        return ids
    return np.where(is_note, ids + semitones, ids)


def stretch(ids: Ids, factor: float) -> Ids:
    """Every stretch of time made ``factor`` (above 0) times as long; what rounding takes is given back in the next."""
    moment = np.rint(moments(ids) * factor).astype(np.int64)
    said = ~_within(ids, _SHIFT)
    return _paced(ids[said], np.append(moment[said], moment[-1:]))


def moments(ids: Ids) -> Ids:
    """For each of ``ids`` (N,) the step reached; a shift's own is counted."""
    return np.cumsum(np.where(_within(ids, _SHIFT), ids - _SHIFT.start + 1, 0))


def _paced(said: Ids, moment: Ids) -> Ids:
    """What is ``said`` (N,), none of it a shift, at its ``moment`` (N,), ascending steps; one moment more is the end.

    Shifts are written as the encoder writes them: as many of the longest as fit, then the rest.
    """
    gaps = np.diff(moment, prepend=0)
    shifts = -(-gaps // VOCABULARY.max_shift)
    ends = np.cumsum(shifts + 1) - 1  # where each thing said comes to stand
    result = np.full(len(said) + int(shifts.sum()), _SHIFT.stop - 1)
    rests = shifts > 0
    result[ends[rests] - 1] = _SHIFT.start + (gaps[rests] - 1) % VOCABULARY.max_shift
    result[ends[: len(said)]] = said
    return result


def louder(ids: Ids, bins: int) -> Ids:
    """Every velocity moved by ``bins`` of 32, within the range."""
    moved = np.clip(ids + bins, _VELOCITY.start, _VELOCITY.start + VELOCITY_BINS - 1)
    return np.where(_within(ids, _VELOCITY), moved, ids)


def hand_over(ids: Ids, turns: Ids, *, first: Role) -> Ids:
    """Share solo music out between two players: at each index of ``turns`` (ascending) the other one takes over.

    ``first`` begins. A note belongs to whoever begins it, and so does its note-off, however late it comes.
    """
    at, owner = owners(ids)
    role = (np.searchsorted(turns, at, side="right") + int(first)) % 2
    result = ids.copy()
    result[at] += role[owner] * _TO_COMPANION
    return result


def owners(ids: Ids) -> tuple[Ids, Ids]:
    """Where in solo ``ids`` notes begin and end, (M,), and for each which of the M began its note.

    The end of a note that began before the cut counts as having begun it.
    """
    at = np.flatnonzero(ids < _OFF.stop)
    by_pitch = np.argsort(ids[at] % 128, kind="stable")
    pitch = ids[at][by_pitch] % 128
    begins = _within(ids[at][by_pitch], _ON) | (np.diff(pitch, prepend=-1) != 0)
    owner = np.empty(len(at), dtype=np.int64)
    owner[by_pitch] = by_pitch[np.maximum.accumulate(np.where(begins, np.arange(len(at)), 0))]
    return at, owner


def jitter(ids: Ids, spread: float, chance: np.random.Generator) -> Ids:
    """Each moment at which something is said moved by a normal amount, ``spread`` (steps) wide; the order stays."""
    said = ~_within(ids, _SHIFT)
    moment, which = np.unique(moments(ids)[said], return_inverse=True)
    moved = np.diff(np.rint(spread * chance.standard_normal(len(moment))).astype(np.int64), prepend=0)
    gaps = np.maximum(np.diff(moment, prepend=0) + moved, (np.arange(len(moment)) > 0).astype(np.int64))
    return _paced(ids[said], np.cumsum(gaps)[which])


def duet(ids: Ids, companions: Bools, *, behind: int = 0, entry: int = -1) -> Ids:
    """Solo music for two: ``companions`` (M,) says which of the M beginnings and ends of notes are the companion's.

    The companion's are moved ``behind`` steps later, as far behind as a live companion hears, decides and strikes: what
    the two play together it plays in answer to the performer's key. Of the companion, notes begun before index
    ``entry`` of ``ids`` are left out: it enters late. Velocities are said anew where they change, and a shift after the
    last event goes.
    """
    at, owner = owners(ids)
    is_on = _within(ids[at], _ON)
    begun = np.where(is_on[owner], at[owner], -1)
    moment = moments(ids)[at] + np.where(companions, behind, 0)
    kept = np.flatnonzero(~companions | (begun >= entry))
    order = kept[np.argsort(moment[kept], kind="stable")]
    notes = ids[at] + companions * _TO_COMPANION
    return _voiced(notes[order], moment[order], np.where(is_on, _velocity_at(ids)[at], -1)[order])


def slip(ids: Ids, companions: Bools, rate: float, chance: np.random.Generator) -> tuple[Ids, Bools]:
    """Solo music in which the performer slips at a share ``rate`` of its notes: ``ids`` anew, and ``companions``.

    A slip is a wrong key near the right one, both of them, or none, each as likely. A key that sounds meanwhile, by
    whomever, is not struck by mistake. ``companions`` (M,) as for :func:`duet`; the companion's notes stay.
    """
    at, owner = owners(ids)
    moment, is_on = moments(ids)[at], _within(ids[at], _ON)
    begun, ends = owner == np.arange(len(at)), owner != np.arange(len(at))
    first, last = np.where(is_on, moment, 0), np.where(is_on, moment.max(initial=0) + 1, moment)
    last[owner[ends]] = moment[ends]
    sounding = np.stack((ids[at] % 128, first, last), axis=1)[begun]  # (notes, 3): pitch, from, to
    said, where = ids[at], np.arange(len(at))
    own = np.flatnonzero(is_on & ~companions)
    for note in own[chance.random(len(own)) < rate].tolist():
        kind, by = int(chance.integers(3)), int(chance.choice((-2, -1, 1, 2)))
        if kind != _MISSING:
            wrong = int(ids[at[note]] % 128) + by
            pitch, low, high = sounding.T
            if not 0 <= wrong < 128 or ((pitch == wrong) & (low <= last[note]) & (high >= moment[note])).any():
                continue
            sounding = np.append(sounding, [[wrong, moment[note], last[note]]], axis=0)
            both = np.flatnonzero(owner == note)
            said, where = np.append(said, ids[at[both]] + by), np.append(where, both)
        if kind != _DOUBLED:
            right = (owner[where] == note) & (said % 128 == ids[at[note]] % 128)
            said, where = said[~right], where[~right]
    order = np.argsort(where, kind="stable")
    said, where = said[order], where[order]
    velocity = np.where(is_on, _velocity_at(ids)[at], -1)
    return _voiced(said, moment[where], velocity[where]), companions[where]


def _velocity_at(ids: Ids) -> Ids:
    """For each of ``ids`` the id of the velocity in force; -1 where none has been said."""
    said = np.maximum.accumulate(np.where(_within(ids, _VELOCITY), np.arange(len(ids)), -1))
    return np.where(said < 0, -1, ids[said])


def _voiced(notes: Ids, moment: Ids, velocity: Ids) -> Ids:
    """``notes`` (M,) at their ``moment`` (M,), each after its ``velocity`` (M,; an id, or -1: any) where it changes."""
    known = np.flatnonzero(velocity >= 0)
    changes = np.zeros(len(notes), dtype=np.int64)
    changes[known] = np.diff(velocity[known], prepend=-1) != 0
    said = np.repeat(notes, 1 + changes)
    changed = np.flatnonzero(changes)
    said[changed + np.arange(len(changed))] = velocity[changed]
    return _paced(said, np.repeat(moment, 1 + changes))
