"""The offline twin of continue, on a mind without taste."""

from livecomposer.events import events_of_notes, notes_of_events
from livecomposer.midi.files import Recording, Track
from livecomposer.offline.continuation import continue_recording
from livecomposer.settings import Settings, changed
from tests.session.players import Mind, phrase


class FakeEngine:
    """Draws at random from what is allowed, seeded by the caller's chance."""

    def __init__(self):
        self.mind = Mind()
        self.fed = None

    async def feed(self, ids):
        self.fed = list(ids)

    async def step(self, mask, _sampling, chance):
        return self.mind.draw(mask, chance)


PROMPT = Recording((Track("right hand", tuple(phrase(2.0, notes=16))),))
TEN = changed(Settings(), {"extension_duration": 10.0})


async def test_the_continuation_is_a_track_behind_the_prompt():
    """It begins where the last sound ends and lasts as long as asked."""
    done = await continue_recording(PROMPT, FakeEngine(), TEN, seed=1)
    assert ("companion", list(done.notes)) == (done.track.name, notes_of_events(done.track.events))
    assert 5.95 == done.start == done.notes[0].start
    assert done.start + 10.0 == done.track.end
    assert max(note.end for note in done.notes) <= done.track.end
    assert list(done.notes) == notes_of_events(events_of_notes(done.notes))


async def test_the_same_seed_gives_the_same_notes():
    """And another seed others."""
    first, again, other = [(await continue_recording(PROMPT, FakeEngine(), TEN, seed=seed)).notes for seed in (1, 1, 2)]
    assert first == again
    assert first != other


async def test_only_the_input_duration_is_heard():
    """A note that began before it begins with it."""
    engine = FakeEngine()
    done = await continue_recording(PROMPT, engine, changed(TEN, {"input_duration": 1.1}), seed=1)
    assert 5 == len(done.prompt)
    assert 4.85 == done.prompt[0].start
    assert 5 == sum(id_ < 128 for id_ in engine.fed)


async def test_progress_reaches_the_end():
    """Seconds done, never going back."""
    told = []
    await continue_recording(PROMPT, FakeEngine(), TEN, seed=1, progress=told.append)
    assert told == sorted(told)
    assert told[-1] >= 10.0
