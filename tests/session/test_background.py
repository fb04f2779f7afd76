"""What runs beside the music."""

import asyncio

from livecomposer.session.background import background


async def forever(done):
    """Runs until it is cancelled, which it writes down."""
    try:
        await asyncio.Event().wait()
    finally:
        done.append("ended")


async def broken():
    """Fails at once."""
    raise RuntimeError("a bug")


async def test_it_runs_until_left():
    """And has ended by then."""
    done = []
    async with background(forever(done)):
        await asyncio.sleep(0)
        assert [] == done
    assert ["ended"] == done


async def test_a_part_that_fails_is_reported_and_the_others_go_on():
    """To the loop's exception handler; nothing is raised, neither then nor at the end."""
    done, reported = [], []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(str(context["exception"])))
    async with background(broken(), forever(done)):
        await asyncio.sleep(0.01)
        assert ([], ["a bug"]) == (done, reported)
    assert (["ended"], ["a bug"]) == (done, reported)
