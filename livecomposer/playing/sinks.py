"""Where sound goes: one output that feeds several sinks and knows, in a ledger, what sounds.

Works in wire bytes, one MIDI channel message at a time. Everything that sounds passes here, the performer's keys and
the companion's notes alike, so that silence can always be made from the ledger alone.
"""

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol, TypeVar

from livecomposer.channel_state import ChannelState
from livecomposer.faults import Fault, Faults
from livecomposer.messages import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    RESET_CONTROLLERS,
    Key,
    control_of,
    ended_key,
    is_channel_message,
    note_off,
    pedal_of,
    silence,
    started_key,
)

__all__ = ["NullSink", "Output", "Sink", "patiently"]

_SILENCING = {ALL_SOUND_OFF, *range(ALL_NOTES_OFF, 128)}
_PATIENCE = 0.1


@contextmanager
def patiently(lock: threading.RLock) -> Iterator[bool]:
    """The lock, or after 0.1 s no lock (``False``): silence matters more than order."""
    locked = lock.acquire(timeout=_PATIENCE)
    try:
        yield locked
    finally:
        if locked:
            lock.release()


class Sink(Protocol):
    """One place that sounds: a port, a synthesiser, a recorder."""

    @property
    def name(self) -> str:
        """What a performer calls it."""
        ...

    @property
    def latency(self) -> float:
        """Seconds from ``send`` to sound."""
        ...

    def send(self, data: bytes) -> None:
        """Take one MIDI channel message; from any thread, without blocking."""
        ...

    def close(self) -> None:
        """Let go of what is held; a second call does nothing."""
        ...


AnySink = TypeVar("AnySink", bound=Sink)


class NullSink:
    """Takes everything and sounds nothing."""

    name = "none"
    latency = 0.0

    def send(self, data: bytes) -> None:
        """Forget ``data``."""

    def close(self) -> None:
        """Do nothing."""


