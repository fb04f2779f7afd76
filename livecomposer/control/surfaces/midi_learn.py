"""MIDI learn: the next knob or key that moves is bound to a command, now and in the file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from livecomposer.clocks import Clock
from livecomposer.control.config_text import saved
from livecomposer.control.surfaces.bindings import MUSICAL, Address, Binding, layer_of
from livecomposer.control.surfaces.controller_maps import read
from livecomposer.errors import SettingError
from livecomposer.session.commands.table import Command, Kind, command

__all__ = ["PATIENCE", "MidiLearn"]

PATIENCE = 30.0
"""Seconds until what was to be learned is given up."""


class MidiLearn:
    """What is to be learned next. ``bind`` is told each new binding; it is then kept in ``file``.

    :meth:`wants` may be asked by any thread; all else belongs to the loop's.
    """

    def __init__(
        self, *, clock: Clock, file: Path, bind: Callable[[Binding], None], notify: Callable[[str], None]
    ) -> None:
        self._clock = clock
        self._file = file
        self._bind = bind
        self._notify = notify
        self._wanted: tuple[Command, float] | None = None  # the command, and until when

    @property
    def wanted(self) -> str:
        """The command that waits for its knob or key; empty for none."""
        wanted = self._wanted
        return wanted[0].name if wanted is not None and self._clock.now() < wanted[1] else ""

    @property
    def is_waiting(self) -> bool:
        """Whether anything waits, or has waited in vain; for whoever asks often."""
        return self._wanted is not None

    def learn(self, name: str) -> None:
        """Bind the next knob or key to the command ``name``; empty gives it up. Raises :class:`SettingError`."""
        if not name:
            self._wanted = None
            self._notify("nothing is learned")
            return
        layer_of({"cc:3": name}, where="learn")  # whether a bare control can ask for it
        self._wanted = (command(name), self._clock.now() + PATIENCE)
        self._notify(f"learning {name}: move a knob or press a key within {PATIENCE:g} s")

    def expire(self) -> None:
        """Say so if the time is over and nothing came."""
        if self._wanted is not None and not self.wanted:
            self._notify(f"{self._wanted[0].name} was not learned: nothing was moved; try again")
            self._wanted = None

    def wants(self, address: Address, value: float) -> bool:
        """Whether this message is what is waited for: a controller that is not music; a key, but not for a number."""
        wanted = self._wanted
        if wanted is None or self._clock.now() >= wanted[1]:
            return False
        if address.kind == "cc":
            return address.number not in MUSICAL
        return address.kind == "note" and value > 0 and wanted[0].kind is not Kind.NUMBER

    def learned(self, address: Address) -> Binding | None:
        """Bind ``address``; ``None`` if meanwhile nothing is waited for, or it cannot be bound (which is told).

        A controller is bound on every channel, a key on its own: pads and keys share numbers. Save it with
        :meth:`save`.
        """
        name, self._wanted = self.wanted, None
        if not name:
            return None
        address = replace(address, channel=None) if address.kind == "cc" else address
        try:
            binding = layer_of({str(address): name}, where="learn")[address]
        except SettingError as error:
            self._notify(f"{name} was not learned: {error}")
            return None
        if binding is not None:
            self._bind(binding)
            self._notify(f"learned: {address} is {name}")
        return binding

    def save(self, binding: Binding) -> str:
        """Keep ``binding`` in the file, and say what came of it in one line; may wait for the disk."""
        file, address = self._file, binding.address
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.exists():
                read(file)  # or its keys may be anything
            meant = {str(address): binding.command.name}
            saved(file, meant, table="controls", without=lambda key: Address.parse(key).meets(address))
        except (SettingError, OSError) as error:
            return f"{address} is {binding.command.name} for this session only: {error}"
        return f"{file}: {address} is {binding.command.name}"
