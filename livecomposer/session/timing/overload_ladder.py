"""What the instrument gives up, and in which order, when the engine cannot keep up. Pure: windows in, changes out.

The ladder: 1. plan less far ahead (less is thrown away when the performer plays); 2. hear half as much (shorter feeds,
less attention); 3. a smaller model, where one is named. Down after some bad windows in a row, up after many good ones;
a rung that was climbed in vain is tried again only after twice as long. Nothing changes without a line to the
performer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from livecomposer.settings import Settings, changed, range_of

__all__ = ["BAD_IN_A_ROW", "GOOD_IN_A_ROW", "LadderStep", "Load", "OverloadLadder", "Rung", "Window", "rungs_of"]

BAD_IN_A_ROW = 4
GOOD_IN_A_ROW = 40
_LONGEST_PATIENCE = 8 * GOOD_IN_A_ROW
_FEWEST_STEPS = 8
_SHORT_PLAN = 0.5
_BAD_SHARE, _GOOD_SHARE = 0.5, 0.1
_BAD_PACE, _GOOD_PACE = 1.0, 0.7


@dataclass(frozen=True, slots=True)
class Window:
    """How the engine did for a while.

    ``starved``: share of its steps that found the plan shorter than the commit horizon, 0–1. ``pace``: the 90th
    percentile of its steps over what real time allows a step of this music; above 1 is too slow.
    """

    steps: int
    starved: float
    pace: float

    @property
    def tells(self) -> bool:
        """Whether there was enough to judge by."""
        return self.steps >= _FEWEST_STEPS

    @property
    def bad(self) -> bool:
        """Whether the engine was behind."""
        return self.tells and (self.starved > _BAD_SHARE or self.pace > _BAD_PACE)

    @property
    def good(self) -> bool:
        """Whether it had something to spare."""
        return self.tells and self.starved <= _GOOD_SHARE and self.pace < _GOOD_PACE


class Load:
    """Gathers one window at a time."""

    def __init__(self, *, horizon: float) -> None:
        self._horizon = horizon
        self._seconds: list[float] = []
        self._music = 0.0
        self._starved = 0

    def stepped(self, now: float, *, seconds: float, before: float, reached: float) -> None:
        """A step that took ``seconds`` brought the plan at ``now`` from the moment ``before`` to ``reached``."""
        self._seconds.append(seconds)
        self._music += reached - before
        self._starved += reached < now + self._horizon

    def take(self) -> Window:
        """The window since the last one."""
        steps, ordered = len(self._seconds), sorted(self._seconds)
        slow = ordered[min(steps - 1, int(0.9 * steps))] if steps else 0.0
        window = Window(
            steps=steps,
            starved=self._starved / steps if steps else 0.0,
            pace=slow * steps / self._music if self._music > 0 else 0.0,
        )
        self._seconds, self._music, self._starved = [], 0.0, 0
        return window


@dataclass(frozen=True, slots=True)
class Rung:
    """One thing to give up: the settings it changes, and how it is told when it goes and when it comes back."""

    values: Mapping[str, object]
    less: str
    again: str


@dataclass(frozen=True, slots=True)
class LadderStep:
    """What is played with from now on, and the line for the performer."""

    settings: Settings
    line: str


def rungs_of(settings: Settings) -> tuple[Rung, ...]:
    """The ladder from ``settings`` down; what they leave no room for is not on it."""
    rungs = []
    ahead, heard = settings.plan_ahead, settings.input_duration
    if ahead > _SHORT_PLAN:
        less, again = f"plans {_SHORT_PLAN:g} s ahead", f"plans {ahead:g} s ahead"
        rungs.append(Rung({"plan_ahead": _SHORT_PLAN}, less, again))
    lowest = (range_of("input_duration") or (0.0, 0.0))[0]
    if heard / 2 >= lowest:
        rungs.append(
            Rung({"input_duration": heard / 2}, f"hears the last {heard / 2:g} s", f"hears the last {heard:g} s")
        )
    if settings.small_model:
        rungs.append(Rung({"model": settings.small_model}, "plays with the smaller model", "plays with its own model"))
    return tuple(rungs)


@dataclass(slots=True)
class OverloadLadder:
    """Where on the ladder the instrument stands: ``level`` rungs down from ``settings``."""

    settings: Settings
    level: int = 0
    rungs: tuple[Rung, ...] = field(init=False)
    _row: int = 0  # bad windows in a row below 0, good ones above
    _patience: int = GOOD_IN_A_ROW
    _climbing: bool = False  # whether the last change was one up
    _has_told: bool = False

    def __post_init__(self) -> None:
        self.rungs = rungs_of(self.settings)

    @property
    def now(self) -> Settings:
        """The settings at this level."""
        values: dict[str, object] = {}
        for rung in self.rungs[: self.level]:
            values |= rung.values
        return changed(self.settings, values)

    def judge(self, window: Window) -> LadderStep | None:
        """What changes after ``window``, if anything."""
        if window.bad:
            self._row = min(self._row, 0) - 1
        elif window.good:
            self._row = max(self._row, 0) + 1
        elif window.tells:
            self._row = 0
        if self._row <= -BAD_IN_A_ROW:
            self._row = 0
            return self._down()
        if self._row >= self._patience:
            self._row = 0
            return self._up()
        return None

    def refuse(self) -> None:
        """The last change cannot be had: a rung down is taken off the ladder, one up is tried again much later."""
        if self._climbing:
            self.level += 1
            self._patience = min(2 * self._patience, _LONGEST_PATIENCE)
        else:
            self.level -= 1
            self.rungs = self.rungs[: self.level] + self.rungs[self.level + 1 :]

    def _down(self) -> LadderStep | None:
        if self.level == len(self.rungs):
            if self._has_told:
                return None
            self._has_told = True
            remedy = "" if self.settings.small_model else ", or name a smaller model: --small-model PATH"
            return LadderStep(self.now, f"the engine is still behind, notes may be late; end other programs{remedy}")
        if self._climbing:
            self._patience = min(2 * self._patience, _LONGEST_PATIENCE)
        self._climbing = False
        self.level += 1
        return LadderStep(self.now, f"the engine is behind: the companion {self.rungs[self.level - 1].less}")

    def _up(self) -> LadderStep | None:
        self._has_told = False
        if self.level == 0:
            return None
        self.level -= 1
        self._climbing = True
        return LadderStep(self.now, f"the engine keeps up again: the companion {self.rungs[self.level].again}")
