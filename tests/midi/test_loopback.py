"""Notes that come back, through a cable that is written down here."""

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.errors import PortError
from livecomposer.midi.loopback import loop_back
from livecomposer.midi.ports import Port
from tests.fakes import FakeClient


class Connection:
    """Both ends of a cable; a note takes ``trip`` seconds of the manual clock, and some never arrive."""

    def __init__(self, *, trip=0.002, lost=(), cut=False):
        self.clock = ManualClock()
        self.input, self.output = FakeClient(), FakeClient()
        self.output.send_message = self._pass_on
        self._trip, self._lost, self._cut = trip, set(lost), cut
        self.struck = []

    def _pass_on(self, data):
        struck = data[0] & 0xF0 == 0x90
        if self._cut or (struck and data[1] in self._lost):
            return
        if struck:
            self.struck.append(data[1])
            self.clock.advance(self._trip)
        self.input.receive(0x90, 99, 1)  # somebody plays meanwhile
        self.input.receive(*data)

    def measure(self, **options):
        return loop_back(
            "in",
            "out",
            clock=self.clock,
            open_input=lambda wanted: Port(self.input, name=wanted, api="fake"),
            open_output=lambda wanted: Port(self.output, name=wanted, api="fake"),
            **options,
        )


def test_each_note_is_timed_from_its_sending_to_its_stamp():
    """The first, which only finds the connection, is not among them."""
    connection = Connection()
    trips = connection.measure(count=5)
    assert [0.002] * 5 == pytest.approx(list(trips.seconds))
    assert 0 == trips.lost
    assert [0, 1, 2, 3, 4, 5] == connection.struck


def test_what_does_not_come_back_is_counted(monkeypatch):
    """The others are timed all the same."""
    monkeypatch.setattr("livecomposer.midi.loopback._LONGEST_TRIP", 0.01)
    trips = Connection(lost={2}).measure(count=3)
    assert (2, 1) == (len(trips.seconds), trips.lost)


def test_ports_that_are_not_connected_are_named_with_the_remedy():
    """In one line, after the time that was given; both ports are closed."""
    connection = Connection(cut=True)
    told = []
    with pytest.raises(PortError, match=r"'out' came back on 'in' within 0.2 s; connect the output to the input"):
        connection.measure(count=3, patience=0.2, opened=lambda *names: told.append(names))
    assert [("in", "out")] == told
    assert "close_port" in connection.input.calls
    assert "close_port" in connection.output.calls
