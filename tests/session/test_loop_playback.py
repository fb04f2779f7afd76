"""What becomes of music once it was played."""

import asyncio

from livecomposer.clocks import ManualClock
from livecomposer.events import NoteOff, NoteOn, Role
from livecomposer.playing.player import Player
from livecomposer.playing.sinks import Output
from livecomposer.session.loop_playback import LoopPlayback
from tests.fakes import FakeSink

PARTS = {
    Role.PERFORMER: [NoteOn(0.0, 60, 80), NoteOff(0.5, 60)],
    Role.COMPANION: [NoteOn(0.4, 64, 70, Role.COMPANION), NoteOff(1.0, 64, Role.COMPANION)],
}


class Hall:
    """An encore with a player that is run by hand."""

    def __init__(self):
        self.clock, self.sink = ManualClock(5.0), FakeSink()
        self.player = Player(Output([self.sink]), self.clock)
        self.loop_playback = LoopPlayback(self.player, self.clock, taken=(0, 1, 2))

    def play(self, seconds):
        """Let so much time pass, in small steps."""
        for _ in range(round(seconds / 0.05)):
            self.clock.advance(0.05)
            self.loop_playback.play()
            self.player.run_due(self.clock.now())


async def test_it_goes_round_on_a_channel_of_its_own_until_it_is_ended():
    """Then nothing of it sounds, and nothing comes."""
    hall = Hall()
    assert hall.loop_playback.begin(PARTS, now=5.0, beats=None)
    hall.play(3.3)
    assert {3} == {data[0] & 15 for data in hall.sink.sent}
    assert 4 == sum(data[:2] == bytes([0x93, 60]) for data in hall.sink.sent)
    assert hall.player.output.sounding()
    hall.loop_playback.end(hall.clock.now())
    hall.play(1.0)
    assert not hall.player.output.sounding()
    assert 0 == len(hall.player)


async def test_a_panic_is_the_end_of_it():
    """Even before the loop has heard of it."""
    hall = Hall()
    hall.loop_playback.begin(PARTS, now=5.0, beats=None)
    hall.play(0.45)
    hall.player.panic()
    sent = len(hall.sink.sent)
    hall.play(3.0)
    assert sent == len(hall.sink.sent)


async def test_it_plays_by_itself_while_it_runs():
    """Until cancelled, and does nothing where there is nothing to play."""
    hall = Hall()
    running = asyncio.create_task(hall.loop_playback.run())
    await asyncio.sleep(0)
    assert not hall.loop_playback.begin({role: [] for role in Role}, now=5.0, beats=None)
    assert hall.loop_playback.begin(PARTS, now=5.0, beats=None)
    await asyncio.sleep(0)
    assert len(hall.player)
    running.cancel()
