"""OSC in, over the loopback."""

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.control.surfaces.osc_in import PREFIX, Receiver, Responder, decoded, encoded, host_and_port, received
from livecomposer.errors import PortError, SettingError
from livecomposer.faults import Fault, Faults
from livecomposer.session.commands.table import COMMANDS
from tests.control.desks import NotedDesk
from tests.fakes import counted

ANY_PORT = ("127.0.0.1", 0)


class Pupil:
    """Learns nothing; ``asked`` is what it was to learn."""

    def __init__(self):
        self.asked = []

    def learn(self, name):
        """Remember the name."""
        self.asked.append(name)


class Post:
    """A receiver whose loop never comes: ``later`` is what waits."""

    def __init__(self):
        self.dispatcher, self.later, self.silenced = NotedDesk(), [], 0
        soon = lambda *call: self.later.append(call)  # noqa: E731
        self.faults = Faults()
        self.receiver = Receiver(
            ANY_PORT, Responder(self.dispatcher), silence=self.silence, soon=soon, faults=self.faults
        )

    def silence(self):
        """Count it."""
        self.silenced += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.receiver.close()


def said(dispatcher, name, *values, learning=None):
    """What is answered to one message."""
    return Responder(dispatcher, learning).answer(PREFIX + name, values)


@pytest.mark.parametrize(
    ("text", "address"), [("127.0.0.1:8766", ("127.0.0.1", 8766)), ("stage.local:0", ("stage.local", 0))]
)
def test_a_host_and_port_are_read(text, address):
    """As a setting has them."""
    assert address == host_and_port("osc", text)


@pytest.mark.parametrize("text", ["", "8766", ":8766", "here:", "here:65536", "here:x"])
def test_what_is_no_host_and_port_is_refused(text):
    """In one line with the setting's name."""
    with pytest.raises(SettingError, match=r"^osc = .*wanted host:port"):
        host_and_port("osc", text)


def test_numbers_come_back_as_they_were_meant():
    """OSC's 24 bits are rounded; what is on or off goes as 1 or 0."""
    assert [("/a", (0.95, 1, "b"))] == decoded(encoded("/a", 0.95, True, "b"))


@given(st.binary(max_size=64))
def test_no_packet_whatever_it_holds_raises(packet):
    """It is a list of messages or nothing."""
    found = decoded(packet)
    assert found is None or all(isinstance(address, str) for address, _ in found)


def test_what_strangers_send_is_counted_and_not_printed(caplog):
    """The parser would log an empty packet, and every unknown type in one."""
    with Post() as post:
        for packet in (b"", b"/a\0\0,?\0\0", b"#bundle\0" + bytes(12)):
            post.receiver.take(packet, None)
    assert not caplog.records
    assert post.faults[Fault.OSC_MALFORMED]


def test_a_value_is_set_and_says_so_to_the_journal():
    """A whole number may come as a fraction."""
    dispatcher = NotedDesk()
    assert [] == said(dispatcher, "creative_risk", 1.5) + said(dispatcher, "polyphony", 3.0) + said(
        dispatcher, "mode", "respond"
    )
    assert [("creative_risk", 1.5, "osc"), ("polyphony", 3, "osc"), ("mode", "respond", "osc")] == dispatcher.noted


def test_a_setting_without_a_value_is_a_question():
    """Answered on its own address."""
    dispatcher = NotedDesk()
    assert [("/livecomposer/creative_risk", (1.0,))] == said(dispatcher, "creative_risk")
    assert [] == dispatcher.noted


def test_an_action_is_done_but_not_when_a_button_is_let_go():
    """Pages send 1 and then 0; a switch follows both, and without a value is turned over."""
    dispatcher = NotedDesk()
    for name, *values in (("undo",), ("undo", 1.0), ("undo", 0.0), ("mute", 1.0), ("mute", 0.0), ("mute",)):
        said(dispatcher, name, *values)
    assert [("undo", None), ("undo", None), ("mute", True), ("mute", False), ("mute", True)] == [
        noted[:2] for noted in dispatcher.noted
    ]


