"""The same music, told differently: transposed, stretched, louder or softer, and shared out between two players.

Everything works on ids (N,) of solo music (the performer's), after cutting and before batching, vectorised.
"""

import numpy as np
import numpy.typing as npt

from livecomposer.events import Role
from livecomposer.tokens.vocabulary import VELOCITY_BINS, VOCABULARY, Kind

__all__ = ["Ids", "hand_over", "louder", "stretch", "transpose"]

Ids = npt.NDArray[np.int64]

_ON = VOCABULARY.ids_of(Kind.NOTE_ON, Role.PERFORMER)
_OFF = VOCABULARY.ids_of(Kind.NOTE_OFF, Role.PERFORMER)
_SHIFT = VOCABULARY.ids_of(Kind.TIME_SHIFT)
_VELOCITY = VOCABULARY.ids_of(Kind.VELOCITY)
_TO_COMPANION = VOCABULARY.first(Kind.NOTE_ON, Role.COMPANION) - _ON.start


def _within(ids: Ids, range_: slice) -> npt.NDArray[np.bool_]:
    within: npt.NDArray[np.bool_] = (ids >= range_.start) & (ids < range_.stop)
    return within


def transpose(ids: Ids, semitones: int) -> Ids:
    """Every pitch moved by ``semitones``; unchanged where a note would leave MIDI's 0–127."""
    is_note = ids < _OFF.stop
    pitches = ids[is_note] % 128 + semitones
    if pitches.size and not 0 <= pitches.min() <= pitches.max() <= 127:
        return ids
    return np.where(is_note, ids + semitones, ids)


def stretch(ids: Ids, factor: float) -> Ids:
    """Every stretch of time made ``factor`` (above 0) times as long; what rounding takes is given back in the next.

    Shifts are written anew, as the encoder writes them: as many of the longest as fit, then the rest.
    """
    is_shift = _within(ids, _SHIFT)
    moment = np.rint(np.cumsum(np.where(is_shift, ids - _SHIFT.start + 1, 0)) * factor).astype(np.int64)
    said = np.flatnonzero(~is_shift)
    reached: Ids = np.concatenate((np.zeros(1, np.int64), moment[said], moment[-1:]))
    gaps = reached[1:] - reached[:-1]  # before each that is no shift, and after the last
    shifts = -(-gaps // VOCABULARY.max_shift)
    ends = np.cumsum(shifts + 1) - 1  # where each that is no shift comes to stand
    result = np.full(ends[-1] if len(ids) else 0, _SHIFT.stop - 1)
    rests = shifts > 0
    result[ends[rests] - 1] = _SHIFT.start + (gaps[rests] - 1) % VOCABULARY.max_shift
    result[ends[:-1]] = ids[said]
    return result


def louder(ids: Ids, bins: int) -> Ids:
    """Every velocity moved by ``bins`` of 32, within the range."""
    moved = np.clip(ids + bins, _VELOCITY.start, _VELOCITY.start + VELOCITY_BINS - 1)
    return np.where(_within(ids, _VELOCITY), moved, ids)


def hand_over(ids: Ids, turns: npt.NDArray[np.int64], *, first: Role) -> Ids:
    """Share solo music out between two players: at each index of ``turns`` (ascending) the other one takes over.

    ``first`` begins. A note belongs to whoever begins it, and so does its note-off, however late it comes.
    """
    is_on = _within(ids, _ON)
    is_note = is_on | _within(ids, _OFF)
    at = np.flatnonzero(is_note)
    role = (np.searchsorted(turns, at, side="right") + int(first)) % 2
    by_pitch = np.lexsort((at, ids[at] % 128))
    begun_at = np.where(is_on[at][by_pitch], np.arange(len(at)), -1)
    pitch = ids[at][by_pitch] % 128
    first_of_pitch = np.concatenate(([True], pitch[1:] != pitch[:-1])) if len(at) else np.zeros(0, np.bool_)
    begun_at[first_of_pitch & (begun_at < 0)] = np.flatnonzero(first_of_pitch & (begun_at < 0))  # began before the cut
    owner = np.maximum.accumulate(begun_at)
    owned = np.empty(len(at), dtype=np.int64)
    owned[by_pitch] = role[by_pitch][owner]
    result = ids.copy()
    result[at] += owned * _TO_COMPANION
    return result
