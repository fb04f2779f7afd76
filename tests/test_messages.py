import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.events import Control, NoteOff, NoteOn, Other, Role
from livecomposer.messages import decode, encode, is_channel_message, silence

BYTE = st.integers(0, 127)
CHANNEL = st.integers(0, 15)
NOTE_ONS = st.builds(NoteOn, st.just(1.5), BYTE, st.integers(1, 127), st.sampled_from(Role))
NOTE_OFFS = st.builds(NoteOff, st.just(1.5), BYTE, st.sampled_from(Role))
CONTROLS = st.builds(Control, st.just(1.5), BYTE, BYTE, st.sampled_from(Role))


@given(NOTE_ONS | NOTE_OFFS | CONTROLS, CHANNEL)
def test_notes_and_controllers_come_back_as_they_went(event, channel):
    """Decoding what was encoded gives the same event, on every channel."""
    assert event == decode(encode(event, channel=channel), time=1.5, role=event.role)


@given(st.sampled_from([0xA0, 0xC0, 0xD0, 0xE0]), BYTE, BYTE, CHANNEL)
def test_other_messages_come_back_as_they_went(kind, first, second, channel):
    """Aftertouch, program change and pitch bend survive as wire bytes on the channel they were encoded for."""
    data = bytes([kind, first, second][: 2 if kind in (0xC0, 0xD0) else 3])
    wired = encode(Other(0.0, data), channel=channel)
    assert bytes([kind | channel, *data[1:]]) == wired
    assert Other(2.0, wired, Role.COMPANION) == decode(wired, time=2.0, role=Role.COMPANION)


@given(st.lists(st.integers(-1000, 1000), max_size=6) | st.binary(max_size=6))
def test_garbage_is_answered_with_nothing(data):
    """No sequence of numbers makes the decoder raise, and only whole channel messages give an event."""
    assert is_channel_message(data) == (decode(data, time=0.0) is not None)


@pytest.mark.parametrize(
    "data",
    [
        [],
        [0x90],
        [0x90, 60],
        [0x90, 60, 64, 0],
        [0x90, 60, 200],
        [0x90, -1, 64],
        [0xC0, 1, 2],
        [60, 64],
        [0xF0, 1, 2, 0xF7],
        [0xF8],
        [0xFE],
        [0xF2, 1, 2],
        [0x1B0, 1, 2],
    ],
)
def test_sysex_realtime_and_malformed_messages_are_nothing(data):
    """What is not exactly one channel message decodes to None."""
    assert decode(data, time=0.0) is None


def test_a_note_on_without_velocity_is_a_note_off():
    """Velocity 0 ends the note, as running status demands."""
    assert NoteOff(3.0, 60) == decode([0x93, 60, 0], time=3.0)


def test_the_bytes_are_those_of_the_standard():
    """One example of each kind, on the last channel."""
    assert bytes([0x9F, 60, 100]) == encode(NoteOn(0.0, 60, 100), channel=15)
    assert bytes([0x8F, 60, 64]) == encode(NoteOff(0.0, 60), channel=15)
    assert bytes([0xBF, 64, 127]) == encode(Control(0.0, 64, 127), channel=15)
    assert bytes([0xEF, 0, 64]) == encode(Other(0.0, bytes([0xE2, 0, 64])), channel=15)


@pytest.mark.parametrize(
    ("event", "channel"),
    [
        (NoteOn(0.0, 60, 64), 16),
        (NoteOn(0.0, 60, 64), -1),
        (NoteOn(0.0, 128, 64), 0),
        (Control(0.0, 64, 255), 0),
        (Other(0.0, b""), 0),
        (Other(0.0, bytes([0xF8])), 0),
    ],
)
def test_what_no_message_can_carry_is_refused(event, channel):
    """A channel or value out of range is an error of one line, never a broken message on the wire."""
    with pytest.raises(ValueError, match="wanted values from 0 to 127 and a channel from 0 to 15"):
        encode(event, channel=channel)


def test_silence_lifts_the_pedal_then_ends_sound_and_notes():
    """Each channel is told sustain off, all sound off and all notes off, in that order."""
    wanted = [[0xB0, 64, 0], [0xB0, 120, 0], [0xB0, 123, 0], [0xB3, 64, 0], [0xB3, 120, 0], [0xB3, 123, 0]]
    assert wanted == [list(message) for message in silence([0, 3])]
