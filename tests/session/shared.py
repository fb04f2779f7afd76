"""What a performance shares, with nothing opened."""

from livecomposer.clocks import ManualClock
from livecomposer.playing.device import Device
from livecomposer.playing.sinks import Output
from livecomposer.session.shared import Notifier, Shared
from livecomposer.session.timing.commit_horizon import LatencyBudget
from livecomposer.session.timing.meters import Meters

__all__ = ["shared_by"]


def shared_by(settings, **given):
    """Nothing is recorded, and nobody is told, unless it is ``given``."""
    nothing = {
        "clock": ManualClock(5.0),
        "meters": Meters(),
        "output": Output([]),
        "outlets": {},
        "device": Device(),
        "budget": LatencyBudget(),
        "journal": None,
        "record": None,
        "notify": Notifier(),
    }
    return Shared(settings=settings, **{**nothing, **given})
