"""A whole session in no real time."""

import asyncio
import json

import pytest

from livecomposer.companion.mask_policy import ACCOMPANIMENT_POLICY, TURN_TAKING_POLICY
from livecomposer.evaluation.music.local_engine import LocalEngine
from livecomposer.offline.manual_session import play_set
from livecomposer.offline.replay_file import replay_file
from livecomposer.settings import Settings, changed
from tests.session.minds import tiny_checkpoint
from tests.session.players import phrase


def set_of(folder, mode, orders=()):
    """The journal of twenty seconds: two phrases, and what is asked for meanwhile."""
    model = tiny_checkpoint(folder / "tiny")
    settings = changed(Settings(), {"mode": mode, "model": str(model), "plan_ahead": 0.5})
    policy = ACCOMPANIMENT_POLICY if mode == "accompany" else TURN_TAKING_POLICY
    mind = LocalEngine.open(model, mode=0, device="cpu", precision="int8", threads=1, policy=policy)
    music = [*phrase(1.0), *phrase(9.0)]
    return play_set(settings, mind, music, seconds=20.0, record=folder / "takes", orders=orders)


def lines_of(journal):
    """Its lines behind the first."""
    return [json.loads(line) for line in journal.read_text().splitlines()[1:]]


@pytest.mark.parametrize("mode", ["continue", "accompany"])
async def test_a_set_leaves_a_journal_that_replays(tmp_path, mode):
    """Both play, at their moments; what is asked for is carried out, refused or left out as in any session."""
    orders = [(2.0, "creative_risk", 1.5, "osc"), (3.0, "no such", 1, "osc"), (14.0, "yield", None, "panel")]
    journal = await asyncio.to_thread(set_of, tmp_path, mode, orders)
    lines = lines_of(journal)
    assert [1.0, 1.2] == [line["t"] for line in lines if line.get("who") == "performer"][:2]
    assert [line["t"] for line in lines if line.get("who") == "companion"]
    commands = [(line["t"], line["name"]) for line in lines if line.get("what") == "command"]
    assert [(2.0, "creative_risk"), (14.0, "yield")] == [(pytest.approx(at, abs=0.01), name) for at, name in commands]
    report = await replay_file(journal, None)
    assert (True, None) == (report["same"], report["first"])


async def test_the_same_set_twice_is_the_same(tmp_path):
    """To the byte but for the folder of the weights: nothing in it is of this machine."""
    one, other = [await asyncio.to_thread(set_of, tmp_path / name, "accompany") for name in ("a", "b")]
    assert lines_of(one) == lines_of(other)
