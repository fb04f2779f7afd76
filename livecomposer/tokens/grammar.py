"""Which ids may come next: a pure mask, so that what sounds and what the model believes can never differ.

The grammar follows the ids of both roles and allows those of one. What it allows is in canonical form: encoding what
was decoded gives the same ids (see :class:`livecomposer.tokens.codec.Encoder`). Steps are 10 ms, counted from step 0
of the stream.
"""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from livecomposer.events import Role
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.units import seconds_to_steps

__all__ = ["Grammar", "Limits", "Mask"]

Mask = npt.NDArray[np.bool_]
"""Shape (VOCABULARY.size,); True where an id is allowed."""

_MAX_SHIFT = VOCABULARY.max_shift
_SHIFTS = VOCABULARY.ids_of(Kind.TIME_SHIFT)
_VELOCITIES = VOCABULARY.ids_of(Kind.VELOCITY)
_ONS = {role: VOCABULARY.ids_of(Kind.NOTE_ON, role) for role in Role}
_OFFS = {role: VOCABULARY.ids_of(Kind.NOTE_OFF, role) for role in Role}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the one who is masked must keep to."""

    max_rest: int  # longest silence, in steps, at least 1
    max_note: int  # longest note, in steps, at least 1
    polyphony: int  # most notes at once, at least 1
    lowest: int = 0  # pitches, 0–127
    highest: int = 127

    def __post_init__(self) -> None:
        if min(self.max_rest, self.max_note, self.polyphony) < 1 or not 0 <= self.lowest <= self.highest <= 127:
            got = ", ".join(f"{f.name} {getattr(self, f.name)}" for f in fields(self))
            raise ValueError(f"{got}: wanted the first three at least 1, and 0 <= lowest <= highest <= 127")

    @classmethod
    def from_seconds(
        cls, *, max_rest: float, max_note: float, polyphony: int, lowest: int = 0, highest: int = 127
    ) -> "Limits":
        """The same with ``max_rest`` and ``max_note`` in seconds; never less than one step."""
        rest, note = (max(1, seconds_to_steps(seconds)) for seconds in (max_rest, max_note))
        return cls(max_rest=rest, max_note=note, polyphony=polyphony, lowest=lowest, highest=highest)


class Grammar:
    """Follows one stream of ids and says what ``role`` may say next.

    ``step`` and ``velocity`` (a bin, or ``None`` before the first) are what the stream has reached.
    """

    def __init__(self, limits: Limits, *, role: Role = Role.COMPANION) -> None:
        self.limits = limits
        self.role = role
        self.step = 0
        self.velocity: int | None = None
        self._last: int | None = None
        self._onsets: dict[Role, dict[int, int]] = {role: {} for role in Role}  # pitch to step, the oldest first
        self._silent_since = dict.fromkeys(Role, 0)
        self._fresh: set[int] = set()  # own pitches begun in this very step
        self._endable = np.zeros(128, dtype=np.bool_)  # own pitches that a note-off may end
        self._free = np.zeros(128, dtype=np.bool_)  # own pitches that a note-on may begin
        self._free[limits.lowest : limits.highest + 1] = True

    def sounding(self, role: Role) -> Mapping[int, int]:
        """The pitches that sound in ``role`` and the steps at which they began, the oldest first; a live view."""
        return MappingProxyType(self._onsets[role])

    def silent_since(self, role: Role) -> int:
        """The step at which ``role`` last fell silent, or its turn began; of no meaning while it sounds."""
        return self._silent_since[role]

    def begin(self, step: int | None = None) -> None:
        """The turn begins at ``step`` (default: the step reached): the rest is counted from there."""
        self._silent_since[self.role] = self.step if step is None else step

    def copy(self) -> "Grammar":
        """An independent twin, for rewinding."""
        twin = copy(self)
        own = {
            "_onsets": {role: onsets.copy() for role, onsets in self._onsets.items()},
            "_silent_since": self._silent_since.copy(),
            "_fresh": self._fresh.copy(),
            "_endable": self._endable.copy(),
            "_free": self._free.copy(),
        }
        vars(twin).update(own)
        return twin

    def accept(self, id_: int) -> None:
        """Follow one id of either role, allowed or not; BOS and PAD change nothing."""
        token = VOCABULARY.tokens[id_]
        if token.kind is Kind.TIME_SHIFT:
            self.step += token.value
            for pitch in self._fresh:
                self._endable[pitch] = True
            self._fresh.clear()
        elif token.kind is Kind.VELOCITY:
            self.velocity = token.value
        elif token.kind is Kind.NOTE_ON and token.role is not None:
            self._begin_note(token.role, token.value)
        elif token.kind is Kind.NOTE_OFF and token.role is not None:
            self._end_note(token.role, token.value)
        self._last = id_

    def _begin_note(self, role: Role, pitch: int) -> None:
        onsets = self._onsets[role]
        onsets.pop(pitch, None)  # so that the oldest stays first
        onsets[pitch] = self.step
        if role is self.role:
            self._fresh.add(pitch)
            self._endable[pitch] = self._free[pitch] = False

    def _end_note(self, role: Role, pitch: int) -> None:
        onsets = self._onsets[role]
        if onsets.pop(pitch, None) is None:
            return
        if not onsets:
            self._silent_since[role] = self.step
        if role is self.role:
            self._endable[pitch] = False
            self._free[pitch] = self.limits.lowest <= pitch <= self.limits.highest
            self._fresh.discard(pitch)

    def follow(self, ids: Iterable[int]) -> None:
        """Follow several ids."""
        for id_ in ids:
            self.accept(id_)

    def mask_both(self, *, earliest: int = 0, floor: int = 0, latest: int | None = None, foresee: bool = True) -> Mask:
        """The ids allowed next to one who plays along with the other: always at least one.

        ``earliest``: no own note begins before this step; ``floor``: nothing at all happens before this one;
        ``latest``: no own note begins at this step or after, but what sounds may ring out. ``foresee``: the other
        role's events are allowed too, within the same polyphony.
        """
        mask = np.zeros(VOCABULARY.size, dtype=np.bool_)
        waits = self.step < floor
        begins = not waits and self._may_begin(earliest, latest)
        other = foresee and not waits and len(self._onsets[self._other]) < self.limits.polyphony
        if begins or other:
            self._allow_notes(mask, own=begins, other=other)
            if self._last_is_velocity:
                return mask
        if not waits:
            mask[_OFFS[self.role]] = self._endable
            mask[_OFFS[self._other]] = foresee & self._others_endable()
        if not (self._last_is_short_shift and mask.any()):
            low = max(1, min(floor - self.step, _MAX_SHIFT))
            high = min(self._longest_shift(earliest, latest), _MAX_SHIFT)
            mask[_SHIFTS.start + low - 1 : _SHIFTS.start + (high if mask.any() else max(high, low))] = True
        return mask

    def _longest_shift(self, earliest: int, latest: int | None) -> int:
        """How far time may go on before one who plays along must do something."""
        if self._onsets[self.role]:
            return self._oldest + self.limits.max_note - self.step
        if latest is not None and max(self.step, earliest) >= latest:
            return _MAX_SHIFT
        return max(self._silent_since[self.role] + self.limits.max_rest, earliest) - self.step

    @property
    def _other(self) -> Role:
        return next(role for role in Role if role is not self.role)

    def _others_endable(self) -> npt.NDArray[np.bool_]:
        endable = np.zeros(128, dtype=np.bool_)
        for pitch, step in self._onsets[self._other].items():
            endable[pitch] = step < self.step
        return endable

    def _allow_shift_to(self, mask: Mask, step: int) -> None:
        """A shift to ``step`` or past it, as far as one shift goes."""
        mask[_SHIFTS.start + min(step - self.step, _MAX_SHIFT) - 1] = True

    def mask(self, *, earliest: int = 0, start: bool = False, stop: int | None = None) -> Mask:
        """The ids allowed next: always at least one.

        ``earliest``: no note begins before this step; a rest may last until then. ``stop``: no shift goes past this
        step and no note begins at it, so that all that sounds ends by then; once nothing sounds there, the caller ends
        the turn (until it does, the mask is as if there were no stop). ``start``: the turn begins at once, that is with
        a note, at ``earliest`` if that is still to come.
        """
        mask = np.zeros(VOCABULARY.size, dtype=np.bool_)
        own = self._onsets[self.role]
        if stop is not None and not own and max(self.step, earliest) >= stop:
            stop = None
        may_begin = self._may_begin(earliest, stop)
        if may_begin and (start or self._last_is_velocity):
            self._allow_notes(mask)
            return mask
        if start and not own and self.step < earliest:
            self._allow_shift_to(mask, earliest)
            return mask
        if may_begin:
            self._allow_notes(mask)
        mask[_OFFS[self.role]] = self._endable
        if not (self._last_is_short_shift and (may_begin or own)):  # a shift yields as long as something else may come
            self._allow_shifts(mask, earliest, stop)
        return mask

    @property
    def _last_is_velocity(self) -> bool:
        return self._last is not None and _VELOCITIES.start <= self._last < _VELOCITIES.stop

    @property
    def _last_is_short_shift(self) -> bool:
        return self._last is not None and _SHIFTS.start <= self._last < _SHIFTS.stop - 1

    @property
    def _oldest(self) -> int:
        return next(iter(self._onsets[self.role].values()))

    def _may_begin(self, earliest: int, stop: int | None) -> bool:
        in_time = earliest <= self.step and (stop is None or self.step < stop)
        return in_time and len(self._onsets[self.role]) < self.limits.polyphony and bool(self._free.any())

    def _allow_notes(self, mask: Mask, *, own: bool = True, other: bool = False) -> None:
        if self.velocity is not None:
            if own:
                mask[_ONS[self.role]] = self._free
            if other:
                mask[_ONS[self._other]] = True
                mask[_ONS[self._other].start + np.fromiter(self._onsets[self._other], np.int64)] = False
        if not self._last_is_velocity:
            mask[_VELOCITIES] = True
            if self.velocity is not None:
                mask[_VELOCITIES.start + self.velocity] = False

    def _allow_shifts(self, mask: Mask, earliest: int, stop: int | None) -> None:
        low = 1
        if self._onsets[self.role]:
            until = self._oldest + self.limits.max_note
            if stop is not None:  # a note that begins at the stop still gets its one step
                until = min(until, max(stop, self._oldest + 1))
        else:
            until = max(self._silent_since[self.role] + self.limits.max_rest, earliest)
            until = until if stop is None else min(until, stop)
            low = max(low, min(earliest - self.step, _MAX_SHIFT))  # short of it nothing could follow a short shift
        high = min(until - self.step, _MAX_SHIFT)
        mask[_SHIFTS.start + low - 1 : _SHIFTS.start + max(high, low - 1)] = True
