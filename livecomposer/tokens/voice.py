"""What one role has sounding, and when it began what: the grammar's memory."""

from collections import deque

import numpy as np
import numpy.typing as npt

from livecomposer.tokens.limits import CHORD_STEPS, Limits

__all__ = ["MOST_A_SECOND", "RESTRIKE_STEPS", "Voice"]

RESTRIKE_STEPS = 8
"""Steps from one onset of a key to its next. Hands seldom do it faster (docs/decisions.md)."""
MOST_A_SECOND = 50
"""Notes that may begin within a second, however dense; the densest rolls reach 60."""
_SECOND = 100  # steps
_REMEMBERED_ONSETS = 64


class Voice:
    """One role's notes. Steps are 10 ms, counted from step 0 of the stream."""

    __slots__ = ("begun", "clusters", "endable", "free", "fresh", "onsets", "silent_since", "struck")

    def __init__(self) -> None:
        self.onsets: dict[int, int] = {}  # pitch to step, the oldest first
        self.silent_since = 0
        self.fresh: set[int] = set()  # pitches begun in this very step
        self.endable = np.zeros(128, dtype=np.bool_)  # pitches that a note-off may end
        self.free = np.ones(128, dtype=np.bool_)  # pitches that do not sound
        self.struck = np.full(128, -RESTRIKE_STEPS)  # the step at which each pitch was begun last
        self.begun: deque[int] = deque(maxlen=MOST_A_SECOND)  # the steps of the last notes
        self.clusters: deque[int] = deque(maxlen=_REMEMBERED_ONSETS)  # the steps of onsets, a chord counted once

    def copy(self) -> "Voice":
        """An independent twin."""
        twin = Voice.__new__(Voice)
        twin.silent_since = self.silent_since
        twin.onsets, twin.fresh = self.onsets.copy(), self.fresh.copy()
        twin.begun, twin.clusters = self.begun.copy(), self.clusters.copy()
        twin.endable, twin.free, twin.struck = self.endable.copy(), self.free.copy(), self.struck.copy()
        return twin

    def must_end(self, step: int, limits: Limits) -> bool:
        """Whether a note is as long at ``step`` as a note may be."""
        return bool(self.onsets) and step >= self.oldest + limits.max_note

    def overdue(self, step: int, limits: Limits) -> npt.NDArray[np.bool_]:
        """Those pitches (128,): nothing but their ends may come next, or a crowd of notes would fill the moment."""
        ends = np.zeros(128, dtype=np.bool_)
        ends[[pitch for pitch, onset in self.onsets.items() if step >= onset + limits.max_note]] = True
        return ends

    def rested(self, step: int) -> npt.NDArray[np.bool_]:
        """Those pitches (128,) that were struck long enough ago to be struck again."""
        return self.struck <= step - RESTRIKE_STEPS

    @property
    def may_end(self) -> bool:
        """Whether any note may be ended."""
        return len(self.onsets) > len(self.fresh)

    @property
    def oldest(self) -> int:
        """The step at which what sounds longest began."""
        return next(iter(self.onsets.values()))

    def begin(self, pitch: int, step: int) -> None:
        """A note begins, whether or not that pitch sounds."""
        self.onsets.pop(pitch, None)  # so that the oldest stays first
        self.onsets[pitch] = step
        self.struck[pitch] = step
        self.begun.append(step)
        self.fresh.add(pitch)
        self.endable[pitch] = self.free[pitch] = False
        if not self.in_cluster(step):
            self.clusters.append(step)

    def end(self, pitch: int, step: int) -> None:
        """A note ends, if it sounds."""
        if self.onsets.pop(pitch, None) is None:
            return
        if not self.onsets:
            self.silent_since = step
        self.endable[pitch] = False
        self.free[pitch] = True
        self.fresh.discard(pitch)

    def go_on(self) -> None:
        """Time has passed: what has just begun may end."""
        for pitch in self.fresh:
            self.endable[pitch] = True
        self.fresh.clear()

    def in_cluster(self, step: int) -> bool:
        """Whether an onset at ``step`` belongs to the last chord."""
        return bool(self.clusters) and step < self.clusters[-1] + CHORD_STEPS

    def ready(self, step: int, limits: Limits) -> int:
        """A step from which, seen from ``step``, the density lets a note begin; one that is past if it does."""
        ready = self.begun[0] + _SECOND if len(self.begun) == MOST_A_SECOND else 0
        if not limits.onsets or len(self.clusters) < limits.onsets or self.in_cluster(step):
            return ready
        return max(ready, self.clusters[-limits.onsets] + limits.onset_window)
