from threading import Thread

from livecomposer.midi import ports
from livecomposer.midi.outlet import Outlet
from livecomposer.midi.wire import silence
from tests.fakes import FakeClient
from tests.midi.port_scenarios import KEY, outcome


def an_outlet(client):
    """An outlet on a fake client."""
    return Outlet("synth", open_port=lambda wanted: ports.Port(client, name=f"{wanted}!", api="fake"))


def test_what_is_sent_goes_out_unchanged():
    """The driver is given the very bytes."""
    client = FakeClient()
    outlet = an_outlet(client)
    outlet.send(KEY)
    assert [KEY] == client.sent
    assert ("synth!", 0.0, 0) == (outlet.name, outlet.latency, outlet.errors)
    outlet.close()


def test_closing_silences_the_channels_that_were_used():
    """Only the channels that carried something are told to be silent, before the port goes."""
    client = FakeClient()
    with an_outlet(client) as outlet:
        outlet.send(KEY)
    assert [KEY, *silence([2])] == client.sent
    assert ["close_port", "delete"] == client.calls


def test_closing_twice_closes_once():
    """The second close sends nothing and touches no driver."""
    client = FakeClient()
    outlet = an_outlet(client)
    outlet.close()
    outlet.close()
    assert ["close_port", "delete"] == client.calls
    assert [] == client.sent


def test_a_failing_send_is_counted_and_not_raised():
    """Neither the player nor the driver's callback sees the failure."""
    client = FakeClient(broken=True)
    with an_outlet(client) as outlet:
        outlet.send(KEY)
        outlet.send(KEY)
        assert 2 == outlet.errors


def test_sending_after_closing_is_counted_and_reaches_no_driver():
    """A deleted rtmidi client would take the process with it; it is not called."""
    client = FakeClient()
    outlet = an_outlet(client)
    outlet.close()
    outlet.send(KEY)
    assert 1 == outlet.errors
    assert [] == client.sent


def test_several_threads_may_send_at_once():
    """Every message of eight threads goes out whole."""
    client = FakeClient()
    with an_outlet(client) as outlet:
        threads = [Thread(target=lambda: [outlet.send(KEY) for _ in range(200)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [KEY] * 1600 == client.sent


def test_the_last_words_of_a_real_port_arrive(jack):
    """What is sent just before closing, the silence included, still reaches the other program."""
    assert [list(message) for message in [KEY, *silence([2])]] == outcome("last_words")
