"""How long before it sounds the plan must be fixed: the sum of all that lies between a key and its answer. Pure."""

from dataclasses import dataclass

__all__ = ["STEPS", "LatencyBudget"]

STEPS = 2
"""Steps that the first re-planned note waits for: of its three ids the first is drawn from what the feed left."""

_SHORTEST = 0.002
_LONGEST = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyBudget:
    """The parts of the commit horizon, in seconds. ``feed`` and ``step`` are 99th percentiles.

    ``fixed``: a horizon that the performer chose; 0 for the sum of the parts, held between 2 ms and 100 ms.
    """

    input: float = 0.0
    feed: float = 0.0
    step: float = 0.0
    output: float = 0.0
    jitter: float = 0.0
    fixed: float = 0.0

    @property
    def needed(self) -> float:
        """The sum of the parts."""
        return self.input + self.feed + STEPS * self.step + self.output + self.jitter

    @property
    def horizon(self) -> float:
        """The commit horizon."""
        return self.fixed or min(max(_SHORTEST, self.needed), _LONGEST)

    def describe(self) -> str:
        """One line for the performer."""
        if self.fixed:
            return f"horizon {_ms(self.fixed)} ms, as set"
        steps = f"{STEPS} steps {_ms(STEPS * self.step)}"
        parts = (
            f"input {_ms(self.input)} + feed {_ms(self.feed)} + {steps} "
            f"+ output {_ms(self.output)} + jitter {_ms(self.jitter)}"
        )
        if self.horizon == self.needed:
            return f"horizon {_ms(self.horizon)} ms = {parts}"
        bound = "least" if self.horizon > self.needed else "most"
        return f"horizon {_ms(self.horizon)} ms, the {bound} there is; needed {_ms(self.needed)} ms = {parts}"

    def parts_ms(self) -> dict[str, float]:
        """Each part in milliseconds, ready for JSON."""
        parts = {"input": self.input, "feed": self.feed, "steps": STEPS * self.step}
        parts |= {"output": self.output, "jitter": self.jitter}
        return {name: round(1000 * seconds, 3) for name, seconds in parts.items()}


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.2g}" if seconds < 0.01 else f"{1000 * seconds:.0f}"
