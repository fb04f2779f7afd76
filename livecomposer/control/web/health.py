"""What the session measures of itself, for a page and for Prometheus; and what is wrong, in a sentence.

Prometheus' text format is written here: it is a page of plain text, and the histograms that it shows are the session's
own. A client library would bring a registry and histograms of its own, and count twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from livecomposer.faults import Fault
from livecomposer.session.commands.frontend_api import FrontendApi
from livecomposer.session.timing.meters import TIMED, Meter, Meters

__all__ = ["Health", "HealthReading", "prometheus", "trouble"]

_SHARES = (0.5, 0.99)
_LATE_MS = 15.0
_PARTS = {
    "thru": "from a key to its sound passed on",
    "takeover": "from the end of a phrase to the companion's first note",
    "replan": "from a key to the plan that answers it",
    "late": "from when a note was due to when it was sent",
    "step": "for the engine to draw one token",
    "feed": "for the engine to take in what was played",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReading:
    """Sums at one moment; two of them tell what happened in between."""

    sums: Mapping[str, tuple[int, float]]
    """For each meter: how many measurements, and their sum in seconds."""
    tokens: int
    faults: Mapping[Fault, int]
    """How often each kind has happened."""
    headroom: float
    silent: tuple[str, ...]
    """Outputs that failed too often."""
    context: int
    horizon: float

    @classmethod
    def of(cls, api: FrontendApi) -> "HealthReading":
        """What stands now."""
        meters = api.meters
        sums = {name: (meter.count, meter.seconds) for name, meter in _timed(meters).items()}
        return cls(
            sums=sums,
            tokens=meters.tokens,
            faults=meters.faults.counts(),
            headroom=meters.headroom,
            silent=api.output.dropped,
            context=api.session.context,
            horizon=api.dispatcher.settings.horizon,
        )

    def mean_ms(self, name: str, before: "HealthReading") -> float | None:
        """The mean of a meter since ``before``, in milliseconds; ``None`` where nothing was measured."""
        count, seconds = self.sums[name]
        count_before, seconds_before = before.sums[name]
        return 1000 * (seconds - seconds_before) / (count - count_before) if count > count_before else None


class Health:
    """Looks now and then, and says what a page shows."""

    def __init__(self, api: FrontendApi) -> None:
        self._api = api
        self._before = HealthReading.of(api)
        self._quantiles: dict[str, tuple[int, list[float]]] = {}

    def look(self) -> dict[str, object]:
        """What happened since the last look: means in milliseconds, and what has been counted so far."""
        now, before = HealthReading.of(self._api), self._before
        self._before = now
        means = {name: mean for name in TIMED if (mean := now.mean_ms(name, before)) is not None}
        steps = self._api.meters.step
        can = steps.count / steps.seconds if steps.seconds else 0.0
        return {
            "means": {name: round(mean, 3) for name, mean in means.items()},
            "tokens": now.tokens,
            "can": round(can, 1),
            "needs": round(can / now.headroom, 1) if now.headroom else 0.0,
            "horizon": round(1000 * now.horizon, 1),
            "context": now.context,
            **{fault.key: times for fault, times in now.faults.items()},
            "trouble": trouble(before, now),
        }

    def quantiles(self) -> dict[str, list[float]]:
        """Median and p99 of each meter in milliseconds. Takes some milliseconds: not for the loop's thread."""
        for name, meter in _timed(self._api.meters).items():
            count = meter.count
            if count and self._quantiles.get(name, (0, []))[0] != count:
                self._quantiles[name] = count, [round(1000 * value, 3) for value in meter.quantiles(_SHARES)]
        return {name: values for name, (_, values) in self._quantiles.items()}


def trouble(before: HealthReading, now: HealthReading) -> str:
    """What went wrong in between, and what to do about it, in a sentence; empty where all is well."""
    return next(_troubles(before, now), "")


def _troubles(before: HealthReading, now: HealthReading) -> Iterator[str]:
    """The worst first."""
    if now.silent:
        yield f"{', '.join(now.silent)} takes nothing any more; check its cable, then start again."
    for fault, times in now.faults.items():
        if times > before.faults[fault]:
            yield fault.sentence(times - before.faults[fault])
    late = now.mean_ms("late", before)
    if late is not None and late > _LATE_MS:
        yield f"Notes are sent {late:.0f} ms late; something else is using this machine: close other programs."
    if 0 < now.headroom < 1:
        yield (
            f"The engine makes {now.headroom:.1f} times the tokens that the music needs; "
            "set fewer notes at once (polyphony, density), or a smaller model at the start."
        )


def prometheus(reading: HealthReading, quantiles: Mapping[str, list[float]], *, pages: int) -> str:
    """The session in Prometheus' text exposition format 0.0.4; times in seconds. ``quantiles`` in milliseconds."""
    return "\n".join(_lines(reading, quantiles, pages)) + "\n"


def _lines(reading: HealthReading, quantiles: Mapping[str, list[float]], pages: int) -> Iterator[str]:
    for name, (count, seconds) in reading.sums.items():
        full = f"livecomposer_{name}_seconds"
        yield f"# HELP {full} Seconds {_PARTS[name]}."
        yield f"# TYPE {full} summary"
        for share, value in zip(_SHARES, quantiles.get(name, ()), strict=False):
            yield f'{full}{{quantile="{share}"}} {value / 1000:.6g}'
        yield f"{full}_sum {seconds:.6f}"
        yield f"{full}_count {count}"
    yield from _single("livecomposer_tokens_total", "counter", "Tokens drawn", reading.tokens)
    for fault, times in reading.faults.items():
        yield from _single(f"livecomposer_{fault.metric}_total", "counter", f"How often {fault.what}", times)
    yield from _single("livecomposer_headroom_ratio", "gauge", "Tokens made over tokens needed", reading.headroom)
    yield from _single("livecomposer_horizon_seconds", "gauge", "The commit horizon", reading.horizon)
    yield from _single("livecomposer_context_tokens", "gauge", "Tokens the engine has taken in", reading.context)
    yield from _single("livecomposer_pages", "gauge", "Pages that look on", pages)


def _single(name: str, kind: str, meaning: str, number: float) -> tuple[str, str, str]:
    return f"# HELP {name} {meaning}.", f"# TYPE {name} {kind}", f"{name} {number:.12g}"


def _timed(meters: Meters) -> dict[str, Meter]:
    return {name: getattr(meters, name) for name in TIMED}
