"""The rolling memory."""

from hypothesis import given
from hypothesis import strategies as st

from livecomposer.events import SUSTAIN, Control, NoteOff, NoteOn, Other, Role
from livecomposer.listening.buffer import Buffer

ME, IT = Role.PERFORMER, Role.COMPANION


def heard(*events, seconds=10.0, max_events=1000):
    """A buffer that was told ``events``."""
    buffer = Buffer(seconds=seconds, max_events=max_events)
    for event in events:
        buffer.add(event)
    return buffer


def pedal(time, value, role=ME):
    """The sustain pedal moves."""
    return Control(time, SUSTAIN, value, role)


def test_window_is_what_was_played():
    """Within the seconds the window is the events themselves, of both roles."""
    events = [NoteOn(1.0, 60, 80), NoteOn(1.5, 64, 70, IT), NoteOff(2.0, 60), NoteOff(2.5, 64, IT)]
    assert events == heard(*events).window(3.0)


def test_roles_out_of_step_are_put_in_order():
    """A companion's event that was told ahead of time takes its place in time, later than now included."""
    early, ahead = NoteOn(1.0, 60, 80), NoteOn(1.03, 64, 70, IT)
    assert [early, ahead] == heard(ahead, early).window(1.0)


def test_held_notes_open_the_window():
    """A note held into the window begins where the window begins; one that ended before is gone."""
    buffer = heard(NoteOn(0.0, 64, 81), NoteOn(0.0, 60, 80), NoteOn(1.0, 62, 82, IT), NoteOn(1.0, 65, 1), seconds=2.0)
    buffer.add(NoteOff(1.5, 65))
    buffer.add(NoteOff(4.0, 60))
    assert [NoteOn(3.0, 60, 80), NoteOn(3.0, 64, 81), NoteOn(3.0, 62, 82, IT), NoteOff(4.0, 60)] == buffer.window(5.0)
    assert [NoteOn(8.0, 64, 81), NoteOn(8.0, 62, 82, IT)] == buffer.window(10.0)


def test_event_at_the_start_is_inside():
    """An event exactly at the window's first moment belongs to it."""
    assert [NoteOn(1.0, 60, 80), NoteOff(1.5, 60)] == heard(NoteOn(1.0, 60, 80), NoteOff(1.5, 60)).window(11.0)


def test_pedalled_sound_opens_the_window():
    """Pedal, note-on and note-off at the window's start tell of a key that is up and sounds through the pedal."""
    buffer = heard(pedal(0.0, 100), NoteOn(0.1, 60, 80), NoteOff(0.2, 60), seconds=1.0)
    assert [pedal(4.0, 127), NoteOn(4.0, 60, 80), NoteOff(4.0, 60)] == buffer.window(5.0)
    buffer.add(pedal(5.5, 0))
    assert [] == buffer.window(9.0)


def test_hands_of_the_performer():
    """Held are the keys down, sustained those the pedal alone keeps; the companion's are none of both."""
    buffer = heard(NoteOn(0.0, 60, 80), pedal(0.1, 127), NoteOn(0.2, 62, 80), NoteOn(0.2, 70, 80, IT))
    assert ({60, 62}, frozenset(), True) == (buffer.held, buffer.sustained, buffer.pedal_down)
    buffer.add(NoteOff(0.3, 60))
    assert ({62}, {60}) == (buffer.held, buffer.sustained)
    buffer.add(NoteOn(0.4, 60, 80))
    assert ({60, 62}, frozenset()) == (buffer.held, buffer.sustained)
    buffer.add(NoteOff(0.5, 60))
    buffer.add(pedal(0.6, 63))
    assert ({62}, frozenset(), False) == (buffer.held, buffer.sustained, buffer.pedal_down)


def test_companions_pedal_is_its_own():
    """The companion's pedal does not sustain the performer's keys."""
    buffer = heard(pedal(0.0, 127, IT), NoteOn(0.1, 60, 80), NoteOff(0.2, 60))
    assert (frozenset(), frozenset(), False) == (buffer.held, buffer.sustained, buffer.pedal_down)


