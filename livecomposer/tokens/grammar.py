"""Which ids may come next: a pure mask, so that what sounds and what the model believes can never differ.

The grammar follows the ids of both roles and allows those of one. What it allows is in canonical form: encoding what
was decoded gives the same ids (see :class:`livecomposer.tokens.codec.Encoder`); but where a density bound comes between
the notes of a chord, a shift may be told as two. Steps are 10 ms, counted from step 0 of the stream.
"""

from collections.abc import Iterable, Mapping
from copy import copy
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from livecomposer.events import Role
from livecomposer.tokens.limits import Limits, Pitches
from livecomposer.tokens.vocabulary import VELOCITY_BINS, VOCABULARY, Kind
from livecomposer.tokens.voice import Voice

__all__ = ["Grammar", "Limits", "Mask"]

Mask = npt.NDArray[np.bool_]
"""Shape (VOCABULARY.size,); True where an id is allowed."""

_SIZE = VOCABULARY.size
_MAX_SHIFT = VOCABULARY.max_shift
_SHIFTS = VOCABULARY.ids_of(Kind.TIME_SHIFT)
_LENGTHS = np.arange(1, _MAX_SHIFT + 1)
_VELOCITIES = VOCABULARY.ids_of(Kind.VELOCITY)
_ONS = {role: VOCABULARY.ids_of(Kind.NOTE_ON, role) for role in Role}
_OFFS = {role: VOCABULARY.ids_of(Kind.NOTE_OFF, role) for role in Role}
_PHRASE_GAP = 30  # steps of silence that end the last phrase


