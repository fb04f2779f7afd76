"""Sessions, recorded with the weights that ship and played again: the same to the event."""

import asyncio
import json
from contextlib import asynccontextmanager
from math import ceil

import numpy as np
import pytest

from livecomposer.companion.companion import Companion
from livecomposer.companion.modes import mask_policy_of
from livecomposer.engine.client import EngineClient, host_command
from livecomposer.errors import LivecomposerError
from livecomposer.events import Role
from livecomposer.places import beside
from livecomposer.session.engines import Engines
from livecomposer.session.lifecycle import perform
from livecomposer.settings import Settings, changed
from livecomposer.takes.journal_reader import read
from livecomposer.takes.replay import replay
from livecomposer.weights.checkpoint_folder import model_folder
from tests.session.players import phrase

QUICK = {"extension_duration": 2.0, "phrase_wait": 0.3, "phrase_wait_max": 0.5, "output": "none"}
pytestmark = pytest.mark.skipif(
    not beside("livecomposer/weights/small/model.safetensors").exists(), reason="the weights that ship are not here"
)


class Committed:
    """Remembers what ensembles have committed, exactly."""

    def __init__(self, monkeypatch):
        self.events = []
        commit = Companion.commit

        def remembered(companion, now):
            due = commit(companion, now)
            self.events += due
            return due

        monkeypatch.setattr(Companion, "commit", remembered)

    def take(self):
        """What there was since the last time."""
        taken, self.events = self.events, []
        return taken


def hand(orders):
    """Gives orders at their moments (seconds)."""

    @asynccontextmanager
    async def reach(api):
        async def give():
            began = api.clock.now()
            for at, name, value in orders:
                await asyncio.sleep(max(0.0, began + at - api.clock.now()))
                api.dispatcher.do(name, value, source="test")

        giving = asyncio.create_task(give())
        yield
        await giving

    return reach


async def recorded(folder, orders=(), *, seconds, **values):
    """The journal of a session of three phrases."""
    settings = changed(Settings(), {**QUICK, **values})
    music = [
        event for start, first in ((0.2, 60), (3.6, 55), (6.0, 62)) for event in phrase(start, notes=6, first=first)
    ]
    done = await perform(settings, seed=7, record=folder, duration=seconds, performance=music, frontends=[hand(orders)])
    assert 0 == done.notes_on
    return done.journal


async def replayed(journal):
    """What a replay gives."""
    score = read(journal)
    async with Engines(score.settings) as engines:
        return await replay(score, engines.open)


ORDERS = [
    (0.1, "trigger", None),  # on an empty tape: a piece begins
    (3.0, "reroll", None),
    (3.4, "mute", True),
    (3.9, "creative_risk", 1.4),
    (4.2, "mode", "accompany"),
    (5.4, "mode", "respond"),
    (5.6, "mute", False),
    (5.7, "trigger", None),
    (6.4, "undo", None),
    (6.5, "freeze", True),
    (6.9, "freeze", False),
    (7.2, "trigger", None),
    (7.6, "begin", None),
    (8.0, "reroll", None),
]


@pytest.mark.parametrize(
    ("values", "orders"),
    [
        ({"mode": "continue"}, ORDERS),
        ({"mode": "respond", "metronome": "on", "tempo": 150.0}, []),
        (
            {"mode": "accompany", "follow_harmony": 0.0, "scale": "D dorian"},
            [(3.0, "begin", None), (4.0, "undo", None), (6.0, "panic", None), (6.5, "begin", None)],
        ),
    ],
    ids=["continue, with orders", "respond, under a pulse", "accompany"],
)
async def test_a_replay_is_the_same_to_the_event(tmp_path, monkeypatch, values, orders):
    """Every id, and every event to the last bit of its moment."""
    committed = Committed(monkeypatch)
    journal = await recorded(tmp_path, orders, seconds=9.0, **values)
    played = committed.take()
    done = await replayed(journal)
    assert (0, None) == (done.differences, done.first)
    assert played == committed.take()
    assert done.ids > 20
    assert played
    assert {Role.PERFORMER, Role.COMPANION} == {role for role, events in done.events.items() if events}


