"""What a new synthesiser is to be told."""

from livecomposer.channel_state import ChannelState


def stands(*messages):
    """What stands after ``messages``."""
    channel_state = ChannelState()
    for data in messages:
        channel_state.note(bytes(data))
    return [tuple(data) for data in channel_state.messages()]


def test_the_last_value_of_each_stands():
    """Of two values of one controller the later, on each channel for itself."""
    assert [(0xB0, 64, 127), (0xB1, 7, 90)] == stands((0xB0, 64, 0), (0xB1, 7, 90), (0xB0, 64, 127))


def test_a_program_comes_first_with_the_bank_it_was_chosen_from():
    """A bank that no program followed has chosen nothing yet."""
    told = stands((0xB0, 7, 80), (0xB0, 0, 1), (0xB0, 32, 2), (0xC0, 5), (0xB0, 0, 9))
    assert [(0xB0, 0, 1), (0xB0, 32, 2), (0xC0, 5), (0xB0, 7, 80)] == told


def test_notes_and_modes_do_not_stand():
    """What was struck is past, and nothing is silenced twice; but the channels are known."""
    channel_state = ChannelState()
    for data in ((0x92, 60, 64), (0xB3, 120, 0), (0xB3, 123, 0), (0xB3, 101, 0), (0xB3, 6, 2)):
        channel_state.note(bytes(data))
    assert [] == channel_state.messages()
    assert [2, 3] == channel_state.channels


def test_a_reset_clears_the_controllers_and_not_the_program():
    """As reset all controllers says."""
    assert [(0xC0, 5)] == stands((0xC0, 5), (0xB0, 64, 127), (0xE0, 1, 80), (0xB0, 121, 0))


def test_bend_and_pressure_stand():
    """One of each a channel."""
    assert [(0xE0, 1, 80), (0xD0, 9)] == stands((0xE0, 0, 64), (0xD0, 9), (0xE0, 1, 80))
