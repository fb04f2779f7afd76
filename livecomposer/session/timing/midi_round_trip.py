"""Measures the round trip through a loop of MIDI ports, before any session."""

from collections.abc import Callable

from livecomposer.clocks import MonotonicClock
from livecomposer.errors import PortError, SettingError
from livecomposer.midi import ports
from livecomposer.midi.loopback import loop_back
from livecomposer.session.calibration import Calibration
from livecomposer.settings import Settings

__all__ = ["measure_loop"]


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
