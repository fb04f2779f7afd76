"""Which ports are open: watched, mended when they come loose, and exchanged for others while music plays.

Ports are mended in the port watcher's thread and exchanged in another, never both at once; the loop and the player wait
for neither. What is to be opened is opened before anything is closed: where that fails, all stays as it was.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, nullcontext, suppress
from functools import partial
from threading import Event as Flag
from threading import Lock

from livecomposer.clocks import Clock
from livecomposer.errors import LivecomposerError, PortError, SettingError
from livecomposer.faults import Faults
from livecomposer.midi import ports
from livecomposer.midi.file_player import FilePlayer
from livecomposer.midi.input_ports import InputPorts
from livecomposer.midi.output_port import OutputPort
from livecomposer.midi.port_watcher import Heal, Offer, PortWatcher
from livecomposer.midi.reconnecting_port import SETTLE_SECONDS
from livecomposer.playing.sinks import Output, Sink
from livecomposer.session.ports.opening import in_loop, open_sink
from livecomposer.settings import Settings

__all__ = ["Hotplug"]

_KNOWN_WITHIN = 15.0
"""Seconds in which the port watcher tells its first offer, even on a busy machine."""
_EITHER = ("virtual", "synth")
"""What sounds where no output is named."""


class Hotplug:
    """``outlets``: what is played through, by the names in the settings; ``input_ports``: open or not, whoever plays.

    ``recorded``: the file that plays in place of a person, if one does.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        input_ports: InputPorts,
        recorded: FilePlayer | None,
        output: Output,
        outlets: Mapping[str, Sink],
        *,
        clock: Clock,
        faults: Faults | None = None,
        open_at: Callable[..., ports.Port] = ports.open_at,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.offer = Offer()
        """What there was to connect to when the port watcher told it last."""
        self.recorded = recorded
        """What plays in place of a person, or did."""
        self._settings = settings
        self._input_ports = input_ports
        self._output = output
        self._outlets = dict(outlets)
        self._clock = clock
        self._faults = faults
        self._open_at = open_at
        self._pause = pause
        self._known = Flag()
        self._lock = Lock()

    @property
    def listens(self) -> str:
        """Names of the inputs that are there."""
        return self._input_ports.name

    def take_seat(self) -> None:
        """End what plays in place of a person; where nothing does, nothing happens."""
        if self.recorded is not None:
            self.recorded.close()

    def close(self) -> None:
        """Listen no more; the outputs are their owner's to close."""
        self.take_seat()
        self._input_ports.close()

    @asynccontextmanager
    async def mended(
        self, notify: Callable[[str], None], others: Iterable[Heal] = (), *, watched: bool = False
    ) -> AsyncIterator[None]:
        """Ports that are unplugged are found again meanwhile, and what we send is not taken for the performer's.

        ``others`` that heal may come and go meanwhile. ``watched``: even where nothing can come loose yet.
        """
        for output_port in self._ports_out():
            output_port.on_send = self._input_ports.sent
        say, complaints = in_loop(notify), set[str]()

        def heal(offer: Offer) -> None:
            self.offer = offer
            self._known.set()
            with self._lock:
                for mend in (self._input_ports.heal, *(port.heal for port in self._ports_out()), *others):
                    try:
                        mend(offer, watcher.connect, say)
                    except PortError as error:
                        if str(error) not in complaints:
                            complaints.add(str(error))
                            say(f"{error} it is tried again")
                        watcher.look_again()

        watcher = PortWatcher(heal, faults=self._faults)
        with watcher if watched or self.recorded is None or self._ports_out() else nullcontext():
            yield

    def check_input(self, wanted: str) -> None:
        """Raises :class:`SettingError` for what cannot be chosen while music plays."""
        if wanted.lower().endswith((".mid", ".midi")):
            raise SettingError(f"input = {wanted!r}: a file plays from the start alone: jam --input FILE.mid")

    def check_output(self, wanted: str) -> None:
        """As :meth:`check_input`."""
        if ".wav" in wanted.lower():
            raise SettingError(f"output = {wanted!r}: a file is written from the start alone: jam --output FILE.wav")

    async def change_input(self, wanted: str) -> str:
        """Listen to ``wanted`` instead, and let go of what was held; a line that says to what.

        Raises :class:`PortError`, and then nothing has changed.
        """
        return await asyncio.to_thread(self._change_input, wanted)

    async def change_output(self, wanted: str) -> str:
        """Play through ``wanted`` instead; what sounded is silenced; a line that says through what.

        Raises :class:`PortError` or :class:`SoundError`, and then nothing has changed.
        """
        return await asyncio.to_thread(self._change_output, wanted)

    def _change_input(self, wanted: str) -> str:
        offer = self._looked()
        names = _named(wanted, offer.sources)
        if not wanted and not offer.sources:
            names.append(ports.VIRTUAL)
        with self._lock:
            self._input_ports.change(names, lambda name: self._found("input", offer, name, patient=not wanted))
        self.take_seat()
        return f"listening to {self._input_ports.name}"

    def _change_output(self, wanted: str) -> str:
        offer = self._looked()
        names = _named(wanted, offer.targets) if wanted else [*_EITHER]
        with self._lock:
            fresh = self._fresh(names, offer, patient=not wanted)
            gone = {name: sink for name, sink in self._outlets.items() if name not in names}
            self._output.exchange(list(gone.values()), list(fresh.values()))
            there = {**self._outlets, **fresh}
            self._outlets = {name: there[name] for name in names if name in there}
        for sink in gone.values():
            with suppress(Exception):  # it may be long gone
                sink.close()
        return f"playing to {', '.join(sink.name for sink in self._outlets.values())}"

    def _fresh(self, names: Iterable[str], offer: Offer, *, patient: bool) -> dict[str, Sink]:
        """What is not open yet, opened; where something fails to, nothing is, unless any of ``names`` will do."""
        open_port = partial(self._opened, "output", offer)
        opened: dict[str, Sink] = {}
        refusals: list[LivecomposerError] = []
        for name in names:
            if name not in self._outlets:
                try:
                    opened[name] = open_sink(
                        name, self._settings(), self._clock, faults=self._faults, open_port=open_port
                    )
                except LivecomposerError as error:
                    refusals.append(error)
        if refusals and not (patient and (opened or self._outlets.keys() & set(names))):
            for sink in opened.values():
                sink.close()
            raise refusals[0]
        outlets = [sink for sink in opened.values() if isinstance(sink, OutputPort)]
        for output_port in outlets:
            output_port.on_send = self._input_ports.sent
        if outlets:
            self._pause(SETTLE_SECONDS)
        return opened

    def _looked(self) -> Offer:
        if not self._known.wait(_KNOWN_WITHIN):
            raise PortError("which ports there are is not known yet; try again in a moment")
        return self.offer

    def _found(self, kind: str, offer: Offer, wanted: str, *, patient: bool) -> ports.Port | None:
        """The same, but ``None`` for one that is to be awaited."""
        try:
            return self._opened(kind, offer, wanted)
        except PortError:
            if patient:
                return None
            raise

    def _opened(self, kind: str, offer: Offer, wanted: str) -> ports.Port:
        """The port of ``offer`` that is ``wanted``."""
        if wanted.casefold() == ports.VIRTUAL:
            return self._virtual(kind, offer)
        offered = offer.sources if kind == "input" else offer.targets
        found = ports.match(wanted, offered)
        if found is not None:
            return self._open_at(kind, *found, taken=offer.clients)
        names = ", ".join(repr(name) for _, name in offered) or "none"
        raise PortError(f"no MIDI {kind} named like {wanted!r}; there are: {names}")

    def _virtual(self, kind: str, offer: Offer) -> ports.Port:
        for system in sorted(offer.systems):
            with suppress(PortError):
                return self._open_at(kind, system, ports.VIRTUAL, taken=offer.clients)
        raise PortError(f"no virtual MIDI {kind} here; start a JACK server, load snd-seq, or choose a real port")

    def _ports_out(self) -> list[OutputPort]:
        return [sink for sink in self._outlets.values() if isinstance(sink, OutputPort)]


def _named(wanted: str, offered: Iterable[tuple[str, str]]) -> list[str]:
    """The names in a setting; a port's own name may have a comma in it."""
    if wanted in {name for _, name in offered}:
        return [wanted]
    return [name.strip() for name in wanted.split(",")]
