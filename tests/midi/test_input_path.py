import pytest

from livecomposer.clocks import ManualClock
from livecomposer.errors import PortError
from livecomposer.events import Control, NoteOff, NoteOn, Other
from livecomposer.faults import Fault, Faults
from livecomposer.midi import ports
from livecomposer.midi.input_path import InputPath, Played
from livecomposer.midi.loopback import Input
from livecomposer.midi.routing import Router, Routing, Zone
from livecomposer.settings import Settings, changed
from tests.fakes import FakeClient, counted
from tests.midi.port_scenarios import FLOODS, outcome


def an_inlet(client, input_path=print):
    """An inlet on a fake client."""
    return Input(
        "keys", open_port=lambda wanted: ports.Port(client, name=f"{wanted}!", api="fake"), input_path=input_path
    )


def an_arrival(**more):
    """What comes in at 5 s."""
    return InputPath(**{"clock": ManualClock(5.0), "deliver": lambda event: None} | more)


def broken(*_args):
    """Anything that fails."""
    raise RuntimeError("the loop is closed")


def test_an_event_is_stamped_with_the_clock():
    """The event carries the moment of arrival on our own clock."""
    client, clock, got = FakeClient(), ManualClock(5.0), []
    with an_inlet(client, an_arrival(clock=clock, deliver=got.append)):
        client.receive(0x91, 60, 100)
        clock.advance(0.25)
        client.receive(0x81, 60, 0)
    assert [NoteOn(5.0, 60, 100), NoteOff(5.25, 60)] == [played.event for played in got]


def test_thru_comes_before_delivery_and_both_are_given_the_very_bytes():
    """The output hears the key before anything else of ours does; what it says comes with them."""
    order, bend = [], bytes([0xE2, 3, 80])
    an_arrival(thru=order.append, deliver=order.append)(bend)
    assert [bend, Played(Other(5.0, bend), bend)] == order
    assert order[0] is order[1].data is bend


def test_what_is_urgent_is_no_music():
    """It comes before thru; what it does not take goes on."""
    got = []
    input_path = an_arrival(thru=got.append, urgent=lambda data: data[0] == 0xB2)
    input_path(bytes([0xB2, 20, 127]))
    assert [] == got
    input_path(bytes([0xB1, 20, 127]))
    assert [bytes([0xB1, 20, 127])] == got


def test_a_broken_control_is_counted_and_the_music_goes_on():
    """Whatever it raises."""
    got = []
    input_path = an_arrival(deliver=got.append, urgent=broken, faults=(faults := Faults()))
    input_path(bytes([0xB1, 20, 127]))
    assert [Control(5.0, 20, 127)] == [played.event for played in got]
    assert {Fault.CONTROL_FAILED: 1} == counted(faults)


@pytest.mark.parametrize("data", [[0xF0, 1, 0xF7], [0xF8], [0xFE], [0x90, 60], [], [0x90, 60, 255]])
def test_only_channel_messages_pass(data):
    """Sysex, realtime and malformed messages reach neither thru nor the session."""
    got = []
    input_path = an_arrival(thru=got.append, deliver=got.append, faults=(faults := Faults()))
    input_path(bytes(data))
    assert [] == got
    assert {} == counted(faults)


def test_what_only_sounds_is_told_apart_from_what_feeds():
    """A key in a zone that sounds goes thru and is delivered as one that does not feed."""
    got, through = [], []
    router = Router(lambda: Routing.of(changed(Settings(), {"zones": "0-59 sounds, 100-127 control"})))
    input_path = an_arrival(deliver=got.append, thru=through.append, router=router)
    for pitch in (40, 60, 100):
        input_path(bytes([0x90, pitch, 1]))
    assert [(NoteOn(5.0, 40, 1), False), (NoteOn(5.0, 60, 1), True)] == [(one.event, one.feeds) for one in got]
    assert [40, 60] == [data[1] for data in through]


