"""When to send what, so that a slow instrument sounds in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.errors import SettingError
from livecomposer.faults import Fault, Faults
from livecomposer.messages import ended_key, started_key
from livecomposer.playing.device import Device, Shaper
from livecomposer.playing.scheduler import Scheduler
from tests.fakes import counted

PIANO = Device(name="piano", restrike_gap=0.06, slower=((1, 0.1), (101, 0.0)))


def on(pitch=60, velocity=101):
    """A note-on of the companion's."""
    return bytes((0x91, pitch, velocity))


def off(pitch=60):
    """Its note-off."""
    return bytes((0x81, pitch, 64))


def times(items):
    """Moments and first bytes."""
    return [(pytest.approx(due), data[0]) for due, data in items]


def test_a_plain_device_changes_nothing():
    """All is sent at its moment."""
    items = [(1.0, on()), (1.0, off()), (1.01, on())]
    assert items == Shaper(Device()).shaped(items, 0.0)
    assert 0 == Device().needs


def test_soft_notes_are_sent_earlier_than_loud_ones():
    """In proportion between the velocities that are named, and beyond them as the nearest."""
    assert [0.1, 0.05, 0.0, 0.0] == pytest.approx([PIANO.lead(velocity) for velocity in (1, 51, 101, 127)])
    late = Device(latency=0.5, slower=((64, 0.1),))
    assert [0.6, 0.6, 0.6] == pytest.approx([late.lead(velocity) for velocity in (1, 64, 127)])
    assert 0.6 == pytest.approx(late.needs)


def test_a_note_keeps_its_length():
    """Its note-off is sent as much earlier as its note-on."""
    assert [(0.95, on(velocity=51)), (1.45, off())] == [
        (pytest.approx(due), data) for due, data in Shaper(PIANO).shaped([(1.0, on(velocity=51)), (1.5, off())], 0.0)
    ]


def test_a_key_is_let_go_in_time_to_be_struck_again():
    """A note-off more is sent, the gap before the next note-on, which is on time."""
    sent = Shaper(PIANO).shaped([(1.0, on()), (1.5, off()), (1.51, on())], 0.0)
    assert [(pytest.approx(due), data[0]) for due, data in sent] == [
        (1.0, 0x91),
        (1.5, 0x81),
        (1.45, 0x81),
        (1.51, 0x91),
    ]


def test_a_short_note_keeps_half_and_the_next_comes_later():
    """Where the key cannot be let go early enough."""
    sent = Shaper(PIANO).shaped([(1.0, on()), (1.04, off()), (1.05, on()), (1.1, off())], 0.0)
    assert times(sent) == [(1.0, 0x91), (1.04, 0x81), (1.02, 0x81), (1.08, 0x91), (1.13, 0x81)]


def test_what_is_past_cannot_be_let_go_earlier():
    """The gap counts from now."""
    shaper = Shaper(PIANO)
    shaper.shaped([(1.0, on()), (1.5, off())], 0.9)
    assert [(1.49, 0x81), (1.55, 0x91)] == times(shaper.shaped([(1.51, on())], 1.49))


def test_a_note_that_would_come_far_too_late_is_dropped_and_counted():
    """With its note-off; the next may sound again."""
    shaper = Shaper(PIANO, late_limit=0.02, faults=(faults := Faults()))
    sent = shaper.shaped([(1.0, on()), (1.02, off()), (1.03, on()), (1.04, off()), (2.0, on())], 0.0)
    assert [(1.0, 0x91), (1.02, 0x81), (2.0, 0x91)] == times(sent)
    assert {Fault.UNSTRUCK: 1} == counted(faults)


def test_after_a_cut_the_gap_counts_from_there():
    """What was taken back was never struck, and what sounded has ended."""
    shaper = Shaper(PIANO)
    shaper.shaped([(1.0, on()), (1.5, off()), (1.6, on(62))], 0.0)
    shaper.cut(1.2)
    assert [(1.26, 0x91)] == times(shaper.shaped([(1.21, on())], 1.2))
    assert [(1.7, 0x91)] == times(shaper.shaped([(1.7, on(62))], 1.2))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 20),
            st.integers(1, 30),
            st.sampled_from([60, 61]),
            st.integers(1, 127),
        ),
        max_size=25,
    )
)
def test_nothing_hangs_and_every_key_is_up_for_the_gap(story):
    """Whatever is played, at whatever speed, and through the scheduler that takes it in as it is committed."""
    shaper, scheduler, now, items = Shaper(PIANO), Scheduler(late_limit=10), 0.0, []
    for rest, length, pitch, velocity in story:
        now += rest / 100
        items.append((now, on(pitch, velocity)))
        now += length / 100
        items.append((now, off(pitch)))
    sounding, ended = set(), {}
    for moment, data in items:
        for due, shaped in shaper.shaped([(moment, data)], moment - 0.3):
            scheduler.add(due, shaped)
    for timed in scheduler.take_due(1e6):
        if (key := started_key(timed.data)) is not None:
            assert key not in sounding
            assert timed.due - ended.get(key, -1.0) > PIANO.restrike_gap - 1e-9
            sounding.add(key)
        elif (key := ended_key(timed.data)) in sounding:
            sounding.discard(key)
            ended[key] = timed.due
    assert set() == sounding


def test_a_profile_is_read_in_milliseconds():
    """Every key of it may be left out."""
    table = {"port": "Piano", "latency_ms": 20, "restrike_gap_ms": 50.5, "velocity_latency_ms": [[1, 60], [127, 0]]}
    assert Device("a", "Piano", 0.02, 0.0505, ((1, 0.06), (127, 0.0))) == Device.parse(table, name="a")
    assert Device(name="b") == Device.parse({}, name="b")
    assert "profile a: sent up to 80 ms earlier, keys up for 50 ms" == Device.parse(table, name="a").describe()


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"latency": 3}, "unknown key 'latency'; wanted port"),
        ({"port": 3}, "port = 3"),
        ({"latency_ms": -1}, "latency_ms = -1; wanted milliseconds from 0 to 500"),
        ({"latency_ms": True}, "latency_ms = True"),
        ({"restrike_gap_ms": "60"}, "restrike_gap_ms = '60'"),
        ({"velocity_latency_ms": 5}, "velocity_latency_ms: 5; wanted pairs"),
        ({"velocity_latency_ms": [[0, 5]]}, r"\[0, 5\]"),
        ({"velocity_latency_ms": [[1, 5, 6]]}, r"\[1, 5, 6\]"),
        ({"velocity_latency_ms": [[64, 5], [1, 6]]}, "out of order"),
    ],
)
def test_a_profile_that_cannot_be_read_is_refused_in_one_line(table, reason):
    """With its name and what was wanted."""
    with pytest.raises(SettingError, match=reason) as caught:
        Device.parse(table, name="mine")
    assert str(caught.value).startswith("mine: ")
    assert "\n" not in str(caught.value)
