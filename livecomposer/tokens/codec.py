"""Events to ids and back, one event at a time.

Both directions keep the same few facts (the step reached, the velocity in force, what sounds), so that decoding what
was encoded gives the same music, and encoding what was decoded gives the same ids. Time is quantised from an origin,
never from the event before, so that rounding does not add up.
"""

from livecomposer.events import SUSTAIN, Event, NoteEvent, NoteOff, NoteOn, Role
from livecomposer.tokens.vocabulary import VOCABULARY, Kind, velocity_bin, velocity_of_bin
from livecomposer.units import seconds_to_steps, steps_to_seconds

__all__ = ["Decoder", "Encoder", "Sustain"]

_SHIFT = VOCABULARY.first(Kind.TIME_SHIFT)
_VELOCITY = VOCABULARY.first(Kind.VELOCITY)
_ON = {role: VOCABULARY.first(Kind.NOTE_ON, role) for role in Role}
_OFF = {role: VOCABULARY.first(Kind.NOTE_OFF, role) for role in Role}
_MAX_SHIFT = VOCABULARY.max_shift


class Encoder:
    """Note events in time order to ids. ``origin`` is the moment of step 0 in seconds.

    No note is shorter than a step: a note-off in the step of its note-on waits for the next step. ``dropped`` counts
    events that cannot be told: a note-off of what does not sound, and a key struck twice within one step. A key struck
    again later while it sounds ends its earlier note there.
    """

    def __init__(self, *, origin: float = 0.0) -> None:
        self.origin = origin
        self.step = 0
        self.velocity: int | None = None
        self.sounding: dict[tuple[Role, int], int] = {}
        """The step at which each sounding (role, pitch) began."""
        self.dropped = 0
        self._waiting: list[tuple[Role, int]] = []

    def sounding_pitches(self, role: Role) -> set[int]:
        """The pitches that ``role`` has sounding."""
        return {pitch for sounding_role, pitch in self.sounding if sounding_role is role}

    def copy(self) -> "Encoder":
        """An independent twin."""
        twin = Encoder(origin=self.origin)
        twin.step, twin.velocity, twin.dropped = self.step, self.velocity, self.dropped
        twin.sounding, twin._waiting = self.sounding.copy(), self._waiting.copy()
        return twin

    def encode(self, event: NoteEvent) -> list[int]:
        """The ids of one event; an event earlier than the last one counts as simultaneous with it."""
        return self._begin(event) if isinstance(event, NoteOn) else self._end(event)

    def advance(self, moment: float) -> list[int]:
        """Time shifts up to ``moment`` (seconds), as many whole seconds as fit, then the rest; waiting note-offs."""
        step = seconds_to_steps(moment - self.origin)
        if step <= self.step:
            return []
        return [*self.flush(), *self._shift(step - self.step)]

    def flush(self) -> list[int]:
        """The note-offs that wait for the next step, if there are any, and the step to them."""
        if not self._waiting:
            return []
        ids = self._shift(1) + [_OFF[role] + pitch for role, pitch in self._waiting]
        for key in self._waiting:
            del self.sounding[key]
        self._waiting.clear()
        return ids

    def _begin(self, event: NoteOn) -> list[int]:
        key = (event.role, event.pitch)
        ids = self.advance(event.time)
        if self.sounding.get(key) == self.step:  # bounced: one note, which lasts until it is ended again
            self._waiting = [waiting for waiting in self._waiting if waiting != key]
            self.dropped += 1
            return ids
        if key in self.sounding:
            ids.append(_OFF[event.role] + event.pitch)
        self.sounding[key] = self.step
        return [*ids, *self._to_velocity(event.velocity), _ON[event.role] + event.pitch]

    def _end(self, event: NoteOff) -> list[int]:
        key = (event.role, event.pitch)
        if key not in self.sounding or key in self._waiting:
            self.dropped += 1
            return []
        ids = self.advance(event.time)
        if self.sounding[key] == self.step:
            self._waiting.append(key)
            return ids
        del self.sounding[key]
        return [*ids, _OFF[event.role] + event.pitch]

    def _shift(self, steps: int) -> list[int]:
        self.step += steps
        whole, rest = divmod(steps, _MAX_SHIFT)
        return [_SHIFT + _MAX_SHIFT - 1] * whole + ([_SHIFT + rest - 1] if rest else [])

    def _to_velocity(self, velocity: int) -> list[int]:
        bin_ = velocity_bin(velocity)
        if bin_ == self.velocity:
            return []
        self.velocity = bin_
        return [_VELOCITY + bin_]


class Decoder:
    """Ids to note events. ``origin`` is the moment of step 0 in seconds."""

    def __init__(self, *, origin: float = 0.0, step: int = 0, velocity: int | None = None) -> None:
        self.origin = origin
        self.step = step
        self.velocity = velocity

    @property
    def time(self) -> float:
        """The moment reached, in seconds."""
        return self.origin + steps_to_seconds(self.step)

    def decode(self, id_: int) -> NoteEvent | None:
        """The event that an id says, if it says one; shifts and velocities are remembered."""
        token = VOCABULARY.tokens[id_]
        if token.kind is Kind.TIME_SHIFT:
            self.step += token.value
        elif token.kind is Kind.VELOCITY:
            self.velocity = token.value
        elif token.kind is Kind.NOTE_ON and token.role is not None:
            bin_ = self.velocity if self.velocity is not None else velocity_bin(64)
            return NoteOn(self.time, token.value, velocity_of_bin(bin_), token.role)
        elif token.kind is Kind.NOTE_OFF and token.role is not None:
            return NoteOff(self.time, token.value, token.role)
        return None


class Sustain:
    """Moves note-offs under a held pedal (CC64) to the pedal's release; everything else passes.

    A key struck again under the pedal first ends its earlier sound. One instance a player.
    """

    def __init__(self) -> None:
        self.down = False
        self._held: dict[int, Role] = {}

    def copy(self) -> "Sustain":
        """An independent twin."""
        twin = Sustain()
        twin.down, twin._held = self.down, self._held.copy()
        return twin

    def apply(self, event: Event) -> list[NoteEvent]:
        """The note events that ``event`` amounts to."""
        if isinstance(event, NoteOn):
            role = self._held.pop(event.pitch, None)
            return [event] if role is None else [NoteOff(event.time, event.pitch, role), event]
        if isinstance(event, NoteOff):
            if not self.down:
                return [event]
            self._held[event.pitch] = event.role
        elif getattr(event, "number", None) == SUSTAIN:
            return self._pedal(event.time, down=getattr(event, "value", 0) >= 64)
        return []

    def _pedal(self, time: float, *, down: bool) -> list[NoteEvent]:
        self.down = down
        if down:
            return []
        released: list[NoteEvent] = [NoteOff(time, pitch, role) for pitch, role in sorted(self._held.items())]
        self._held.clear()
        return released