def test_of_two_keys_that_sound_as_one_the_first_release_may_feed_alone():
    """It ends what the companion knows, and sounds until the other is up."""
    got, through = [], []
    routings = [Routing(zones=(Zone.SOUNDS,) * 128), Routing(zones=(Zone.FEEDS,) * 128, transpose=1)]
    router = Router(lambda: routings[0])
    input_path = an_arrival(deliver=got.append, thru=through.append, router=router)
    input_path(bytes([0x90, 61, 1]))
    routings.reverse()
    input_path(bytes([0x90, 60, 1]))
    input_path(bytes([0x80, 60, 64]))
    assert [bytes([0x90, 61, 1])] * 2 == through
    assert Played(NoteOff(5.0, 61), bytes([0x80, 61, 64])) == got[-1]


def test_a_broken_thru_is_counted_and_the_event_still_arrives():
    """An output that fails neither reaches the driver nor deafens the companion."""
    got = []
    input_path = an_arrival(thru=broken, deliver=got.append, faults=(faults := Faults()))
    input_path(bytes([0x90, 60, 1]))
    input_path(bytes([0x90, 60, 0]))
    assert [NoteOn(5.0, 60, 1), NoteOff(5.0, 60)] == [played.event for played in got]
    assert {Fault.THRU_FAILED: 2} == counted(faults)


def test_a_broken_delivery_is_counted():
    """A closed event loop does not reach the driver, and thru goes on."""
    through = []
    input_path = an_arrival(thru=through.append, deliver=broken, faults=(faults := Faults()))
    input_path(bytes([0x90, 60, 1]))
    assert [bytes([0x90, 60, 1])] == through
    assert {Fault.DELIVERY_FAILED: 1} == counted(faults)


def test_the_seconds_of_thru_are_metered():
    """The meter is given the time from the stamp to the end of thru."""
    clock, meter = ManualClock(), []
    an_arrival(clock=clock, thru=lambda data: clock.advance(0.125), on_thru=meter.append)(bytes([0x90, 60, 1]))
    assert [0.125] == meter


def test_closing_twice_closes_once():
    """The port is closed and deleted a single time."""
    client = FakeClient()
    inlet = an_inlet(client)
    inlet.close()
    inlet.close()
    assert ["close_port", "delete"] == client.calls


def test_the_inlet_knows_its_ports_real_name():
    """The name is the system's, not what was asked for."""
    with an_inlet(FakeClient()) as inlet:
        assert "keys!" == inlet.name


def test_the_driver_is_told_to_keep_sysex_and_realtime():
    """What would be passed over anyway is not even handed up."""
    client = FakeClient()
    with an_inlet(client):
        assert {"sysex": True, "timing": True, "active_sense": True} == client.ignored


def test_a_port_that_does_not_open_leaves_no_inlet():
    """The error of the port goes through unchanged."""

    def refuse(wanted):
        raise PortError(wanted)

    with pytest.raises(PortError, match="keys"):
        Input("keys", input_path=print, open_port=refuse)


def test_keys_go_in_through_a_real_port_and_thru_comes_out_of_another(jack):
    """From one program's output, through our two virtual ports, to another's input; the stamp is our clock's."""
    pitches = [60, 61, 62, 63, 64]
    assert {"through": [True] * 5, "pitches": pitches, "in time": True, "errors": 0} == outcome("thru")


def test_closing_under_a_flood_of_keys_neither_hangs_nor_crashes(jack):
    """An inlet can be closed while the driver is calling it, and the process still ends well."""
    assert [[True, 0]] * FLOODS == outcome("flood")


def test_a_router_says_who_gets_what():
    """What sounds goes thru as it is routed, what feeds is delivered so, and a control map's key is neither."""
    through, got = [], []
    zones = (Zone.CONTROL,) * 36 + (Zone.SOUNDS,) * 24 + (Zone.FEEDS,) * 68
    router = Router(lambda: Routing(zones=zones, transpose=12, channel=4))
    input_path = an_arrival(thru=through.append, deliver=got.append, router=router)
    for pitch in (35, 59, 60):
        input_path(bytes([0x92, pitch, 100]))
    input_path(bytes([0xB2, 64, 50]))
    assert [bytes((0x94, 71, 100)), bytes((0x94, 72, 100)), bytes((0xB4, 64, 50))] == through
    assert through == [played.data for played in got]
    assert [NoteOn(5.0, 72, 100), Control(5.0, 64, 50)] == [played.event for played in got if played.feeds]
