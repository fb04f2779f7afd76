"""Settings whose change takes a while."""

import asyncio

import pytest

from livecomposer.errors import CheckpointError, SettingError, SoundError
from livecomposer.playing.sinks import NullSink, Output
from livecomposer.playing.soundfonts import OWN
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.session.commands.hot_swap import HotSwap, Swap, change_soundfont
from livecomposer.settings import Settings
from tests.fakes import FakeSink


class OneSwap:
    """One change, of the model; ``made`` is what was begun, and goes on until ``gate`` is set."""

    def __init__(self, *, fails=(), refuses=()):
        self.made, self.lines, self.told, self.fails, self.refuses = [], [], [], fails, refuses
        self.gate = asyncio.Event()
        self.dispatcher = Dispatcher(None, Settings(), panic=print)
        self.dispatcher.watch(lambda *what: self.told.append(what))
        self.changes = HotSwap(self.dispatcher, {"model": Swap(self.check, self.make)}, announce=self.lines.append)

    def check(self, value):
        if value in self.refuses:
            raise CheckpointError(f"{value}: no checkpoint there")

    async def make(self, value):
        self.made.append(value)
        await self.gate.wait()
        if value in self.fails:
            raise self.fails[value]
        return f"plays with {value}"

    async def __aenter__(self):
        self._running = asyncio.create_task(self.changes.run())
        return self

    async def __aexit__(self, *_):
        self._running.cancel()

    async def settled(self, lines):
        """Until so many lines were told."""
        self.gate.set()
        async with asyncio.timeout(20):
            while len(self.lines) < lines:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0)


async def test_a_change_is_made_behind_the_music_and_told():
    """The desk shows at once what was asked for."""
    async with OneSwap() as swap:
        swap.dispatcher.do("model", "a")
        assert ("a", []) == (swap.dispatcher.value("model"), swap.lines)
        await swap.settled(1)
    assert (["plays with a"], [("model", "a")]) == (swap.lines, swap.told)


@pytest.mark.parametrize("error", [CheckpointError("a: damaged\nbadly"), ZeroDivisionError("an accident")])
async def test_a_change_that_fails_is_told_in_one_line_and_taken_back(error):
    """Whatever it was: the music goes on, and the desk shows what is."""
    async with OneSwap(fails={"a": error}) as swap:
        swap.dispatcher.do("model", "a")
        await swap.settled(1)
        assert swap.lines[0].endswith("; all stays as it was")
        assert "\n" not in swap.lines[0]
        assert ([("model", "a"), ("model", "")], "") == (swap.told, swap.dispatcher.value("model"))
        swap.dispatcher.do("model", "b")
        await swap.settled(2)
    assert "plays with b" == swap.lines[-1]


async def test_what_is_asked_for_last_counts():
    """One that failed meanwhile does not undo it; those in between are never begun."""
    async with OneSwap(fails={"a": SoundError("no")}) as swap:
        swap.dispatcher.do("model", "a")
        while not swap.made:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0)
        for value in ("b", "c"):
            swap.dispatcher.do("model", value)
        await swap.settled(2)
    assert (["a", "c"], "c") == (swap.made, swap.dispatcher.value("model"))


async def test_what_is_so_already_is_not_made_again():
    """Nor is what can never be: it is refused at once, as every hand expects it."""
    async with OneSwap(refuses={"none"}) as swap:
        swap.dispatcher.do("model", "")
        with pytest.raises(SettingError, match="no checkpoint"):
            swap.dispatcher.do("model", "none")
        swap.dispatcher.do("model", "a")
        await swap.settled(1)
    assert ["a"] == swap.made


class Banked(FakeSink):
    """Has a bank; ``banks`` are those that it was given."""

    def __init__(self):
        super().__init__()
        self.banks = []

    def change_bank(self, path):
        """Remember it."""
        self.banks.append(path)


async def test_every_synthesiser_is_given_the_bank():
    """Ports and others are passed over; where there is none, that is said."""
    synths = Banked(), Banked()
    line = await change_soundfont(Output([synths[0], NullSink(), synths[1]]), str(OWN))
    assert ([[OWN]] * 2, f"SoundFont {OWN.name}") == ([synth.banks for synth in synths], line)
    assert (await change_soundfont(Output([NullSink()]), str(OWN))).endswith("once a synthesiser of ours plays")
    with pytest.raises(SoundError):
        await change_soundfont(Output([]), "/no/such.sf2")