class Grammar:
    """Follows one stream of ids and says what ``role`` may say next.

    ``step`` and ``velocity`` (a bin, or ``None`` before the first) are what the stream has reached. ``limits`` may be
    replaced at any time.
    """

    def __init__(self, limits: Limits, *, role: Role = Role.COMPANION) -> None:
        self.limits = limits
        self.role = role
        self.step = 0
        self.velocity: int | None = None
        self._last: int | None = None
        self._voices = tuple(Voice() for _ in Role)
        self._other = next(other for other in Role if other is not role)

    def sounding(self, role: Role) -> Mapping[int, int]:
        """The pitches that sound in ``role`` and the steps at which they began, the oldest first; a live view."""
        return MappingProxyType(self._voices[role].onsets)

    def silent_since(self, role: Role) -> int:
        """The step at which ``role`` last fell silent, or its turn began; of no meaning while it sounds."""
        return self._voices[role].silent_since

    def begin(self, step: int | None = None) -> None:
        """The turn begins at ``step`` (default: the step reached): the rest is counted from there."""
        self._own.silent_since = self.step if step is None else step

    def copy(self) -> "Grammar":
        """An independent twin, for rewinding."""
        twin = copy(self)
        twin._voices = tuple(voice.copy() for voice in self._voices)  # noqa: SLF001 - its own
        return twin

    def accept(self, id_: int) -> None:
        """Follow one id of either role, allowed or not; BOS and PAD change nothing."""
        token = VOCABULARY.tokens[id_]
        if token.kind is Kind.TIME_SHIFT:
            self.step += token.value
            for voice in self._voices:
                voice.go_on()
        elif token.kind is Kind.VELOCITY:
            self.velocity = token.value
        elif token.kind is Kind.NOTE_ON and token.role is not None:
            self._voices[token.role].begin(token.value, self.step)
        elif token.kind is Kind.NOTE_OFF and token.role is not None:
            self._voices[token.role].end(token.value, self.step)
        self._last = id_

    def follow(self, ids: Iterable[int]) -> None:
        """Follow several ids."""
        for id_ in ids:
            self.accept(id_)

    def mask_both(
        self,
        *,
        earliest: int = 0,
        floor: int = 0,
        latest: int | None = None,
        closing: int | None = None,
        foresee: bool = True,
    ) -> Mask:
        """The ids allowed next to one who plays along with the other: always at least one.

        ``earliest``: no own note begins before this step; ``floor``: nothing at all happens before this one;
        ``latest``: no own note begins at this step or after, but what sounds may ring out. ``closing``: from this step
        on a rest may last, and one of 0.3 s is the end: no own note begins behind it. ``foresee``: the other role's
        events are allowed too, within the same polyphony; but its notes wait for one's own where a rest is over.
        Without it a shift may follow a velocity or a short shift, for the other's part is left out behind these.
        """
        mask = np.zeros(_SIZE, dtype=np.bool_)
        own, theirs = self._own, self._voices[self._other]
        waits = self.step < floor
        if not waits and own.must_end(self.step, self.limits):
            mask[_OFFS[self.role]] = own.overdue(self.step, self.limits)
            return mask
        latest = self._end(latest, closing)
        earliest = self._begins_at(earliest)
        free = None if waits else self._free(earliest, latest)
        overdue = free is not None and not own.onsets and self.step >= own.silent_since + self.limits.max_rest
        other = foresee and not waits and not overdue and len(theirs.onsets) < self.limits.polyphony
        if free is not None or other:
            self._allow_notes(mask, free, other=other)
            if self._last_is_velocity and (foresee or overdue):
                return mask
        ends = not waits and (own.may_end or (foresee and theirs.may_end))
        if ends:
            mask[_OFFS[self.role]] = own.endable
            if foresee:
                mask[_OFFS[self._other]] = theirs.endable
        something = ends or free is not None or other
        # What the other was to do now is not told: then time goes on instead, behind a velocity or a short shift too.
        if not (something and self._last_is_short_shift and (foresee or overdue)):
            low = max(1, min(floor - self.step, _MAX_SHIFT))
            resting = closing is not None and self.step >= closing
            high = min(self._longest_shift(earliest, latest, resting=resting), _MAX_SHIFT)
            mask[_SHIFTS.start + low - 1 : _SHIFTS.start + max(high, low - 1 if something else low)] = True
            self._keep_to_lines(mask)
        return mask

    def _begins_at(self, earliest: int) -> int:
        """The first step, now or from ``earliest`` on, at which a note of one's own may begin."""
        return self.limits.on_line(max(earliest, self._own.ready(self.step, self.limits), self.step))

    def _keep_to_lines(self, mask: Mask) -> None:
        """Of the shifts in ``mask`` those that end on a line, or are as long as a shift may be, where there are any."""
        if self.limits.lines is None:
            return
        lines = self.limits.lines.on(self.step + _LENGTHS) | (_LENGTHS == _MAX_SHIFT)
        fitting = mask[_SHIFTS] & lines
        if fitting.any():
            mask[_SHIFTS] = fitting

    def _end(self, latest: int | None, closing: int | None) -> int | None:
        """The step at which no own note begins any more, now that the last phrase may have ended."""
        own = self._own
        if closing is None or self.step < closing or own.onsets or self.step < own.silent_since + _PHRASE_GAP:
            return latest
        return self.step if latest is None else min(self.step, latest)

    def _longest_shift(self, earliest: int, latest: int | None, *, resting: bool) -> int:
        """How far time may go on before one who plays along must do something."""
        own = self._own
        if own.onsets:
            return own.oldest + self.limits.max_note - self.step
        if resting or (latest is not None and max(self.step, earliest) >= latest):
            return _MAX_SHIFT
        return max(own.silent_since + self.limits.max_rest, earliest) - self.step

    def mask(self, *, earliest: int = 0, start: bool = False, stop: int | None = None) -> Mask:
        """The ids allowed next: always at least one.

        ``earliest``: no note begins before this step; a rest may last until then. ``stop``: no shift goes past this
        step and no note begins at it, so that all that sounds ends by then; once nothing sounds there, the caller ends
        the turn (until it does, the mask is as if there were no stop). ``start``: the turn begins at once, that is with
        a note, at ``earliest`` if that is still to come, or when the density allows one.
        """
        mask = np.zeros(_SIZE, dtype=np.bool_)
        own = self._own
        if own.must_end(self.step, self.limits):
            mask[_OFFS[self.role]] = own.overdue(self.step, self.limits)
            return mask
        if stop is not None and not own.onsets and max(self.step, earliest) >= stop:
            stop = None
        begins_at = self._begins_at(earliest)
        free = self._free(begins_at, stop)
        if free is not None and (start or self._last_is_velocity):
            self._allow_notes(mask, free)
            return mask
        if start and not own.onsets and self.step < begins_at:
            self._allow_shift_to(mask, begins_at if stop is None else min(begins_at, stop))
            return mask
        if free is not None:
            self._allow_notes(mask, free)
        mask[_OFFS[self.role]] = own.endable
        if not (self._last_is_short_shift and (free is not None or own.onsets)):  # it yields if something else may come
            self._allow_shifts(mask, earliest, stop)
        return mask

    def _allow_shift_to(self, mask: Mask, step: int) -> None:
        """A shift to ``step`` or past it, as far as one shift goes."""
        mask[_SHIFTS.start + min(step - self.step, _MAX_SHIFT) - 1] = True

    @property
    def _own(self) -> Voice:
        return self._voices[self.role]

    @property
    def _last_is_velocity(self) -> bool:
        return self._last is not None and _VELOCITIES.start <= self._last < _VELOCITIES.stop

    @property
    def _last_is_short_shift(self) -> bool:
        return self._last is not None and _SHIFTS.start <= self._last < _SHIFTS.stop - 1

    def _free(self, earliest: int, stop: int | None) -> Pitches | None:
        """The pitches of which a note of one's own may begin now, if any may."""
        in_time = earliest <= self.step and (stop is None or self.step < stop)
        if not in_time or len(self._own.onsets) >= self.limits.polyphony:
            return None
        free = self._own.free & self.limits.pitches(self.step)
        rested = free & self._own.rested(self.step)
        return rested if rested.any() else free if free.any() else None

    def _allow_notes(self, mask: Mask, free: Pitches | None, *, other: bool = False) -> None:
        """Own notes of the pitches ``free`` and those of the other; or the velocity that must come first."""
        limits, velocity = self.limits, self.velocity
        fits = velocity is not None and limits.softest <= velocity <= limits.loudest
        if free is not None and fits:
            mask[_ONS[self.role]] = free
        if other and velocity is not None:
            mask[_ONS[self._other]] = self._voices[self._other].free
        if self._last_is_velocity and (fits or other or free is None):
            return
        low, high = (0, VELOCITY_BINS - 1) if other else (limits.softest, limits.loudest)
        mask[_VELOCITIES.start + low : _VELOCITIES.start + high + 1] = True
        if velocity is not None:
            mask[_VELOCITIES.start + velocity] = False

    def _allow_shifts(self, mask: Mask, earliest: int, stop: int | None) -> None:
        own, low = self._own, 1
        if own.onsets:
            until = own.oldest + self.limits.max_note
            if stop is not None:  # a note that begins at the stop still gets its one step
                until = min(until, max(stop, own.oldest + 1))
        else:
            earliest = self.limits.on_line(max(earliest, own.ready(self.step + 1, self.limits), self.step))
            earliest = earliest if stop is None else min(earliest, stop)
            until = max(own.silent_since + self.limits.max_rest, earliest)
            until = until if stop is None else min(until, stop)
            low = max(low, min(earliest - self.step, _MAX_SHIFT))  # short of it nothing could follow a short shift
        high = min(until - self.step, _MAX_SHIFT)
        mask[_SHIFTS.start + low - 1 : _SHIFTS.start + max(high, low - 1)] = True
        self._keep_to_lines(mask)
