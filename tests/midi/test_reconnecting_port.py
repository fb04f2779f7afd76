"""One port that goes and comes, without ports."""

import pytest

from livecomposer.errors import PortError
from livecomposer.midi.connection import Arrived, Lost, Open
from livecomposer.midi.port_watcher import Offer
from livecomposer.midi.ports import Port
from livecomposer.midi.reconnecting_port import ReconnectingPort
from tests.fakes import FakeClient

KEY = bytes([0x90, 60, 80])
OWN = "livecomposer:livecomposer"


def on_alsa(*names):
    """What a system says that has to be asked."""
    return Offer(systems=frozenset({"ALSA"}), sources=tuple(("ALSA", name) for name in names))


def on_jack(*sources, links=(), own=True):
    """What JACK says; ``own``: our own port is there."""
    return Offer(
        systems=frozenset({"Jack"}),
        sources=tuple(("Jack", name) for name in sources),
        own=frozenset({OWN} if own else ()),
        links=frozenset((name, OWN) for name in links),
    )


class Keyboard:
    """An input called "nord", and what was asked when it was opened anew."""

    def __init__(self, *, there=True, api="ALSA", own="", refuses=False):
        self.client, self.fresh, self.asked, self.links = FakeClient(), FakeClient(), [], []
        self.refuses = refuses
        port = Port(self.client, name="nord 20", api=api, own=own) if there else None
        self.port = ReconnectingPort("input", "nord", port, open_at=self.open_at)

    def open_at(self, kind, api, name, **how):
        """A port on the second client."""
        if self.refuses:
            raise PortError(f"{name} is in use")
        self.asked.append((kind, api, name, how["again"]))
        return Port(self.fresh, name=name, api=api)

    def mended(self, offer):
        """What became of it."""
        return list(self.port.mended(offer, self.links.append))


def test_one_that_goes_is_closed_and_one_that_comes_is_opened_in_its_place():
    """Under the name that it has by then; what is sent meanwhile is dropped."""
    nord = Keyboard()
    assert [Lost("nord 20", last=True, dead=True)] == nord.mended(on_alsa())
    nord.port.send(KEY)
    assert (None, "nord 20", ["close_port", "delete"]) == (nord.port.open, nord.port.name, nord.client.calls)
    assert [Open("ALSA", "nord 28")] == nord.mended(on_alsa("nord 28"))
    nord.port.send(KEY)
    assert ("nord 28", [KEY], []) == (nord.port.name, nord.fresh.sent, nord.client.sent)
    assert [] == nord.mended(on_alsa("nord 28"))


def test_a_loss_is_told_before_the_port_closes():
    """So that whoever owns it can let go of what it held."""
    nord = Keyboard()
    for _ in nord.port.mended(on_alsa(), print):
        assert [] == nord.client.calls
    assert ["close_port", "delete"] == nord.client.calls


def test_what_was_never_there_is_awaited_by_the_name_that_is_wanted():
    """Any whose name contains it will do."""
    nord = Keyboard(there=False)
    assert "nord" == nord.port.name
    assert [] == nord.mended(on_alsa("casio"))
    assert [Open("ALSA", "nord 2")] == nord.mended(on_alsa("casio", "nord 2"))


def test_a_port_whose_server_died_is_touched_no_more():
    """Its client would hang; the next is opened under the name that others know."""
    nord = Keyboard(api="Jack", own=OWN)
    assert [Lost("JACK server", last=True, dead=True)] == nord.mended(Offer())
    assert [] == nord.client.calls
    assert [Open("Jack", "nord 20")] == nord.mended(on_jack("nord 20", own=False))
    assert [("input", "Jack", "nord 20", OWN)] == nord.asked


def test_on_jack_what_comes_back_is_connected_to_the_port_that_stayed():
    """It is asked for, and told once it is done."""
    nord = Keyboard(api="Jack", own=OWN)
    nord.mended(on_jack("nord 20", links=["nord 20"]))
    assert [Lost("nord 20", last=True)] == nord.mended(on_jack())
    assert [] == nord.mended(on_jack("nord 24"))
    assert [("nord 24", OWN)] == nord.links
    assert [Arrived("nord 24", first=True)] == nord.mended(on_jack("nord 24", links=["nord 24"]))
    assert [] == nord.client.calls


def test_one_that_does_not_open_is_tried_at_the_next_offer():
    """The error is for whoever mends."""
    nord = Keyboard(there=False, refuses=True)
    with pytest.raises(PortError, match="in use"):
        nord.mended(on_alsa("nord 2"))
    nord.refuses = False
    assert [Open("ALSA", "nord 2")] == nord.mended(on_alsa("nord 2"))


def test_one_that_opens_after_the_end_is_closed_and_not_told():
    """It was being opened when we were closed."""
    nord = Keyboard(there=False)
    nord.port.close()
    assert [] == nord.mended(on_alsa("nord 2"))
    assert (None, ["close_port", "delete"]) == (nord.port.open, nord.fresh.calls)


def test_once_closed_nothing_is_sent_and_nothing_closed_again():
    """A client that is deleted would take the process with it."""
    nord = Keyboard()
    nord.port.close()
    nord.port.close()
    nord.port.send(KEY)
    assert ([], ["close_port", "delete"]) == (nord.client.sent, nord.client.calls)