class Wrong(EngineClient):
    """An engine that says another id once: from the fifth on, where there is a choice."""

    drawn, lied = 0, False

    async def step(self, mask, sampling, chance):
        id_ = await super().step(mask, sampling, chance)
        self.drawn += 1
        others = [other for other in np.flatnonzero(mask).tolist() if other != id_]
        if self.lied or self.drawn < 5 or not others:
            return id_
        self.lied = True
        return others[0]


async def test_the_first_difference_is_named_and_the_rest_is_as_written(tmp_path):
    """An id that differs is told; the journal's own is played on with, so that the music is not lost."""
    journal = await recorded(tmp_path, seconds=3.5)
    score = read(journal)
    async with Wrong(host_command(model_folder()), policy=mask_policy_of(score.settings)) as engine:

        async def open_engine(_model):
            return engine

        done = await replay(score, open_engine)
    assert 1 == done.differences
    assert "was drawn, now it is" in done.first.what
    assert 0 < done.first.moment < 3.5


async def test_what_was_played_is_held_against_the_replay(tmp_path):
    """An event that the journal has otherwise is a difference."""
    journal = await recorded(tmp_path, seconds=3.0)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    for line in lines:
        words = line.get("calls", "").split()
        for at, word in enumerate(words):
            if word[0] == "c" and ":" in word:
                words[at] = word.partition(":")[0]
                line["calls"] = " ".join(words)
                break
        else:
            continue
        break
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = await replayed(journal)
    assert 1 == done.differences
    assert "nothing was played" in done.first.what


class Kept:
    """An engine that remembers how it was asked to draw, and draws the first id that is allowed."""

    def __init__(self):
        self.ids, self.shares = [], []

    async def feed(self, ids):
        self.ids = list(ids)

    async def step(self, mask, sampling, _chance):
        self.ids.append(int(np.flatnonzero(mask)[0]))
        self.shares.append((sampling.threshold, int(mask.sum())))
        return self.ids[-1]


@pytest.mark.parametrize("format_", [1, 2])
async def test_topk_keeps_as_many_ids_as_when_the_journal_was_written(tmp_path, format_):
    """Of the first format a share of the vocabulary, or all that is allowed; of the next a share of what is allowed."""
    path, engine = tmp_path / "old.jsonl", Kept()
    settings = {"sampling": "topk", "threshold": 0.1, "phrase_wait": 0.15, "phrase_wait_max": 0.2, "horizon": 0.01}
    header = {"livecomposer": "0", "format": format_, "seed": 1, "settings": settings}
    calls = "h0:903c50 h100000:803c00 c900000 w0 w0 i0:360 w0 i0:388"
    path.write_text(json.dumps(header) + "\n" + json.dumps({"n": 0, "at": 1_000_000, "calls": calls}) + "\n")

    async def open_engine(_model):
        return engine

    await replay(read(path), open_engine)
    wanted = [min(65, allowed) if format_ == 1 else ceil(0.1 * allowed - 1e-9) for _, allowed in engine.shares]
    assert [159, 128] == [allowed for _, allowed in engine.shares]
    assert wanted == [ceil(share * allowed - 1e-9) for share, allowed in engine.shares]


async def test_calls_that_make_no_sense_are_refused_with_their_moment(tmp_path):
    """An answer to nothing."""
    path = tmp_path / "odd.jsonl"
    header = {"livecomposer": "0", "seed": 1, "settings": {}}
    path.write_text(json.dumps(header) + "\n" + json.dumps({"n": 0, "at": 0, "calls": "w0 i5:60"}) + "\n")
    with pytest.raises(LivecomposerError, match=r"call 1, i at 0\.000 s"):
        await replayed(path)
