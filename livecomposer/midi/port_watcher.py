"""What becomes of MIDI ports while we play: told by the patch bay's process, which may die without harm."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Thread, current_thread
from typing import Any, Self

from livecomposer.faults import Fault, Faults
from livecomposer.midi.ports import JACK, NAME

__all__ = ["Heal", "Link", "Offer", "PortWatcher"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_JOIN_SECONDS = 2.0

Link = tuple[str, str]
"""An output and the input that it is connected to, on JACK."""

_COMMAND = (sys.executable, "-m", "livecomposer.midi.port_watcher_process")


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is at one moment: ports as ``(system, name)``, and on JACK our own ports and their connections."""

    systems: frozenset[str] = frozenset()
    sources: tuple[tuple[str, str], ...] = ()
    """What can be listened to."""
    targets: tuple[tuple[str, str], ...] = ()
    """What can be played to."""
    own: frozenset[str] = frozenset()
    links: frozenset[Link] = frozenset()
    clients: frozenset[str] = field(default=frozenset())
    """Clients of our name on JACK, ours and other sessions'."""

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Offer":
        """From what the patch bay prints."""
        on_jack = found.get(JACK, {})
        own = frozenset(n for n in (*on_jack.get("outputs", ()), *on_jack.get("inputs", ())) if n.startswith(NAME))
        return cls(
            systems=frozenset(found),
            sources=_foreign(found, "outputs", own),
            targets=_foreign(found, "inputs", own),
            own=own,
            links=frozenset((output, input_) for output, input_ in on_jack.get("links", ())),
            clients=frozenset(name.split(":")[0] for name in own),
        )

    def peers(self, own: str) -> frozenset[str]:
        """What our port ``own`` is connected to."""
        return frozenset(b if a == own else a for a, b in self.links if own in (a, b))


def _foreign(found: Mapping[str, Any], side: str, own: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((system, name) for system, kinds in found.items() for name in kinds[side] if name not in own)


Heal = Callable[[Offer, Callable[[Link], None], Callable[[str], None]], None]
"""Mends what is broken, now that there is what the offer says, connects ports on JACK, and tells what it did.

It may raise :class:`PortError`, and is then called again.
"""


class PortWatcher:
    """Calls ``on_offer`` whenever the ports change, from its own thread; a context manager.

    A process that ends is started again, later and later where it never says anything. What ``on_offer`` raised, and
    lines that make no sense, are counted.
    ``command``: the process to listen to.
    """

    def __init__(
        self, on_offer: Callable[[Offer], None], *, faults: Faults | None = None, command: Iterable[str] = _COMMAND
    ) -> None:
        self._faults = faults or Faults()
        self._on_offer = on_offer
        self._command = list(command)
        self._over = Flag()
        self._process: subprocess.Popen[str] | None = None
        self._thread = Thread(target=self._run, name="port watcher", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self, link: Link) -> None:
        """Have two ports on JACK connected; that it is done the next offer shows."""
        self._ask([link])

    def look_again(self) -> None:
        """Have the same offer told once more, in a second: something did not open."""
        self._ask([])

    def _ask(self, links: list[Link]) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError, ValueError):  # it has just ended: the next one's first offer tells all anew
                process.stdin.write(json.dumps(links) + "\n")
                process.stdin.flush()

    def close(self) -> None:
        """Look no more; once closed nothing happens."""
        self._over.set()
        if self._process is not None:
            self._process.kill()
        if self._thread.is_alive() and current_thread() is not self._thread:
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._over.is_set():
            offers = self._listen()
            pause = _FIRST_PAUSE if offers else min(2 * pause, _LONGEST_PAUSE)
            self._over.wait(pause)

    def _listen(self) -> int:
        """Until the process ends; how many lines it printed."""
        lines = 0
        with subprocess.Popen(  # noqa: S603
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"JACK_NO_START_SERVER": "1"},
            start_new_session=True,  # Ctrl-C is for the session, which ends it
        ) as process:
            self._process = process
            if self._over.is_set():
                process.kill()
            for line in process.stdout or ():
                lines += 1
                self._notify(line)
        return lines

    def _notify(self, line: str) -> None:
        try:
            if not self._over.is_set():
                self._on_offer(Offer.of(json.loads(line)))
        except Exception as error:  # noqa: BLE001  # one port that cannot be mended must not keep the others from it
            self._faults.count(Fault.PORTS_FAILED, error)
