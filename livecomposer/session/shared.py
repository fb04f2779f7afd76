"""What all parts of one performance share: opened at its beginning, closed at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from livecomposer.clocks import Clock
from livecomposer.playing.device import Device
from livecomposer.playing.sinks import Output, Sink
from livecomposer.session.timing.commit_horizon import LatencyBudget
from livecomposer.session.timing.meters import Meters
from livecomposer.settings import Settings
from livecomposer.takes.journal import Journal

__all__ = ["Notifier", "Shared"]


class Notifier(list[Callable[[str], None]]):
    """Each line for the performer is given to all of these."""

    def __call__(self, line: str) -> None:
        """Tell ``line``."""
        for notify in tuple(self):
            notify(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The settings that it began with, and what was opened by them."""

    settings: Settings
    clock: Clock
    meters: Meters
    output: Output
    outlets: Mapping[str, Sink]
    """What is played through, by the names in the settings."""
    device: Device
    budget: LatencyBudget
    journal: Journal | None
    """``None`` where nothing is recorded."""
    record: Path | None
    """The folder of takes."""
    notify: Notifier
    """Tells the performer a line, and whoever else is to be told each; from any thread."""
