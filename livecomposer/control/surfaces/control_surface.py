"""Controllers: knobs, buttons, keys and pedals that ask for commands, and what shows them the answer.

What is bound never reaches the music, nor thru; all else does. Only ``panic`` is done in the driver's thread, at once;
the rest goes to the loop, whose queue MIDI's own rate bounds (about a thousand messages a second).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from livecomposer.control.surfaces.bindings import RELATIVE, Address, Binding, Controls, reading
from livecomposer.control.surfaces.gestures import Gesture
from livecomposer.control.surfaces.midi_learn import MidiLearn
from livecomposer.errors import SettingError
from livecomposer.midi.controller_feedback import ControllerFeedback
from livecomposer.session.background import background
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.session.commands.table import Kind

__all__ = ["ControlSurface", "played_on"]

_GIVE_UP_LOOK_SECONDS = 1.0


class ControlSurface:
    """Everything that is bound, during one performance.

    ``soon`` runs a function in the loop's thread. Only :meth:`gate` may be called by any thread.
    """

    def __init__(
        self,
        controls: Controls,
        dispatcher: Dispatcher,
        *,
        silence: Callable[[], None],
        soon: Callable[..., object],
        notify: Callable[[str], None],
        feedback: ControllerFeedback | None = None,
    ) -> None:
        self.controls = controls
        self.learning: MidiLearn | None = None
        self._dispatcher = dispatcher
        self._silence = silence
        self._soon = soon
        self._notify = notify
        self._feedback = feedback
        self._gestures: dict[Binding, Gesture] = {}
        self._turning: Binding | None = None  # the knob whose move is being carried out
        self._shown: dict[Address, bytes] = {}
        self._refused = ""
        self._keys: set[Address] = set()  # that are down and are no music

    def gate(self, data: bytes) -> bool:
        """Whether ``data`` belongs to a control and is no music; what it asks for is under way."""
        is_learning = self.learning is not None and self.learning.is_waiting
        read = reading(data) if is_learning or self.controls.may_have(data) else None
        if read is None:
            return False
        address, value = read
        if self.learning is not None and self.learning.wants(address, value):
            self._keys.add(address)
            self._soon(self._learn, address)
            return True
        binding = self.controls.find(address)
        if binding is None or self._ends_music(address, value):
            return False
        if binding.command.name != "panic":
            self._soon(self.moved, binding, data)
        elif self._gesture(binding).move(value, None) is not None:
            self._silence()
            self._soon(self._do, binding, None)
        return True

    def bind(self, binding: Binding) -> None:
        """Put one more binding over the others."""
        self.controls = self.controls.under({binding.address: binding})

    def rebind(self, controls: Controls) -> None:
        """Bind ``controls`` and nothing else, and show what every command is set to."""
        self.controls = controls
        self._keys = {key for key in self._keys if controls.find(key) is not None}
        self._shown.clear()
        self.show_all()

    def moved(self, binding: Binding, data: bytes) -> None:
        """Carry out what a bound message asks for."""
        read = reading(data)
        if read is None or self._is_echo(binding, data):
            return
        name = binding.command.name
        ask = self._gesture(binding).move(read[1], self._dispatcher.value(name))
        if ask is not None:
            self._do(binding, ask.value)

    def changed(self, name: str, value: Any) -> None:
        """Show a command's new value on every control of its own, but not on the knob whose move it was."""
        for binding in self.controls:
            if binding.command.name != name:
                continue
            if binding is self._turning and not binding.is_button and binding.style not in RELATIVE:
                continue
            self._gesture(binding).let_go()
            self._show(binding, value)

    def show_all(self) -> None:
        """Show what every command is set to."""
        for binding in self.controls:
            if binding.command.kind is not Kind.ACTION:
                self._show(binding, self._dispatcher.value(binding.command.name))

    def _ends_music(self, address: Address, value: float) -> bool:
        """Whether a key comes up that was struck as music, before it was bound."""
        if address.kind != "note":
            return False
        if value:
            self._keys.add(address)
            return False
        known = address in self._keys
        self._keys.discard(address)
        return not known

    def _do(self, binding: Binding, value: Any) -> None:
        self._turning = binding
        try:
            self._dispatcher.do(binding.command.name, value, source=str(binding.address))
        except SettingError as error:
            if str(error) != self._refused:  # a knob says it a hundred times
                self._notify(str(error))
            self._refused = str(error)
        finally:
            self._turning = None

    def _show(self, binding: Binding, value: Any) -> None:
        message = binding.shown(value)
        if message is None or self._feedback is None:
            return
        if binding.feedback is not None:
            self._shown[binding.feedback] = message
        self._feedback.send(message)

    def _is_echo(self, binding: Binding, data: bytes) -> bool:
        """Whether a fader says no more than where it was just sent: its own rounding would then move the command."""
        if binding.is_button or binding.feedback is None or binding.style in RELATIVE:
            return False
        return self._shown.pop(binding.feedback, b"") == data

    def _gesture(self, binding: Binding) -> Gesture:
        gesture = self._gestures.get(binding)
        if gesture is None:
            gesture = self._gestures[binding] = Gesture(binding)
        return gesture

    def _learn(self, address: Address) -> None:
        learning = self.learning
        binding = None if learning is None else learning.learned(address)
        if learning is not None and binding is not None:
            asyncio.get_running_loop().run_in_executor(None, lambda: self._notify(learning.save(binding)))


@asynccontextmanager
async def played_on(
    surface: ControlSurface, filters: list[Callable[[bytes], bool]], dispatcher: Dispatcher
) -> AsyncIterator[ControlSurface]:
    """The controls work, until left."""
    unwatch = dispatcher.watch(surface.changed)
    filters.append(surface.gate)
    surface.show_all()
    try:
        async with background(_give_up(surface)):
            yield surface
    finally:
        filters.remove(surface.gate)
        unwatch()


async def _give_up(surface: ControlSurface) -> None:
    """Tell of what was to be learned and was not."""
    while True:
        await asyncio.sleep(_GIVE_UP_LOOK_SECONDS)
        if surface.learning is not None:
            surface.learning.expire()
