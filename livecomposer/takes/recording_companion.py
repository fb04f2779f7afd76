"""A companion whose every call is written down, so that it can be played again."""

from collections.abc import Callable
from dataclasses import asdict

from livecomposer.beats import Beats
from livecomposer.companion.companion import Companion
from livecomposer.companion.requests import Feed, Step
from livecomposer.events import Event, NoteEvent
from livecomposer.settings import Settings
from livecomposer.takes.call_log import Call, as_json, encoded, encoded_beats, encoded_event, encoded_events

__all__ = ["CallWriter", "RecordingCompanion", "companion_of"]

_MOST_CALLS = 2_000
"""As many wait for the next :meth:`CallWriter.write`; then they are written anyway."""


class CallWriter:
    """Gathers calls and hands them on as lines: ``n``, the number of the line, ``at`` (microseconds) and ``calls``."""

    def __init__(self, put: Callable[[dict[str, object]], None] | None = None) -> None:
        self.put = put
        """Who takes the lines; until there is someone they wait."""
        self._calls: list[Call] = []
        self._lines = 0

    def note(self, what: str, moment: float, with_: str = "") -> None:
        """One more call, at ``moment`` (seconds, on the grid of :func:`.call_log.grid`)."""
        self._calls.append(Call(what, round(moment * 1e6), with_))
        if len(self._calls) >= _MOST_CALLS:
            self.write()

    def write(self) -> None:
        """Hand on what there is."""
        if self._calls and self.put is not None:
            calls, self._calls = self._calls, []
            at = calls[0].at
            self.put({"n": self._lines, "at": at, "calls": encoded(calls, since=at)})
            self._lines += 1


class RecordingCompanion(Companion):
    """As its base, in every way. What is only asked, and changes nothing, is not written down."""

    def __init__(self, settings: Settings, *, seed: int, writer: CallWriter) -> None:
        super().__init__(settings, seed=seed)
        self._writer = writer
        self._pulses = 0  # how often the pulse was asked for
        self._last_pulse: Beats | None = None

    def adapt(self, settings: Settings, now: float) -> bool:
        """Written down once it has gone well: one that fails changes nothing."""
        before = asdict(self.settings)
        gives_way = super().adapt(settings, now)
        values = {name: value for name, value in asdict(settings).items() if value != before[name]}
        self._writer.note("a", now, as_json(values))
        return gives_way

    def hear(self, event: Event) -> bool:
        """With its bytes."""
        self._writer.note("h", event.time, encoded_event(event))
        return super().hear(event)

    def freeze(self, now: float, *, on: bool) -> None:
        """On or off."""
        self._writer.note("f", now, str(int(on)))
        super().freeze(now, on=on)

    def want(self, now: float) -> Feed | Step | None:
        """Its moment alone."""
        self._writer.note("w", now)
        return super().want(now)

    def accept(self, wanted: Step, id_: int, now: float) -> tuple[bool, float | None]:
        """With the id, wanted or not."""
        self._writer.note("i", now, str(id_))
        return super().accept(wanted, id_, now)

    def commit(self, now: float) -> list[NoteEvent]:
        """With what is played."""
        due = super().commit(now)
        self._writer.note("c", now, encoded_events(due, at=round(now * 1e6)))
        return due

    def give_way(self, now: float) -> None:
        """Its moment alone, as are all that follow."""
        self._writer.note("y", now)
        super().give_way(now)

    def halt(self, now: float) -> None:
        """Its moment."""
        self._writer.note("s", now)
        super().halt(now)

    def trigger(self, now: float) -> bool:
        """Its moment."""
        self._writer.note("t", now)
        return super().trigger(now)

    def begin(self, now: float) -> bool:
        """Its moment; a new piece."""
        self._writer.note("n", now)
        return super().begin(now)

    def undo(self, now: float) -> bool:
        """Its moment."""
        self._writer.note("u", now)
        return super().undo(now)

    def reroll(self, now: float) -> bool:
        """Its moment."""
        self._writer.note("r", now)
        return super().reroll(now)

    def lost(self, now: float) -> bool:
        """Its moment."""
        self._writer.note("l", now)
        return super().lost(now)

    def found(self, now: float) -> bool:
        """Its moment."""
        self._writer.note("b", now)
        return super().found(now)

    def engine_changed(self, model: str, now: float) -> None:
        """Written down, though the companion itself knows no engine."""
        self._writer.note("e", now, as_json(model))

    def write_down(self) -> None:
        """Hand on what the writer has."""
        self._writer.write()

    def _beats(self, now: float) -> Beats | None:
        beats = super()._beats(now)
        if beats != self._last_pulse:
            self._last_pulse = beats
            self._writer.note("p", now, f"{self._pulses}:{encoded_beats(beats)}")
        self._pulses += 1
        return beats


def companion_of(settings: Settings, *, seed: int, writer: CallWriter | None) -> Companion:
    """One that ``writer`` writes down, where there is one; raises :class:`SettingError`."""
    if writer is None:
        return Companion(settings, seed=seed)
    return RecordingCompanion(settings, seed=seed, writer=writer)
