"""The round trip through a loop of MIDI ports, before any session: how long MIDI takes in and out of this machine."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from livecomposer.clocks import MonotonicClock
from livecomposer.errors import PortError, SettingError
from livecomposer.midi import ports
from livecomposer.midi.loopback import loop_back
from livecomposer.session.timing.meters import Meter
from livecomposer.settings import Settings

__all__ = ["Calibration", "measure_loop"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of the round trips that came back: quantiles in milliseconds, ``count``; and how many were ``lost``."""

    p50: float
    p99: float
    max: float
    count: int
    lost: int

    @classmethod
    def of(cls, seconds: Iterable[float], *, lost: int) -> "Calibration":
        """From single round trips."""
        meter = Meter()
        for trip in seconds:
            meter.add(trip)
        summary = meter.summary_ms()
        return cls(summary["p50"], summary["p99"], summary["max"], meter.count, lost)

    @property
    def settings(self) -> dict[str, float]:
        """What to set: half of the median each way, for a loop cannot tell one way from the other."""
        half = round(self.p50 / 2, 2)
        return {"input_latency_ms": half, "output_latency_ms": half}

    def lines(self) -> Iterator[str]:
        """For a person: what was measured, and what to write into a configuration file."""
        lost = f", {self.lost} lost" if self.lost else ""
        yield f"round trip, {self.count} notes{lost}: median {self.p50:g} ms, p99 {self.p99:g} ms, max {self.max:g} ms"
        yield "write into a file for jam --config FILE (or let --save FILE do it):"
        yield from (f"{name} = {value:g}" for name, value in self.settings.items())


def measure_loop(
    settings: Settings, *, count: int, patience: float, notify: Callable[[str], None] = lambda _: None
) -> Calibration:
    """From the output that ``settings`` name (or the first one) to their input (or the first one), ``count`` notes.

    Raises :class:`PortError` where a port is missing or nothing comes back within ``patience`` seconds, and
    :class:`SettingError` for a ``count`` below 1.
    """
    if count < 1:
        raise SettingError(f"notes = {count}: wanted 1 or more")
    wanted_input = settings.input or _first(ports.inputs(), "input")
    wanted_output = settings.output or _first(ports.outputs(), "output")

    def opened(input_: str, output: str) -> None:
        notify(f"sending to {output}, listening to {input_}; waiting for the first note, at most {patience:g} s")

    trips = loop_back(
        wanted_input, wanted_output, clock=MonotonicClock(), count=count, patience=patience, opened=opened
    )
    return Calibration.of(trips.seconds, lost=trips.lost)


def _first(names: list[str], kind: str) -> str:
    if not names:
        raise PortError(f"no MIDI {kind} here; connect an interface, or start JACK and use: --{kind} virtual")
    return names[0]
