"""What frontends reach while a performance goes on: controllers, OSC, the panel.

They are in :mod:`livecomposer.control`, which the session does not know: whoever performs hands them in.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from livecomposer.beats import Beats
from livecomposer.midi.port_watcher import Heal
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.session.ports.choices import Option
from livecomposer.session.session import Session
from livecomposer.session.shared import Shared

__all__ = ["Frontend", "FrontendApi", "InputFilters"]


class InputFilters(list[Callable[[bytes], bool]]):
    """Each message is offered to these before thru, in the thread in which it came; ``True``: it is no music."""

    def __call__(self, data: bytes) -> bool:
        """Whether any of them takes ``data``."""
        return any(gate(data) for gate in self)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontendApi(Shared):
    """One performance, and what may be done to it. All of it belongs to the loop's thread unless it says otherwise."""

    dispatcher: Dispatcher
    session: Session
    hear: Callable[[bytes], None]
    """Play one channel message into the session as the performer's keyboard would, thru included; heard at once."""
    beats: Callable[[], Beats | None] = lambda: None
    """The pulse that is kept, if one is."""
    choices: Callable[[], Mapping[str, list[Option]]] = dict
    """What there is to choose from, by the setting's name; reads disks, and may be called in any thread."""
    take_seat: Callable[[], None] = lambda: None
    """End the recorded performance that plays where nobody does; where none plays, nothing happens."""
    filters: InputFilters = field(default_factory=InputFilters)
    learners: list[Callable[[str], None]] = field(default_factory=list)
    """Bind the command of that name to the next knob or key that moves; none where nothing can."""
    rereads: list[Callable[[], str]] = field(default_factory=list)
    """Called when the file of settings is read again, for what else is in it; each gives a line to tell, or none."""
    healing: list[Heal] = field(default_factory=list)
    """What is told, in a thread of its own, which ports there are whenever they change."""
    guests: set[object] = field(default_factory=set)
    """While anyone is in it, a recorded performance that is over does not end the session."""


Frontend = Callable[[FrontendApi], AbstractAsyncContextManager[object]]
"""Entered once the music can begin, left before the silence."""
