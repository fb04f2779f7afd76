from threading import Thread

import pytest

from livecomposer.errors import PortError
from livecomposer.faults import Fault, Faults
from livecomposer.messages import silence
from livecomposer.midi import ports
from livecomposer.midi.output_port import OutputPort
from livecomposer.midi.port_watcher import Offer
from tests.fakes import FakeClient, counted
from tests.midi.port_scenarios import KEY, outcome


def an_outlet(client, faults=None):
    """An outlet on a fake client."""
    return OutputPort(
        "synth", faults=faults, open_port=lambda wanted: ports.Port(client, name=f"{wanted}!", api="fake")
    )


def test_what_is_sent_goes_out_unchanged():
    """The driver is given the very bytes."""
    client = FakeClient()
    output_port = an_outlet(client)
    output_port.send(KEY)
    assert [KEY] == client.sent
    assert ("synth!", 0.0) == (output_port.name, output_port.latency)
    output_port.close()


def test_closing_silences_the_channels_that_were_used():
    """Only the channels that carried something are told to be silent, before the port goes."""
    client = FakeClient()
    with an_outlet(client) as output_port:
        output_port.send(KEY)
    assert [KEY, *silence([2])] == client.sent
    assert ["close_port", "delete"] == client.calls


def test_closing_twice_closes_once():
    """The second close sends nothing and touches no driver."""
    client = FakeClient()
    output_port = an_outlet(client)
    output_port.close()
    output_port.close()
    assert ["close_port", "delete"] == client.calls
    assert [] == client.sent


def test_a_failing_send_is_counted_and_not_raised():
    """Neither the player nor the driver's callback sees the failure."""
    client = FakeClient(broken=True)
    with an_outlet(client, faults := Faults()) as output_port:
        output_port.send(KEY)
        output_port.send(KEY)
        assert {Fault.OUTPUT_FAILED: 2} == counted(faults)


def test_sending_after_closing_is_counted_and_reaches_no_driver():
    """A deleted rtmidi client would take the process with it; it is not called."""
    client = FakeClient()
    output_port = an_outlet(client, faults := Faults())
    output_port.close()
    output_port.send(KEY)
    assert {Fault.OUTPUT_FAILED: 1} == counted(faults)
    assert [] == client.sent


def test_several_threads_may_send_at_once():
    """Every message of eight threads goes out whole."""
    client = FakeClient()
    with an_outlet(client) as output_port:
        threads = [Thread(target=lambda: [output_port.send(KEY) for _ in range(200)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [KEY] * 1600 == client.sent


def test_the_last_words_of_a_real_port_arrive(jack):
    """What is sent just before closing, the silence included, still reaches the other program."""
    assert [list(message) for message in [KEY, *silence([2])]] == outcome("last_words")


def test_a_clock_uses_no_channel():
    """What it sent leaves nothing to be silenced."""
    client = FakeClient()
    with an_outlet(client) as output_port:
        output_port.realtime(b"\xf8")
    assert [b"\xf8"] == client.sent


def mending(client, *, patient=False, there=True, pauses=None):
    """An outlet of a system that has to be asked, and a function that offers it ports."""

    def open_port(wanted):
        if not there:
            raise PortError(wanted)
        return ports.Port(client, name="synth!", api="fake")

    fresh, said = FakeClient(), []
    output_port = OutputPort(
        "synth",
        patient=patient,
        open_port=open_port,
        open_at=lambda kind, api, name, **_: ports.Port(fresh, name=name, api=api),
        pause=(pauses if pauses is not None else []).append,
    )

    def offer(*names):
        found = Offer(systems=frozenset({"fake"}), targets=tuple(("fake", name) for name in names))
        output_port.heal(found, print, said.append)

    return output_port, fresh, offer, said


PROGRAM, PEDAL, LIFTED = bytes([0xC2, 5]), bytes([0xB2, 64, 127]), bytes([0xB2, 64, 0])


def test_a_synthesiser_that_comes_back_is_silenced_and_told_what_stands():
    """Program and pedal, and no note of before or meanwhile; then it plays as ever."""
    client = FakeClient()
    output_port, fresh, offer, said = mending(client)
    for data in (PROGRAM, PEDAL, KEY):
        output_port.send(data)
    offer()
    assert output_port.away
    output_port.send(KEY)
    assert [PROGRAM, PEDAL, KEY] == client.sent
    offer("synth 2")
    output_port.send(KEY)
    assert [*silence([2]), PROGRAM, PEDAL, KEY] == fresh.sent
    assert ["output 'synth!' is gone; it is awaited", "output 'synth 2' is there and is played to"] == said
    assert "synth 2" == output_port.name


def test_what_was_lifted_meanwhile_is_not_down_when_it_is_back():
    """What stands is known while nobody is there."""
    output_port, fresh, offer, _ = mending(FakeClient())
    output_port.send(PEDAL)
    offer()
    output_port.send(LIFTED)
    offer("synth")
    assert [*silence([2]), LIFTED] == fresh.sent


def test_a_patient_outlet_waits_for_its_port():
    """One that is not is an error."""
    output_port, fresh, offer, _ = mending(FakeClient(), patient=True, there=False)
    assert output_port.away
    output_port.send(PROGRAM)
    offer("synth")
    assert [*silence([2]), PROGRAM] == fresh.sent
    with pytest.raises(PortError):
        mending(FakeClient(), there=False)


def test_a_connection_is_given_time_before_anything_is_sent_over_it():
    """What is sent in the very period is lost."""
    pauses = []
    _, _, offer, _ = mending(FakeClient(), pauses=pauses)
    offer()
    offer("synth")
    assert [0.05] == pauses


def test_a_second_synthesiser_on_our_port_is_told_what_stands_but_hushes_nobody():
    """The first one goes on sounding."""
    client, own = FakeClient(), "livecomposer:livecomposer"
    output_port = OutputPort(
        "virtual",
        open_port=lambda _: ports.Port(client, name="livecomposer", api="Jack", own=own),
        pause=lambda _: None,
    )
    output_port.send(PROGRAM)
    for peers in ([], ["a:in"], ["a:in", "b:in"]):
        links = frozenset((own, peer) for peer in peers)
        output_port.heal(Offer(systems=frozenset({"Jack"}), own=frozenset({own}), links=links), print, print)
    assert [PROGRAM, *silence([2]), PROGRAM, PROGRAM] == client.sent


def test_whoever_listens_for_echoes_is_told_before_a_message_goes_out():
    """Else the echo might be the first to arrive."""
    client = FakeClient()
    output_port = an_outlet(client)
    seen = []
    output_port.on_send = lambda data: seen.append((data, list(client.sent)))
    output_port.send(KEY)
    output_port.realtime(bytes([0xF8]))
    assert [(KEY, [])] == seen
    output_port.close()
