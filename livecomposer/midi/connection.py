"""One port of ours over a set: what it is connected to, what it waits for, what to do about it. Pure."""

from dataclasses import dataclass

from livecomposer.midi.port_watcher import Link, Offer
from livecomposer.midi.ports import JACK, VIRTUAL, Port, match

__all__ = ["Arrived", "Connect", "Connection", "Lost", "Open", "Step"]


@dataclass(frozen=True, slots=True)
class Lost:
    """What was at the other end of our port is gone, or the port itself with its system."""

    name: str
    last: bool
    """Nothing else is connected there."""
    dead: bool = False
    """Our own port is gone as well."""


@dataclass(frozen=True, slots=True)
class Open:
    """The port ``name`` of ``system`` is there and is to be opened."""

    system: str
    name: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Our port is there, and so is what it belongs to: connect them."""

    link: Link


@dataclass(frozen=True, slots=True)
class Arrived:
    """Something is connected to our port."""

    name: str
    first: bool
    """Nothing else was."""


Step = Lost | Open | Connect | Arrived


class Connection:
    """Follows one port of ours from offer to offer. ``wanted``: as for opening; empty for any port."""

    def __init__(self, wanted: str, *, is_input: bool, port: Port | None = None) -> None:
        self.wanted = wanted
        self._is_input = is_input
        self._system = port.api if port else ""  # where it was opened last
        self._name = port.name if port else ""  # what it was opened to last
        self._own = ""
        self._open = False
        self._seen = False  # our own port, in an offer
        self._peers: frozenset[str] | None = None  # unknown until the first offer
        self._before: frozenset[str] = frozenset()
        if port is not None:
            self.opened(port)

    def opened(self, port: Port) -> None:
        """Our port has been opened, as :class:`Open` asked."""
        self._system, self._name, self._own = port.api, port.name, port.own
        self._open, self._seen, self._peers = True, False, None

    def look(self, offer: Offer) -> list[Step]:
        """What is to be done, one after the other, now that there is what ``offer`` says."""
        offered = offer.sources if self._is_input else offer.targets
        steps = self._lost(offer, offered)
        if self._open and self._own:
            steps += self._linked(offer, offered)
        elif not self._open:
            steps += self._found(offer, offered)
        self._before = frozenset(name for system, name in offered if system == JACK)
        return steps

    @property
    def _virtual(self) -> bool:
        return self.wanted.casefold() == VIRTUAL

    def _lost(self, offer: Offer, offered: tuple[tuple[str, str], ...]) -> list[Step]:
        if not self._open:
            return []
        if self._own:
            self._seen = self._seen or self._own in offer.own
            gone = self._system not in offer.systems or (self._seen and self._own not in offer.own)
        else:
            gone = not self._virtual and (self._system, self._name) not in offered
        if not gone:
            return []
        self._open = False
        return [Lost("JACK server" if self._own else self._name, last=True, dead=True)]

    def _linked(self, offer: Offer, offered: tuple[tuple[str, str], ...]) -> list[Step]:
        if not self._seen:  # the offer is older than our port
            return []
        now, before, steps = offer.peers(self._own), self._peers, list[Step]()
        if before is None:
            before = now if self._virtual else frozenset({self._name})
        steps += [Lost(name, last=not now) for name in sorted(before - now)]
        steps += [Arrived(name, first=not before & now) for name in sorted(now - before)]
        fresh = tuple(port for port in offered if self._peers is None or port[1] not in self._before)
        if not self._virtual and not now and (found := self._match(fresh)):
            steps.append(Connect((found[1], self._own) if self._is_input else (self._own, found[1])))
        self._peers = now
        return steps

    def _found(self, offer: Offer, offered: tuple[tuple[str, str], ...]) -> list[Step]:
        if self._virtual:
            return [Open(self._system, VIRTUAL)] if self._system in offer.systems else []
        found = self._match(offered)
        return [Open(*found)] if found else []

    def _match(self, offered: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
        again = [port for port in offered if port[1] == self._name]
        return next(iter(again), None) or match(self.wanted, offered)
