import asyncio
import json

from livecomposer.control.web.page_queues import MOST_WAITING, Page, PageQueues, SoundQueue


async def deaf(_):
    """A connection that takes nothing, ever."""
    await asyncio.Event().wait()


async def test_every_guest_is_told_alike():
    """Until it leaves."""
    heard = [[], []]

    def hearing(page):
        async def take(text):
            page.append(json.loads(text))

        return take

    pages = PageQueues()
    guests = [Page(hearing(page)) for page in heard]
    leave = [pages.join(page) for page in guests]
    runs = [asyncio.create_task(page.run()) for page in guests]
    pages.notify(set={"mute": True})
    leave[1]()
    pages.notify(now=1)
    while len(heard[0]) < 2 or not heard[1]:  # noqa: ASYNC110 - nobody says so
        await asyncio.sleep(0)
    for run in runs:
        run.cancel()
    assert [[{"set": {"mute": True}}, {"now": 1}], [{"set": {"mute": True}}]] == heard
    assert 1 == len(pages)


async def test_a_page_that_does_not_keep_up_is_let_go():
    """Telling it never waits, what waits for it is bounded, and its run ends."""
    pages, slow = PageQueues(), Page(deaf)
    pages.join(slow)
    run = asyncio.create_task(slow.run())
    for i in range(MOST_WAITING + 2):
        pages.notify(now=i)
    assert slow.behind
    await run


async def test_sound_gives_up_its_oldest_blocks():
    """A page that hears too slowly hears what is now."""
    heard, gate = [], asyncio.Event()

    async def take(block):
        await gate.wait()
        heard.append(block)

    ear = SoundQueue(asyncio.get_running_loop(), take)
    run = asyncio.create_task(ear.run())
    for i in range(200):
        ear(bytes([i]))
    while ear._waiting.qsize() < 39:  # noqa: ASYNC110 - nobody says so
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    gate.set()
    while len(heard) < 40:  # noqa: ASYNC110 - nobody says so
        await asyncio.sleep(0)
    run.cancel()
    assert bytes([199]) == heard[-1]
    assert len(heard) < 50
