"""What is done about one port as others come and go."""

import pytest

from livecomposer.midi.connection import Arrived, Connect, Connection, Lost, Open
from livecomposer.midi.port_watcher import Offer
from livecomposer.midi.ports import Port
from tests.fakes import FakeClient

OWN = "livecomposer:livecomposer"


def port(name="keys:out", *, api="Jack", own=OWN):
    """An open port."""
    return Port(FakeClient(), name=name, api=api, own=own)


def on_jack(*sources, links=(), own=True):
    """An offer of JACK's."""
    return Offer(
        systems=frozenset({"Jack"}),
        sources=tuple(("Jack", name) for name in sources),
        own=frozenset({OWN} if own else ()),
        links=frozenset((name, OWN) for name in links),
    )


def on_alsa(*sources):
    """An offer of a system that has to be asked."""
    return Offer(systems=frozenset({"ALSA"}), sources=tuple(("ALSA", name) for name in sources))


def test_nothing_is_done_while_all_is_well():
    """The same offer twice asks for nothing."""
    connection = Connection("keys", is_input=True, port=port())
    assert [[], []] == [connection.look(on_jack("keys:out", links=["keys:out"])) for _ in range(2)]


def test_a_program_that_ends_is_lost_and_its_return_is_told():
    """JACK's connection is made again by the patch bay; here it is only noticed."""
    connection = Connection("keys", is_input=True, port=port())
    connection.look(on_jack("keys:out", links=["keys:out"]))
    assert [Lost("keys:out", last=True)] == connection.look(on_jack())
    assert [Arrived("keys:out", first=True)] == connection.look(on_jack("keys:out", links=["keys:out"]))


def test_what_comes_back_under_another_name_that_fits_is_connected():
    """As where a system numbers its devices."""
    connection = Connection("keys", is_input=True, port=port("keys [20]:out"))
    connection.look(on_jack("keys [20]:out", links=["keys [20]:out"]))
    connection.look(on_jack())
    assert [Connect(("keys [24]:out", OWN))] == connection.look(on_jack("keys [24]:out"))


def test_what_the_performer_disconnects_stays_disconnected():
    """Both ends are there, so it was meant."""
    connection = Connection("keys", is_input=True, port=port())
    connection.look(on_jack("keys:out", links=["keys:out"]))
    assert [Lost("keys:out", last=True)] == connection.look(on_jack("keys:out"))
    assert [] == connection.look(on_jack("keys:out", "others:out"))


def test_what_vanished_before_the_first_look_is_lost_too():
    """And connected where it is there again."""
    connection = Connection("keys", is_input=True, port=port())
    assert [Lost("keys:out", last=True), Connect(("keys:out", OWN))] == connection.look(on_jack("keys:out"))


def test_an_offer_older_than_our_port_says_nothing_about_it():
    """A port that was just opened is not taken for dead."""
    assert [] == Connection("keys", is_input=True, port=port()).look(on_jack("keys:out", own=False))


@pytest.mark.parametrize("after", [Offer(), on_jack(own=False)])
def test_a_server_that_dies_takes_our_port_along(after):
    """Whether or not another runs in its place by the time we look."""
    connection = Connection("virtual", is_input=True, port=port("livecomposer"))
    connection.look(on_jack())
    assert [Lost("JACK server", last=True, dead=True)] == [
        step for step in connection.look(after) if isinstance(step, Lost)
    ]
    assert [Open("Jack", "virtual")] == connection.look(on_jack(own=False))


def test_programs_that_connect_to_our_own_port_are_told_apart():
    """Of two, the first and the last are marked."""
    connection = Connection("virtual", is_input=True, port=port("livecomposer"))
    connection.look(on_jack())
    assert [Arrived("a:o", first=True)] == connection.look(on_jack(links=["a:o"]))
    assert [Arrived("b:o", first=False)] == connection.look(on_jack(links=["a:o", "b:o"]))
    assert [Lost("a:o", last=False)] == connection.look(on_jack(links=["b:o"]))
    assert [Lost("b:o", last=True)] == connection.look(on_jack())


def test_elsewhere_a_device_is_opened_anew():
    """A system that closes the port with the device lets us open it again by part of its name."""
    connection = Connection("nord", is_input=True, port=port("Nord 20:0", api="ALSA", own=""))
    assert [] == connection.look(on_alsa("Nord 20:0"))
    assert [Lost("Nord 20:0", last=True, dead=True)] == connection.look(on_alsa("Other 24:0"))
    assert [Open("ALSA", "Nord 28:0")] == connection.look(on_alsa("Other 24:0", "Nord 28:0"))
    connection.opened(port("Nord 28:0", api="ALSA", own=""))
    assert [] == connection.look(on_alsa("Nord 28:0"))


def test_any_keyboard_is_the_first_that_comes():
    """The one that was there before is preferred."""
    connection = Connection("", is_input=True)
    assert [] == connection.look(Offer())
    assert [Open("ALSA", "A")] == connection.look(on_alsa("A", "B"))
    connection.opened(port("B", api="ALSA", own=""))
    connection.look(on_alsa())
    assert [Open("ALSA", "B")] == connection.look(on_alsa("A", "B"))


def test_a_virtual_port_elsewhere_never_dies():
    """It is in no list, and that means nothing."""
    assert [] == Connection("virtual", is_input=True, port=port("livecomposer", api="ALSA", own="")).look(on_alsa())
