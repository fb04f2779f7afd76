"""The port to what a controller shows, without ports."""

from livecomposer.errors import PortError
from livecomposer.midi.ports import Port
from livecomposer.session.lamps import Lamps, open_lamps
from tests.fakes import FakeClient


def opened(client):
    """What opens a port on a fake client."""
    return lambda name: Port(client, name=name, api="fake")


def refuse(name):
    """A port that is in use."""
    raise PortError(f"{name} is in use")


def test_the_controllers_own_port_is_opened():
    """The first whose name is one of its; nothing where there is none, or it is in use."""
    client = FakeClient()
    lamps = open_lamps(lambda name: "two" in name, offered=lambda: ["one", "two", "two b"], open_port=opened(client))
    lamps.send(b"\xb0\x15\x40")
    assert ("two", [b"\xb0\x15\x40"]) == (lamps.name, client.sent)
    assert open_lamps(lambda _: False, offered=lambda: ["one"], open_port=opened(client)) is None
    assert open_lamps(lambda _: True, offered=lambda: ["one"], open_port=refuse) is None
    lamps.close()


def test_a_controller_that_is_unplugged_is_counted():
    """The music goes on."""
    lamps = Lamps(Port(FakeClient(broken=True), name="gone", api="fake"))
    lamps.send(b"\xb0\x15\x40")
    assert 1 == lamps.errors
    lamps.close()


def test_closing_makes_no_silence_there():
    """CC 64, 120 and 123 may be lamps; once closed nothing happens."""
    client = FakeClient()
    lamps = Lamps(Port(client, name="lamps", api="fake"))
    lamps.send(b"\xb0\x15\x40")
    lamps.close()
    lamps.close()
    assert [b"\xb0\x15\x40"] == client.sent
    assert 1 == client.calls.count("close_port")