def test_the_list_has_every_command_and_its_value():
    """Or the one that is asked for."""
    dispatcher = NotedDesk()
    assert list(COMMANDS) == [values[0] for _, values in said(dispatcher, "list")]
    assert [(PREFIX + "list", ("mute", "switch", False))] == said(dispatcher, "list", "mute")
    assert [(PREFIX + "list", ("panic", "action"))] == said(dispatcher, "list", "panic")


def test_a_knob_can_be_learned_by_osc():
    """Where there are controllers."""
    pupil = Pupil()
    said(NotedDesk(), "learn", "mute", learning=pupil)
    said(NotedDesk(), "learn", learning=pupil)
    assert ["mute", ""] == pupil.asked
    (answer,) = said(NotedDesk(), "learn", "mute")
    assert PREFIX + "error" == answer[0]


@pytest.mark.parametrize(
    ("name", "values"), [("creative_risk", (9.0,)), ("creative_riks", ()), ("mode", (3,)), ("list", ("x",))]
)
def test_what_is_wrong_is_answered_in_one_line(name, values):
    """To whoever asked; nothing is done."""
    dispatcher = NotedDesk()
    ((address, (line,)),) = said(dispatcher, name, *values)
    assert PREFIX + "error" == address
    assert "\n" not in line
    assert [] == dispatcher.noted


def test_other_programs_addresses_are_none_of_our_business():
    """Not even answered."""
    assert [] == Responder(NotedDesk()).answer("/mixer/mute", (1,))


def test_panic_waits_for_no_loop():
    """In the receiver's own thread; letting the button go is no panic."""
    with Post() as post:
        post.receiver.take(encoded(PREFIX + "panic"), ANY_PORT)
        post.receiver.take(encoded(PREFIX + "panic", 0.0), ANY_PORT)
        assert 1 == post.silenced
        assert 2 == len(post.later)


def test_too_much_at_once_is_dropped_and_counted():
    """At most 256 messages wait for the loop; panic never does."""
    with Post() as post:
        for _ in range(300):
            post.receiver.take(encoded(PREFIX + "panic"), ANY_PORT)
        assert (256, 300) == (len(post.later), post.silenced)
    assert {Fault.OSC_CROWDED_OUT: 44} == counted(post.faults)


async def test_a_message_is_done_and_answered_to_its_sender():
    """Over a real socket; what is no OSC is counted."""
    dispatcher, faults = NotedDesk(), Faults()
    async with received(
        ANY_PORT, Responder(dispatcher), silence=dispatcher.panic, notify=print, faults=faults
    ) as receiver:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.connect(receiver.address)
            for packet in (b"noise", encoded(PREFIX + "creative_risk", 1.5), encoded(PREFIX + "creative_risk")):
                line.send(packet)
            async with asyncio.timeout(20):
                answer = await asyncio.get_running_loop().sock_recv(line, 1024)
    assert [("/livecomposer/creative_risk", (1.5,))] == decoded(answer)
    assert {Fault.OSC_MALFORMED: 1} == counted(faults)


async def test_an_answer_that_does_not_leave_is_counted():
    """Whoever asked is not there: here the address is none."""
    post = Post()
    post.receiver._answer(PREFIX + "creative_risk", (), ("127.0.0.1", 0))
    post.receiver.close()
    assert {Fault.OSC_UNSENT: 1} == counted(post.faults)


async def test_an_address_that_is_taken_is_told_and_the_music_goes_on():
    """A second session has no OSC."""
    told = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(ANY_PORT)
        how = {"silence": list, "faults": Faults()}
        async with received(other.getsockname(), Responder(NotedDesk()), notify=told.append, **how) as receiver:
            assert receiver is None
        with pytest.raises(PortError):
            Receiver(other.getsockname(), Responder(NotedDesk()), soon=list, **how)
    assert told[0].startswith("no OSC at 127.0.0.1:")
