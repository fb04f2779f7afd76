"""What goes wrong while music plays and does not end it: one table of its kinds, and how often each has happened.

Whoever must not raise (a driver's thread, the player's, a page) counts here instead. The first of a kind is reported;
meters, the journal, the panel's lamp, Prometheus and OSC are derived from the table.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from threading import RLock

__all__ = ["Fault", "Faults"]


class Fault(Enum):
    """The kinds, the worst first: what happened, what to do about it, and its name at Prometheus if that is another."""

    LOOP_FAILED = "something in the session failed and was passed over", "the music goes on; please report it"
    THREAD_FAILED = "a part of the session ended with an error", "what it did is missing; begin the session again"
    RESTARTS = (
        "the engine died and was started again",
        "what you play still sounds, and the companion comes back",
        "engine_restarts",
    )
    STALLS = (
        "the engine gave no sign of life for too long",
        "it is waited for, and where both play a partner by rule plays",
        "engine_stalls",
    )
    DELIVERY_FAILED = "a key did not reach the companion", "it still sounds; please report it"
    LISTENER_FAILED = "a page or an OSC target could not be shown a note", "the music goes on; reload the page"
    CONTROL_FAILED = "a control failed, and its message went on as music", "bind it anew with learn"
    THRU_FAILED = "a key was not passed thru", "choose another output"
    OUTPUT_FAILED = "an output did not take a message", "check its cable, or choose another output"
    REFUSED = "what is no MIDI message, or came after the end, was not sent", "please report it"
    LOST_LINES = "the disk did not take a line of the recording", "make room on it"
    TAKE_UNWRITTEN = "the take's MIDI file could not be written", "make room; the next session there writes it"
    DROPPED = "a note of the companion came too late and was left out", "close other programs", "dropped_notes"
    CROWDED_OUT = "a message was left out since too many are waiting", "set fewer notes at once (polyphony, density)"
    UNSTRUCK = "a note was left out since its key cannot be struck again so soon", "set fewer notes at once (density)"
    PORTS_FAILED = "a look at the MIDI ports failed", "if one is missing, plug it in again"
    FEEDBACK_FAILED = "a controller was not shown a value", "plug it in again"
    OSC_UNSENT = "an OSC message did not leave", "check the address that it goes to"
    OSC_MALFORMED = "a packet that came is no OSC", "check who sends to --osc HOST:PORT"
    OSC_CROWDED_OUT = "an OSC message came too fast and was left out", "have fewer of them sent"

    def __init__(self, what: str, remedy: str, metric: str = "") -> None:
        self.what = what
        self.remedy = remedy
        self._metric = metric

    @property
    def key(self) -> str:
        """Its name among the meters."""
        return self.name.lower()

    @property
    def metric(self) -> str:
        """Its name at Prometheus, without what is around it."""
        return self._metric or self.key

    def sentence(self, times: int = 1) -> str:
        """What happened so many times, and what to do about it."""
        often = f" ({times} times)" if times > 1 else ""
        return f"{self.what[0].upper()}{self.what[1:]}{often}; {self.remedy}."


class Faults:
    """How often each kind has happened; any thread counts, and any reads.

    ``on_first`` is given the first of a kind and what was raised, in the thread in which it happened; it must be quick.
    """

    def __init__(self) -> None:
        self.on_first: Callable[[Fault, object], None] | None = None
        self._counts = dict.fromkeys(Fault, 0)
        self._lock = RLock()  # re-entrant: a signal handler may count in the middle of a count

    def __getitem__(self, fault: Fault) -> int:
        return self._counts[fault]

    def count(self, fault: Fault, error: object = "", *, times: int = 1, reported: bool = False) -> None:
        """It has happened ``times`` times more; ``reported``: whoever counts has said so."""
        with self._lock:
            is_first = not self._counts[fault]
            self._counts[fault] += times
        if is_first and not reported and (report := self.on_first) is not None:
            report(fault, error)

    def counts(self) -> Mapping[Fault, int]:
        """All of them at this moment."""
        return dict(self._counts)
