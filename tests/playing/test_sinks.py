"""The output: fan-out, ledger, silence."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.faults import Fault, Faults
from livecomposer.messages import ended_key, note_off, pedal_of, started_key
from livecomposer.playing.sinks import NullSink, Output, patiently
from tests.fakes import FakeSink, counted

ON, OFF, OFF_BY_ZERO = b"\x90\x3c\x50", b"\x80\x3c\x40", b"\x90\x3c\x00"
PEDAL_DOWN, PEDAL_UP = b"\xb0\x40\x7f", b"\xb0\x40\x00"
PANIC_0 = [b"\xb0\x40\x00", b"\xb0\x78\x00", b"\xb0\x7b\x00"]


def test_readers_of_messages():
    """Velocity 0 releases, 64 is the lowest pedal down, and other messages are nothing."""
    assert (0, 60) == started_key(ON)
    assert (3, 60) == ended_key(b"\x93\x3c\x00") == ended_key(note_off((3, 60)))
    assert started_key(OFF_BY_ZERO) is None
    assert ended_key(ON) is None
    assert [True, False, None, None] == [pedal_of(b"\xb0\x40" + bytes([v])) for v in (64, 63)] + [
        pedal_of(b"\xb0\x43\x7f"),
        pedal_of(ON),
    ]


def test_every_sink_hears_the_same():
    """One message reaches all sinks, unchanged and in order."""
    one, two = FakeSink(), FakeSink()
    output = Output([one, two, NullSink()])
    for data in (ON, b"\xe0\x00\x40", OFF):
        output.send(data)
    assert [ON, b"\xe0\x00\x40", OFF] == one.sent == two.sent


def test_ledger_follows_either_kind_of_note_off():
    """A note-off and a note-on of velocity 0 both end a note."""
    output = Output([])
    for off in (OFF, OFF_BY_ZERO):
        output.send(ON)
        assert {(0, 60)} == output.sounding()
        output.send(off)
        assert frozenset() == output.sounding()


def test_struck_again_ends_first():
    """A note-on for a sounding key is preceded by its note-off; another channel's key is another key."""
    sink = FakeSink()
    output = Output([sink])
    for data in (ON, ON, b"\x91\x3c\x50"):
        output.send(data)
    assert [ON, OFF, ON, b"\x91\x3c\x50"] == sink.sent
    assert {(0, 60), (1, 60)} == output.sounding()


def test_release_one_channel():
    """Release of a channel ends its notes and lifts its pedal, and leaves the others alone."""
    sink = FakeSink()
    output = Output([sink])
    for data in (ON, PEDAL_DOWN, b"\x91\x3c\x50", b"\xb1\x40\x7f"):
        output.send(data)
    sink.sent.clear()
    output.release(1)
    assert [b"\x81\x3c\x40", b"\xb1\x40\x00"] == sink.sent
    assert {(0, 60)} == output.sounding()
    output.release()
    assert [OFF, PEDAL_UP] == sink.sent[2:]
    output.release()
    assert 4 == len(sink.sent)


def test_pedal_ledger():
    """Nothing is lifted that is up: by CC64 below 64, or by a reset of all controllers."""
    sink = FakeSink()
    output = Output([sink])
    for data in (PEDAL_DOWN, b"\xb0\x40\x3f", PEDAL_DOWN, b"\xb0\x79\x00"):
        output.send(data)
    output.release()
    assert 4 == len(sink.sent)


def test_all_notes_off_passing_by_is_made_true():
    """CC123 ends each sounding note of its channel by name before it passes."""
    sink = FakeSink()
    output = Output([sink])
    for data in (ON, b"\x91\x3c\x50", b"\xb0\x7b\x00"):
        output.send(data)
    assert [OFF, b"\xb0\x7b\x00"] == sink.sent[2:]
    assert {(1, 60)} == output.sounding()


