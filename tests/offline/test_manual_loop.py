"""An event loop that never waits."""

import asyncio

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.offline.manual_loop import run_on


def test_hours_pass_at_once_and_in_order():
    """Whoever sleeps wakes at the moment, within what turns of the loop take."""
    clock, woken = ManualClock(100.0), []

    async def sleep(seconds):
        await asyncio.sleep(seconds)
        woken.append((seconds, clock.now()))

    async def work():
        await asyncio.gather(*map(sleep, (7200.0, 0.5, 3600.0)))
        return asyncio.get_running_loop().time()

    assert [7300.0] * 2 == pytest.approx([run_on(clock, work()), clock.now()], abs=0.01)
    assert [0.5, 3600.0, 7200.0] == [seconds for seconds, _ in woken]
    assert all(moment == pytest.approx(100.0 + seconds, abs=0.01) for seconds, moment in woken)


def test_a_limit_of_time_is_kept_to_on_the_clock():
    """And what goes to a thread is done at once."""

    async def work():
        assert "done" == await asyncio.to_thread(lambda: "done")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1000.0):
                await asyncio.Event().wait()

    clock = ManualClock()
    run_on(clock, work())
    assert 1000.0 == pytest.approx(clock.now(), abs=0.01)


def test_whoever_looks_again_at_once_does_not_look_for_ever():
    """Each turn of the loop takes a moment."""
    clock = ManualClock()

    async def work():
        while clock.now() < 0.01:  # noqa: ASYNC110 - this is what is tested
            await asyncio.sleep(0)

    run_on(clock, work())


def test_what_waits_for_nothing_is_an_error():
    """Rather than to wait for ever."""

    async def work():
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="nothing is waited for"):
        run_on(ManualClock(), work())