def test_note_offs_of_nothing_are_passed_over():
    """A note-off without a note-on, or a second one, is not kept."""
    kept = [NoteOn(1.0, 60, 80), NoteOff(2.0, 60)]
    assert kept == heard(NoteOff(0.5, 60), *kept, NoteOff(2.5, 60), NoteOff(2.6, 60, IT)).window(3.0)


def test_doubled_note_on_is_a_second_stroke():
    """A key struck while down is kept as struck again, and one note-off ends it."""
    events = [NoteOn(1.0, 60, 80), NoteOn(1.5, 60, 90), NoteOff(2.0, 60)]
    buffer = heard(*events)
    assert events == buffer.window(3.0)
    assert frozenset() == buffer.held


def test_controllers_do_not_fill_it():
    """Of a flood of controllers only the pedal's crossings of 64 are kept; bends are not."""
    flood = [Control(i / 1000, 1, i % 128) for i in range(1000)] + [pedal(1 + i / 1000, i % 128) for i in range(1216)]
    buffer = heard(*flood, Other(3.0, b"\xe0\x00\x40"))
    assert [64, 0] * 9 == [event.value for event in buffer.window(3.0)]


def test_bound_keeps_the_newest():
    """Beyond the bound the oldest go, and what still sounds of them opens the window."""
    notes = [e for i in range(50) for e in (NoteOn(i / 10, 60 + i % 2, 80), NoteOff(i / 10 + 0.05, 60 + i % 2))]
    buffer = heard(NoteOn(0.0, 40, 90), *notes, seconds=100.0, max_events=10)
    assert 10 == len(buffer)
    assert [NoteOn(-95.0, 40, 90), *notes[-10:]] == buffer.window(5.0)


def test_clear_keeps_what_sounds():
    """After clear only the notes still held open the window."""
    buffer = heard(NoteOn(0.0, 60, 80), NoteOff(0.5, 60), NoteOn(1.0, 62, 80))
    buffer.clear()
    assert [NoteOn(-8.0, 62, 80)] == buffer.window(2.0)
    assert {62} == buffer.held


def move(time, kind, value, role):
    """One event of a drawn performance."""
    if kind == "pedal":
        return pedal(time, value, role)
    return NoteOn(time, value, 80, role) if kind == "on" else NoteOff(time, value, role)


STEPS = st.tuples(
    st.integers(0, 8),
    st.one_of(
        st.tuples(st.sampled_from(["on", "off"]), st.integers(60, 63), st.sampled_from(Role)),
        st.tuples(st.just("pedal"), st.sampled_from([0, 127]), st.sampled_from(Role)),
    ),
)


@given(st.lists(STEPS, max_size=60))
def test_window_tells_the_whole_state(steps):
    """Played from silence, a short window leads to the same hands as all that was heard, in bounded memory."""
    short, time = Buffer(seconds=1.0, max_events=8), 0.0
    for step, (kind, value, role) in steps:
        time += step / 4
        short.add(move(time, kind, value, role))
        assert len(short) <= 8
    again = heard(*short.window(time), seconds=1e9)
    assert (short.held, short.sustained, short.pedal_down) == (again.held, again.sustained, again.pedal_down)
    assert all(event.time >= time - 1.0 for event in short.window(time))


def test_a_copy_goes_its_own_way():
    """What either hears later, the other does not."""
    buffer = heard(pedal(0.5, 127), NoteOn(1.0, 60, 80))
    twin, before = buffer.copy(), buffer.window(1.0)
    twin.add(NoteOff(2.0, 60))
    twin.add(pedal(2.5, 0))
    assert before == buffer.window(1.0)
    assert ({60}, frozenset(), True) == (buffer.held, buffer.sustained, buffer.pedal_down)
    assert before != twin.window(3.0)
    assert (frozenset(), frozenset(), False) == (twin.held, twin.sustained, twin.pedal_down)