def test_panic_on_every_channel_ever_used():
    """Panic sends the ledger's note-offs, then pedal up, all sound off and all notes off on each used channel."""
    sink = FakeSink()
    output = Output([sink])
    output.send(b"\xc5\x00")
    output.send(ON)
    output.panic()
    assert [OFF, *PANIC_0, b"\xb5\x40\x00", b"\xb5\x78\x00", b"\xb5\x7b\x00"] == sink.sent[2:]
    assert frozenset() == output.sounding()
    output.send(ON)
    assert ON == sink.sent[-1]


def test_close_is_silent_final_and_idempotent():
    """Close makes silence, closes each sink once even if one raises, and lets nothing pass afterwards."""
    bad, good = FakeSink(broken=True), FakeSink()
    output = Output([bad, good], faults=(faults := Faults()))
    output.send(ON)
    output.close()
    output.close()
    output.send(ON)
    assert [ON, OFF, *PANIC_0] == good.sent
    assert (1, 1) == (bad.closed, good.closed)
    assert 1 == faults[Fault.REFUSED]


def test_failing_sink_is_left_out():
    """A sink that raises N times in a row gets no more; the other hears everything; panic still tries both."""
    bad, good = FakeSink("bad", broken=True), FakeSink("good")
    output = Output([bad, good], max_failures=2, faults=(faults := Faults()))
    for _ in range(4):
        output.send(b"\xe0\x00\x40")
    assert (2, 4) == (bad.tries, len(good.sent))
    assert {Fault.OUTPUT_FAILED: 2} == counted(faults)
    assert ("bad",) == output.dropped
    bad.broken = False
    output.panic()
    assert PANIC_0 == bad.sent
    output.send(ON)
    assert PANIC_0 == bad.sent
    assert ("bad",) == output.dropped


def test_one_success_forgives():
    """Failures count in a row: a sink that recovers starts from zero."""
    sink = FakeSink(broken=True)
    output = Output([sink], max_failures=2)
    for broken in (True, False, True):
        sink.broken = broken
        output.send(b"\xe0\x00\x40")
    assert () == output.dropped


def test_attached_sink_hears_what_follows():
    """A sink attached later gets messages from then on, and counts for the latency."""
    late = FakeSink(latency=0.02)
    output = Output([])
    output.send(ON)
    assert 0.0 == output.latency
    output.attach(late)
    output.send(OFF)
    assert [OFF] == late.sent
    assert 0.02 == output.latency


def test_what_fails_to_close_is_reported_with_its_reason():
    """A recording that the disk does not take is no secret."""
    reported, faults = [], Faults()
    faults.on_first = lambda *what: reported.append(what)
    output = Output([bad := FakeSink()], faults=faults)
    bad.broken = True
    output.close()
    ((fault, error),) = reported
    assert (Fault.OUTPUT_FAILED, "unplugged") == (fault, str(error))


@pytest.mark.parametrize("data", [b"", b"\x3c\x50", b"\x90\x3c", b"\xc0\x00\x00", b"\xf8", b"\xf0\x01\xf7"])
def test_not_a_channel_message(data):
    """Fragments and system messages are refused, counted, and never raise."""
    sink = FakeSink()
    output = Output([sink], faults=(faults := Faults()))
    output.send(data)
    assert [] == sink.sent
    assert {Fault.REFUSED: 1} == counted(faults)


def test_panic_does_not_wait_for_ever():
    """Silence goes out although another thread holds the output's lock and never lets go."""
    sink = FakeSink()
    output = Output([sink])
    output.send(ON)
    taken, done = threading.Event(), threading.Event()

    def hog():
        with output._lock:
            taken.set()
            done.wait()

    thread = threading.Thread(target=hog)
    thread.start()
    taken.wait()
    output.panic()
    done.set()
    thread.join()
    assert [OFF, *PANIC_0] == sink.sent[1:]


