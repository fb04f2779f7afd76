"""What the performer plays while nobody listens. Pure."""

from livecomposer.events import SUSTAIN, Control, Event, NoteOff, NoteOn

__all__ = ["Freeze"]


class Freeze:
    """While it is ``on``, keys and pedals that go down are kept from the companion, and so is their coming up.

    What was down before is let go of as it comes up, so that nothing goes on sounding in the companion's mind.
    """

    def __init__(self) -> None:
        self.on = False
        self._unheard: set[int] = set()

    def keeps(self, event: Event) -> bool:
        """Whether ``event`` is not to be listened to."""
        if isinstance(event, NoteOn):
            (self._unheard.add if self.on else self._unheard.discard)(event.pitch)
            return self.on
        if isinstance(event, NoteOff):
            unheard = event.pitch in self._unheard
            self._unheard.discard(event.pitch)
            return unheard
        lifts = isinstance(event, Control) and event.number == SUSTAIN and event.value < 64
        return self.on and not lifts
