"""The live protocol in no real time: latencies that are injected, on a mind without taste."""

from itertools import pairwise

import pytest

from livecomposer.companion.accompaniment import Accompaniment
from livecomposer.companion.requests import Step
from livecomposer.companion.rule_based import RuleBased
from livecomposer.companion.turn_taking import TurnTaking
from livecomposer.events import Control, NoteOff, NoteOn, Role, events_of_notes
from livecomposer.offline.simulation import Latency, play_along
from livecomposer.settings import Settings, changed
from tests.session.players import Mind, chord, phrase

SETTINGS = changed(Settings(), {"mode": "accompany", "horizon": 0.02, "alone": 2.0})
PERFORMANCE = phrase(1.0, notes=16)


class FakeEngine:
    """Answers at once as a mind without taste does; the latency is the caller's."""

    def __init__(self):
        self.mind = Mind()
        self.fed = []

    async def feed(self, ids):
        self.fed.append(list(ids))

    async def step(self, mask, _sampling, chance):
        return self.mind.draw(mask, chance)


async def played(performance=PERFORMANCE, *, seed=1, latency=0.004, engine=None, **values):
    """What a companion with these settings plays to ``performance``."""
    chosen = changed(SETTINGS, values)
    return await play_along(performance, engine or FakeEngine(), chosen, seed=seed, latency=Latency.of(latency))


def sounding_after(events):
    """What is left sounding; asserts that none begins twice or ends what does not sound."""
    sounding = set()
    for event in events:
        assert isinstance(event, NoteOn) != (event.pitch in sounding)
        sounding.symmetric_difference_update({event.pitch})
    return sounding


async def test_it_plays_while_the_performer_does_and_then_comes_to_rest():
    """In time order, every note ended, the last begun within ``alone`` seconds of the performer's last event."""
    done = await played()
    stopped = PERFORMANCE[-1].time
    assert done.events[0].time < stopped
    assert max(note.start for note in done.notes) <= stopped + 2.0
    assert not sounding_after(done.events)
    assert all(one.time <= other.time for one, other in pairwise(done.events))
    assert {Role.COMPANION} == {event.role for event in done.events}
    assert done.plans > 0
    assert done.steps > len(done.events)


async def test_the_same_arguments_give_the_same_companion():
    """And another seed or another latency another."""
    first, again = await played(), await played()
    assert first == again
    assert first.events != (await played(seed=2)).events
    assert first.events != (await played(latency=0.2)).events


async def test_nothing_is_decided_from_what_had_not_sounded():
    """Up to the moment at which two performances part, and a horizon more, their companions are one."""
    other = [*PERFORMANCE[:12], *phrase(PERFORMANCE[12].time, notes=5, first=80)]
    one, two = await played(), await played(other)
    until = PERFORMANCE[12].time
    before = [[event for event in done.events if event.time < until] for done in (one, two)]
    assert before[0]
    assert before[0] == before[1]
    assert one.events != two.events


async def test_no_note_sounds_sooner_than_the_engine_can_answer():
    """With 40 ms from a key to its plan, the first note comes no sooner than that after the first key."""
    done = await played(latency=0.04, horizon=0.04)
    assert done.events[0].time >= 1.04 - 1e-9
    assert done.replans


async def test_an_answer_for_a_plan_that_was_cut_is_thrown_away():
    """Where keys come faster than answers, some are; what is kept still pairs up."""
    done = await played(phrase(1.0, notes=60, spacing=0.05), latency=0.3)
    assert done.discarded > 0
    assert not sounding_after(done.events)


async def test_a_note_that_is_decided_far_too_late_never_sounds():
    """A commit that comes 0.3 s after its moment is dropped with its note-off, and counted."""

    class Tardy(RuleBased):
        """Hands everything over 0.3 s after its moment."""

        def commit(self, now):
            return super().commit(now - 0.3)

        def next_look(self, now):
            moment = super().next_look(now)
            return None if moment is None else moment + 0.3

    partner = Tardy(SETTINGS, 1)
    done = await play_along(PERFORMANCE, FakeEngine(), SETTINGS, seed=1, latency=Latency(), partner=partner)
    assert done.late > 0
    assert not sounding_after(done.events)


