"""What an hour of a set writes."""

import argparse
import asyncio
import json
from collections import Counter

import pytest

from livecomposer.control.experiments import bench_journal
from livecomposer.control.experiments.bench_journal import FLOOD_RATE, flood, lines, music, run
from livecomposer.errors import SettingError
from livecomposer.offline.manual_session import play_set
from livecomposer.offline.replay_file import replay_file
from livecomposer.session.commands.table import COMMANDS
from tests.session.minds import tiny_checkpoint


def asked(tmp_path, **values):
    """Options as the command line gives them."""
    model = str(tiny_checkpoint(tmp_path / "tiny"))
    return argparse.Namespace(**{"hours": 10 / 3600, "quick": False, "model": model, **values})


def test_the_music_goes_round_for_as_long_as_is_asked():
    """In time order, and not a moment longer."""
    moments = [event.time for event in music(300.0)]
    assert sorted(moments) == moments
    assert 250.0 < moments[-1] < 300.0


def test_a_flood_is_of_every_dial_and_now_and_then_a_button():
    """So many a second, each with a value that can be."""
    orders = list(flood(2.0))
    assert 2 * FLOOD_RATE == len(orders)
    assert 2 == sum(value is None for _, _, value, _ in orders)
    assert len({name for _, name, _, _ in orders}) > 25
    assert all(COMMANDS[name].low <= value <= COMMANDS[name].high for _, name, value, _ in orders if value is not None)


def test_a_flood_writes_hardly_more_than_a_quiet_set(tmp_path, monkeypatch):
    """No more lines and calls than bursts and ten a second of settings and of actions; and it replays."""
    kept = []

    def keeping(*set_, record, **how):
        kept.append(play_set(*set_, record=tmp_path / str(len(kept)), **how))
        return kept[-1]

    monkeypatch.setattr(bench_journal, "play_set", keeping)
    result = run(asked(tmp_path))
    assert [(mode, way) for mode in ("continue", "accompany") for way in ("quiet", "flooded")] == [
        (row["mode"], row["way"]) for row in result["rows"]
    ]
    assert all(sum(row["shares"].values()) == pytest.approx(1.0, abs=0.01) for row in result["rows"])
    for journal in kept[1::2]:
        told = [json.loads(line) for line in journal.read_text().splitlines()]
        calls = Counter(word[0] for line in told for word in line.get("calls", "").split())
        written = [line for line in told if line.get("what") == "command"]
        assert 60 < len(written) <= 2 * (60 + 10 * 10)
        assert calls["a"] <= 60 + 10 * 10
        assert sum(line.get("times", 1) for line in written) > 0.5 * 10 * FLOOD_RATE
        assert asyncio.run(replay_file(journal, None))["same"]


def test_nonsense_is_refused(tmp_path):
    """In one line."""
    with pytest.raises(SettingError, match="wanted more than 0"):
        run(asked(tmp_path, hours=0.0))
    assert all(lines({"seconds": 3600.0, "flood_rate": 500.0, "rows": []}))