def test_patiently_says_whether_it_holds():
    """The lock is held inside, and free after."""
    lock = threading.RLock()
    with patiently(lock) as locked:
        assert locked
    free = []
    thread = threading.Thread(target=lambda: free.append(lock.acquire(blocking=False)))
    thread.start()
    thread.join()
    assert [True] == free


MESSAGES = st.one_of(
    st.tuples(st.sampled_from([0x90, 0x91, 0x80, 0x81]), st.integers(60, 63), st.integers(0, 127)),
    st.tuples(st.sampled_from([0xB0, 0xB1]), st.sampled_from([1, 64, 120, 121, 123]), st.integers(0, 127)),
).map(bytes)


@given(st.lists(MESSAGES, max_size=60))
def test_release_leaves_silence_whatever_passed(messages):
    """An independent reading of the wire finds nothing doubled on the way and nothing sounding after release."""
    sink = FakeSink()
    output = Output([sink])
    for data in messages:
        output.send(data)
    output.release()
    sounding, pedals = set(), set()
    for data in sink.sent:
        kind, channel = data[0] & 0xF0, data[0] & 15
        if kind == 0x90 and data[2]:
            assert (channel, data[1]) not in sounding
            sounding.add((channel, data[1]))
        elif kind in (0x80, 0x90):
            sounding.discard((channel, data[1]))
        elif data[1] in (64, 121):
            (pedals.add if data[1] == 64 and data[2] >= 64 else pedals.discard)(channel)
    assert set() == sounding == pedals


class Clocked(FakeSink):
    """A sink that can take a clock; as unreal as its base."""

    def realtime(self, data):
        """As any other message."""
        self.send(data)


def test_a_clock_goes_to_the_sinks_that_can_take_it():
    """A synthesiser is not one; a sink that fails does not stop the others; after closing nothing passes."""
    deaf, broken, good = FakeSink(), Clocked(broken=True), Clocked()
    output = Output([deaf, broken, good])
    output.realtime(b"\xf8")
    output.close()
    output.realtime(b"\xfc")
    assert [] == deaf.sent
    assert [b"\xf8"] == good.sent
    assert frozenset() == output.sounding()


def test_one_sink_takes_anothers_place():
    """What sounds ends everywhere, the one that goes is hushed, the new one is told what stands, others play on."""
    gone, stays, fresh = FakeSink(), FakeSink(), FakeSink()
    output = Output([gone, stays])
    pedal = bytes([0xB0, 64, 127])
    for data in (pedal, ON):
        output.send(data)
    output.exchange([gone], [fresh])
    hush = [bytes([0xB0, number, 0]) for number in (64, 120, 123)]
    assert [pedal, ON, OFF, *hush] == gone.sent
    assert [pedal, ON, OFF] == stays.sent
    assert [pedal] == fresh.sent
    assert frozenset() == output.sounding()
    output.send(ON)
    assert (ON, ON, OFF) == (stays.sent[-1], fresh.sent[-1], gone.sent[2])
    assert 0 == gone.closed


def test_a_panic_lifts_the_pedal_for_who_comes_later_too():
    """What stands is what was sent, not what a foot may still do."""
    fresh = FakeSink()
    output = Output([])
    output.send(bytes([0xB0, 64, 127]))
    output.panic()
    output.exchange([], [fresh])
    assert [bytes([0xB0, 64, 0])] == fresh.sent


def test_once_closed_who_comes_is_closed_too():
    """A sink that was being opened when the music ended."""
    fresh = FakeSink()
    output = Output([])
    output.close()
    output.exchange([], [fresh])
    assert (1, ()) == (fresh.closed, output.names)


def test_a_sink_that_fails_does_not_keep_others_from_their_places():
    """One that is unplugged is hardly to be hushed."""
    fresh = FakeSink()
    output = Output([broken := FakeSink()])
    output.send(ON)
    broken.broken = True
    output.exchange([broken], [fresh])
    assert (fresh.name,) == output.names