async def test_without_a_horizon_the_latency_s_own_is_kept_to():
    """As the live session measures its own."""
    assert pytest.approx(0.03) == (await played(latency=0.03, horizon=0.0)).horizon
    assert pytest.approx(0.002) == (await played(latency=0.0, horizon=0.0)).horizon


async def test_while_a_request_is_under_way_no_other_is_made():
    """An engine answers one after the other: no two requests are nearer than the latency."""
    asked = []

    class Watched(Accompaniment):
        """Writes down when it was asked what it wants, and wanted something."""

        def want(self, now):
            wanted = super().want(now)
            if wanted is not None:
                asked.append((now, isinstance(wanted, Step)))
            return wanted

    partner = Watched(SETTINGS, seed=1)
    await play_along(PERFORMANCE, FakeEngine(), SETTINGS, seed=1, latency=Latency(0.02, 0.005), partner=partner)
    gaps = [(two - one, step) for (one, step), (two, _) in pairwise(asked)]
    assert len(gaps) > 50
    assert all(gap >= (0.005 if step else 0.02) - 1e-9 for gap, step in gaps)


async def test_progress_tells_the_seconds_of_music():
    """Never going back, up to the end."""
    told = []
    done = await play_along(PERFORMANCE, FakeEngine(), SETTINGS, seed=1, latency=Latency(), progress=told.append)
    assert told == sorted(told)
    assert done.ended - 1.0 == told[-1]


async def test_no_performance_no_companion():
    """Nothing is asked of the engine."""
    engine = FakeEngine()
    done = await played([], engine=engine)
    assert ((), 0, []) == (done.events, done.steps, engine.fed)


@pytest.mark.parametrize(
    "performance",
    [
        chord(1.0, range(40, 50)),
        [NoteOff(1.0, 60), NoteOff(1.1, 61)],
        [NoteOn(1.0 + i / 10, 60, 80) for i in range(20)],
        [Control(1.0 + i / 1000, 1, i % 128) for i in range(300)],
        [event for i in range(20) for event in chord(1.0 + i / 20, range(30 + i, 40 + i), length=0.04)],
    ],
    ids=["never released", "note-offs alone", "doubled", "controllers", "ten fingers at 20 a second"],
)
async def test_whatever_is_played_it_ends(performance):
    """Nothing hangs, nothing is left on."""
    assert not sounding_after((await played(performance)).events)


async def test_a_key_that_is_held_for_ten_minutes_is_not_waited_for():
    """The companion comes to rest after it, asks for nothing more, and comes in again with the next key."""
    engine = FakeEngine()
    done = await played([NoteOn(1.0, 60, 80), NoteOff(601.0, 60), *phrase(602.0)], engine=engine)
    assert not sounding_after(done.events)
    assert not [note for note in done.notes if 3.1 < note.start < 601.0]
    assert [note for note in done.notes if note.start > 602.0]


async def test_a_performer_who_never_stops_is_followed_in_bounded_memory():
    """Ten minutes without a rest: what is fed never grows beyond ten times what is heard."""
    engine = FakeEngine()
    performance = [event for i in range(300) for event in phrase(1.0 + 2.0 * i)]
    done = await played(performance, engine=engine, input_duration=5.0, max_rest=10.0)
    assert not sounding_after(done.events)
    longest = [len(ids) for ids in engine.fed]
    assert max(longest[len(longest) // 2 :]) <= 1.5 * max(longest[: len(longest) // 2])


async def test_who_takes_turns_may_be_played_to_likewise():
    """A reply that is interrupted is taken back from the player, too."""

    class Counting(TurnTaking):
        """Counts nothing, as it never plans anew."""

        plans = kept = missed = 0

    chosen = changed(SETTINGS, {"mode": "continue", "phrase_wait": 0.2, "phrase_wait_max": 0.4})
    performance = [*phrase(1.0), *phrase(5.0)]
    partner = Counting(chosen, seed=1)
    done = await play_along(performance, FakeEngine(), chosen, seed=1, latency=Latency.of(0.004), partner=partner)
    assert partner.turns == 2
    assert not [event for event in done.events if 5.0 < event.time < 7.0]
    assert list(events_of_notes(done.notes))
    assert not sounding_after(done.events)
