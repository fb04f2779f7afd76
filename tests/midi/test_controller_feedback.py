"""The port to what a controller shows, without ports."""

import pytest

from livecomposer.errors import PortError
from livecomposer.faults import Fault, Faults
from livecomposer.midi.controller_feedback import ControllerFeedback, open_lamps
from livecomposer.midi.port_watcher import Offer
from livecomposer.midi.ports import Port
from tests.fakes import FakeClient, counted

LIT = b"\xb0\x15\x40"


def opened(client):
    """What opens a port on a fake client."""
    return lambda name: Port(client, name=name, api="fake")


def refuse(name):
    """A port that is in use."""
    raise PortError(f"{name} is in use")


def there(*names):
    """What a system says that has to be asked."""
    return Offer(systems=frozenset({"fake"}), targets=tuple(("fake", name) for name in names))


def lamps_on(*clients, port=True, faults=None):
    """Lamps of a controller called "two", open or awaited, that is given one client after the other."""
    left = list(clients)

    def open_at(_kind, api, name, **_):
        return Port(left.pop(0), name=name, api=api)

    first = Port(left.pop(0), name="two [1]", api="fake") if port else None
    return ControllerFeedback(first, wanted="two", faults=faults, open_at=open_at, pause=lambda _: None)


def healed(feedback, *offers):
    """What is told at each offer, and how often the controller had to be shown all."""
    said, shown = [], []
    feedback.returned = lambda: shown.append(1)
    for offer in offers:
        feedback.heal(offer, print, said.append)
    return said, len(shown)


def test_the_controllers_own_port_is_opened():
    """The first whose name is one of its; one that is not there, or in use, is awaited."""
    client = FakeClient()
    feedback = open_lamps(["TWO"], offered=lambda: ["one", "two", "two b"], open_port=opened(client))
    feedback.send(LIT)
    assert ("two", [LIT]) == (feedback.name, client.sent)
    assert "" == open_lamps(["two"], offered=lambda: ["one"], open_port=opened(client)).name
    assert "" == open_lamps(["one"], offered=lambda: ["one"], open_port=refuse).name
    feedback.close()


def test_a_controller_that_is_unplugged_is_counted():
    """The music goes on."""
    feedback = lamps_on(FakeClient(broken=True), faults=(faults := Faults()))
    feedback.send(LIT)
    assert {Fault.FEEDBACK_FAILED: 1} == counted(faults)
    feedback.close()


def test_a_controller_that_comes_back_is_found_and_shown_all():
    """Under another number too; what was sent meanwhile is dropped."""
    before, after = FakeClient(), FakeClient()
    feedback = lamps_on(before, after)
    assert ([], 0) == healed(feedback, there("two [1]"), there())
    feedback.send(LIT)
    assert (["controller 'two [2]' is shown what is"], 1) == healed(feedback, there("two [2]"), there("two [2]"))
    feedback.send(LIT)
    assert ([], [LIT], 1) == (before.sent, after.sent, before.calls.count("close_port"))
    feedback.close()


def test_a_controller_that_comes_late_is_shown_all():
    """It was not there at the start."""
    client = FakeClient()
    feedback = lamps_on(client, port=False)
    feedback.send(LIT)
    assert 1 == healed(feedback, there("one"), there("one", "two [1]"))[1]
    feedback.send(LIT)
    assert ("two [1]", [LIT]) == (feedback.name, client.sent)
    feedback.close()


def test_one_that_does_not_open_is_tried_again():
    """The error goes to whoever mends, which asks for another look."""
    feedback = ControllerFeedback(None, wanted="two", open_at=lambda *_, **__: refuse("two"), pause=lambda _: None)
    for _ in range(2):
        with pytest.raises(PortError, match="in use"):
            feedback.heal(there("two"), print, print)


def test_one_that_opens_after_the_end_is_closed():
    """It was found while everything was being struck."""
    client = FakeClient()
    feedback = lamps_on(client, port=False)
    feedback.close()
    feedback.heal(there("two"), print, lambda _: None)
    feedback.send(LIT)
    assert ([], 1) == (client.sent, client.calls.count("close_port"))


def test_closing_makes_no_silence_there():
    """CC 64, 120 and 123 may be lamps; once closed nothing happens."""
    client = FakeClient()
    feedback = lamps_on(client)
    feedback.send(LIT)
    feedback.close()
    feedback.close()
    assert [LIT] == client.sent
    assert 1 == client.calls.count("close_port")
