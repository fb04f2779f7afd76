"""A simulated performer: a recording, played in real time through the same path as a keyboard."""

from collections.abc import Callable, Iterable
from threading import Event as Flag
from threading import Thread, current_thread
from typing import Self

from livecomposer.clocks import Clock
from livecomposer.events import (
    SUSTAIN,
    Control,
    Event,
    NoteOff,
    NoteOn,
    Other,
    events_of_notes,
    in_order,
    notes_of_events,
)
from livecomposer.messages import encode
from livecomposer.midi.files import Recording

__all__ = ["FilePlayer"]

_JOIN_SECONDS = 2.0


class FilePlayer:
    """Plays ``recording`` from its own thread; a context manager.

    All its tracks are played on one keyboard, channel 1, from the moment of construction; ``input_path`` is given each
    message, and must not raise.
    ``on_done`` is called from that thread at the end of the music, not on an early :meth:`close`. ``wait(seconds)``
    waits until then or :meth:`close`; tests give one that moves a manual clock.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        input_path: Callable[[bytes], None],
        clock: Clock,
        on_done: Callable[[], None] | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.done = False
        self._events = _on_one_keyboard(recording.events)
        self._clock = clock
        self._input_path = input_path
        self._on_done = on_done
        self._stop = Flag()
        self._wait = wait or self._stop.wait
        self._down: set[int] = set()
        self._pedal = False
        self._thread = Thread(target=self._run, name="file performer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop at once and let go of every key and the pedal; once closed nothing happens."""
        self._stop.set()
        if current_thread() is not self._thread:
            self._thread.join(_JOIN_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        start = self._clock.now()
        for event in self._events:
            self._wait_until(start + event.time)
            if self._stop.is_set():
                break
            self._play(event)
        self._let_go()
        self.done = not self._stop.is_set()
        if self.done and self._on_done is not None:
            self._on_done()

    def _wait_until(self, due: float) -> None:
        while (left := due - self._clock.now()) > 0 and not self._stop.is_set():
            self._wait(left)

    def _play(self, event: Event) -> None:
        self._input_path(encode(event, channel=0))
        match event:
            case NoteOn():
                self._down.add(event.pitch)
            case NoteOff():
                self._down.discard(event.pitch)
            case Control(number=number, value=value) if number == SUSTAIN:
                self._pedal = value >= 64

    def _let_go(self) -> None:
        now = self._clock.now()
        for pitch in sorted(self._down):
            self._play(NoteOff(now, pitch))
        if self._pedal:
            self._play(Control(now, SUSTAIN, 0))


def _on_one_keyboard(events: Iterable[Event]) -> list[Event]:
    """Every track's events as one pair of hands would play them: no key struck while it is down."""
    kept = tuple(events)
    notes = notes_of_events(event for event in kept if isinstance(event, NoteOn | NoteOff))
    others = [event for event in kept if isinstance(event, Control | Other)]
    return in_order([*others, *events_of_notes(note for note in notes if note.end > note.start)])