class Output:
    """One message to every sink, with a ledger of what it leaves sounding. Every method may be called by any thread.

    A key struck while it sounds is ended first, so that no synthesiser doubles it. A sink that raises
    ``max_failures`` times in a row gets no more messages, except those of a panic; the others never notice. Each
    failure is counted, and so is what is refused: whatever is not one whole channel message.
    """

    def __init__(self, sinks: Sequence[Sink], *, max_failures: int = 5, faults: Faults | None = None) -> None:
        self._sinks = list(sinks)
        self._channel_state = ChannelState()
        self._max_failures = max_failures
        self._failed_in_a_row = [0] * len(self._sinks)
        self._lock = threading.RLock()  # re-entrant: a signal handler may ask for silence in the middle of a send
        self._sounding: set[Key] = set()
        self._pedals: set[int] = set()
        self._channels: set[int] = set()
        self._closed = False
        self._faults = faults or Faults()

    @property
    def latency(self) -> float:
        """Seconds from ``send`` to sound at the slowest sink in use."""
        return max((sink.latency for sink in self._active()), default=0.0)

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """All that is fed, the failing ones too."""
        return tuple(self._sinks)

    @property
    def names(self) -> tuple[str, ...]:
        """What performers call the sinks."""
        return tuple(sink.name for sink in self._sinks)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Names of the sinks that failed too often."""
        return tuple(
            sink.name
            for sink, failed in zip(self._sinks, self._failed_in_a_row, strict=True)
            if failed >= self._max_failures
        )

    def attach(self, sink: AnySink) -> AnySink:
        """Feed one more sink, which is returned, from now on."""
        with patiently(self._lock):
            self._failed_in_a_row.append(0)
            self._sinks.append(sink)
        return sink

    def exchange(self, gone: Collection[Sink], fresh: Sequence[Sink]) -> None:
        """Feed ``fresh`` in place of ``gone``, which are silenced and stay open for their owner.

        What sounds ends everywhere, but a pedal that is down stays down: all that stands is told to ``fresh``. Once
        closed, ``fresh`` are closed too.
        """
        with patiently(self._lock):
            if self._closed:
                for sink in fresh:
                    sink.close()
                return
            self._end_notes(None, even_dropped=True)
            stays = [(s, failed) for s, failed in zip(self._sinks, self._failed_in_a_row, strict=True) if s not in gone]
            _notify(gone, silence(sorted(self._channels)))
            _notify(fresh, self._channel_state.messages())
            self._sinks = [*(sink for sink, _ in stays), *fresh]
            self._failed_in_a_row = [*(failed for _, failed in stays), *(0 for _ in fresh)]

    def send(self, data: bytes) -> None:
        """Pass one channel message to every sink; never raises. After ``close`` nothing passes."""
        with self._lock:
            if self._closed or not is_channel_message(data):
                self._faults.count(Fault.REFUSED, data.hex(" "))
                return
            self._begin(data)
            self._spread(data)
            self._end(data)

    def realtime(self, data: bytes) -> None:
        """Pass one message of a clock, which sounds nothing, to the sinks that can take it; never raises."""
        with self._lock:
            for sink in () if self._closed else self._active():
                take = getattr(sink, "realtime", None)
                if take is not None:
                    with suppress(Exception):  # a port that is lost is noticed by its notes
                        take(data)

    def sounding(self) -> frozenset[Key]:
        """The keys that have a note-on without a note-off, thru and companion alike."""
        with patiently(self._lock):
            return frozenset(self._sounding)

    def release(self, channel: int | None = None) -> None:
        """End what sounds and lift the pedal, on one channel or on all."""
        with patiently(self._lock):
            self._end_notes(channel)
            for down in sorted(self._pedals):
                if channel in (None, down):
                    self._spread(silence([down])[0])
                    self._pedals.discard(down)

    def panic(self) -> None:
        """Silence, at once: note-offs from the ledger, then CC64 0, CC120 and CC123 on every channel ever used.

        Failing sinks are tried too. A sink that hangs in another thread delays this by 0.1 s at most.
        """
        with patiently(self._lock):
            self._end_notes(None, even_dropped=True)
            for message in silence(sorted(self._channels)):
                self._spread(message, even_dropped=True)
            self._pedals.clear()

    def close(self) -> None:
        """Silence, then close every sink; a second call does nothing."""
        with patiently(self._lock):
            if self._closed:
                return
            self._closed = True
            self.panic()
        for sink in self._sinks:
            try:
                sink.close()
            except Exception as error:  # noqa: BLE001 - the others must be closed
                self._faults.count(Fault.OUTPUT_FAILED, error)

    def _begin(self, data: bytes) -> None:
        """What a message starts enters the ledger before it is sent, so that no interruption leaves it unknown."""
        key, channel = started_key(data), data[0] & 15
        self._channels.add(channel)
        if key is not None:
            if key in self._sounding:
                self._spread(note_off(key))
            self._sounding.add(key)
        elif pedal_of(data):
            self._pedals.add(channel)
        elif control_of(data) in _SILENCING:
            self._end_notes(channel)  # not every synthesiser obeys the message itself

    def _end(self, data: bytes) -> None:
        """What a message ends leaves the ledger after it was sent."""
        key = ended_key(data)
        if key is not None:
            self._sounding.discard(key)
        elif pedal_of(data) is False or control_of(data) == RESET_CONTROLLERS:
            self._pedals.discard(data[0] & 15)

    def _end_notes(self, channel: int | None, *, even_dropped: bool = False) -> None:
        for key in sorted(self._sounding):
            if channel in (None, key[0]):
                self._spread(note_off(key), even_dropped=even_dropped)
                self._sounding.discard(key)

    def _active(self) -> list[Sink]:
        pairs = zip(self._sinks, self._failed_in_a_row, strict=True)
        return [sink for sink, failed in pairs if failed < self._max_failures]

    def _spread(self, data: bytes, *, even_dropped: bool = False) -> None:
        self._channel_state.note(data)
        for i, sink in enumerate(self._sinks):
            out = self._failed_in_a_row[i] >= self._max_failures
            if out and not even_dropped:
                continue
            try:
                sink.send(data)
            except Exception as error:  # noqa: BLE001 - whatever a sink does, the others must sound
                self._failed_in_a_row[i] += 1
                self._faults.count(Fault.OUTPUT_FAILED, error)
            else:
                self._failed_in_a_row[i] = self._max_failures if out else 0


def _notify(sinks: Iterable[Sink], messages: Sequence[bytes]) -> None:
    for sink in sinks:
        with suppress(Exception):  # a port that is lost is noticed by its notes
            for data in messages:
                sink.send(data)
