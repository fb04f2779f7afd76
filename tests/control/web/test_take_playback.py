import asyncio

from livecomposer.clocks import MonotonicClock
from livecomposer.control.web.take_playback import CHANNELS, TakePlayback
from livecomposer.events import Note

FIRST, OTHER = CHANNELS


def playback_of():
    """A playback, what it sent, and what it told."""
    sent, told = [], []
    return (
        TakePlayback(sent.append, lambda channel: sent.append(("release", channel)), MonotonicClock(), told.append),
        sent,
        told,
    )


async def over(told):
    """Wait until it says that nothing plays."""
    while not told or told[-1] is not None:  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0.001)


async def test_a_take_is_played_in_order_each_part_on_its_channel():
    """Channels that neither player uses."""
    playback, sent, told = playback_of()
    playback.start("a", {"performer": [Note(0, 0.02, 60, 80)], "companion": [Note(0.01, 0.03, 64, 70)]})
    await over(told)
    assert [
        bytes([0x90 | FIRST, 60, 80]),
        bytes([0x90 | OTHER, 64, 70]),
        bytes([0x80 | FIRST, 60, 64]),
        bytes([0x80 | OTHER, 64, 64]),
    ] == sent
    assert [("a", 0.0), None] == told
    assert not {0, 1} & set(CHANNELS)


async def test_it_begins_where_it_is_asked_to():
    """What has ended by then is left out."""
    playback, sent, told = playback_of()
    playback.start("a", {"performer": [Note(0, 1, 60, 80), Note(5.0, 5.01, 62, 80)]}, at=5.0)
    await over(told)
    assert [bytes([0x90 | FIRST, 62, 80]), bytes([0x80 | FIRST, 62, 64])] == sent


async def test_stopping_releases_what_sounds():
    """On its own channels alone; a second stop does nothing."""
    playback, sent, told = playback_of()
    playback.start("a", {"performer": [Note(0, 60, 60, 80)]})
    await asyncio.sleep(0.01)
    playback.stop()
    playback.stop()
    await playback.close()
    assert [bytes([0x90 | FIRST, 60, 80]), ("release", FIRST), ("release", OTHER)] == sent
    assert [("a", 0.0), None] == told
