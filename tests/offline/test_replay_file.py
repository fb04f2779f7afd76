"""A journal's file, replayed."""

import asyncio
import json
import os
import signal
from contextlib import asynccontextmanager

import pytest

from livecomposer.errors import LivecomposerError
from livecomposer.events import NoteOn
from livecomposer.midi import files
from livecomposer.offline.replay_file import replay_file
from livecomposer.session.lifecycle import perform
from livecomposer.settings import Settings, changed
from tests.session.minds import tiny_checkpoint
from tests.session.players import phrase

QUICK = {"extension_duration": 1.0, "phrase_wait": 0.2, "phrase_wait_max": 0.4, "output": "none"}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The journal of a short session, and its weights."""
    folder = tmp_path_factory.mktemp("played")
    model = tiny_checkpoint(folder / "tiny")
    return folder, model


def struck(events):
    """The keys that were struck, from the lowest up."""
    return sorted((event.pitch, event.velocity) for event in events if isinstance(event, NoteOn))


async def journal_of(played):
    """Played once for all tests of this module."""
    folder, model = played
    there = sorted((folder / "takes").glob("*.jsonl"))
    if there:
        return there[0]
    settings = changed(Settings(), {**QUICK, "model": str(model)})
    done = await perform(settings, seed=5, record=folder / "takes", performance=phrase(0.1, notes=4), duration=20.0)
    return done.journal


async def test_a_replay_says_what_it_found_and_writes_both_parts(played, tmp_path):
    """The same as in the session's own file, but for what the player's thread was late by."""
    journal = await journal_of(played)
    report = await replay_file(journal, tmp_path / "again.mid")
    assert (True, True, 0, None, "") == tuple(
        report[key] for key in ("same", "same_engine", "differences", "first", "broken")
    )
    again, take = (files.read(path).tracks for path in (tmp_path / "again.mid", journal.with_suffix(".mid")))
    for mine, theirs in zip(again, take, strict=True):
        assert struck(theirs.events) == struck(mine.events)
    assert report["notes"] > 0


async def test_other_weights_are_refused(played, tmp_path):
    """With what to do about it."""
    other = tiny_checkpoint(tmp_path / "tiny")
    weights = other / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(LivecomposerError, match="--model PATH"):
        await replay_file(await journal_of(played), None, model=str(other))


async def test_weights_that_have_moved_are_named(played, tmp_path):
    """The folder matters no more than that."""
    journal, (_, model) = await journal_of(played), played
    lines = journal.read_text().splitlines()
    header = json.loads(lines[0])
    header["settings"]["model"] = str(tmp_path / "gone")
    moved = tmp_path / "moved.jsonl"
    moved.write_text("\n".join([json.dumps(header), *lines[1:]]) + "\n")
    with pytest.raises(LivecomposerError, match="gone"):
        await replay_file(moved, None)
    assert (await replay_file(moved, None, model=str(model)))["same"]


async def test_another_vocabulary_is_refused(played, tmp_path):
    """Its ids would mean something else."""
    lines = (await journal_of(played)).read_text().splitlines()
    path = tmp_path / "other.jsonl"
    path.write_text("\n".join([json.dumps({**json.loads(lines[0]), "vocabulary": "x"}), *lines[1:]]))
    with pytest.raises(LivecomposerError, match="another vocabulary"):
        await replay_file(path, None)


async def test_a_model_that_was_chosen_meanwhile_is_replayed(played, tmp_path):
    """Where it took over, to the event; both models played."""
    model, other = played[1], tiny_checkpoint(tmp_path / "other")
    settings = changed(Settings(), {**QUICK, "model": str(model), "mode": "accompany"})
    keys, took_over = phrase(0.1, notes=300), asyncio.Event()

    @asynccontextmanager
    async def hand(api):
        async def choose():
            api.notify.append(lambda line: took_over.set() if line.endswith("plays with other") else None)
            await asyncio.sleep(1.0)  # of music with the first
            api.dispatcher.do("model", str(other), source="test")
            await took_over.wait()
            await asyncio.sleep(2.0)  # of music with the second
            api.take_seat()
            os.kill(os.getpid(), signal.SIGINT)

        choosing = asyncio.create_task(choose())
        yield
        await choosing

    done = await perform(settings, seed=5, record=tmp_path, performance=keys, duration=70.0, frontends=[hand])
    assert took_over.is_set()
    report = await replay_file(done.journal, None)
    assert (True, 0, None) == (report["same"], report["differences"], report["first"])
    assert report["notes"] > 0
