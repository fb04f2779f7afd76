"""Preparing, which tells what is in the shards; training and evaluating are with the other commands."""

import json

import pytest

from livecomposer.control.cli import main
from tests.training.pieces import write_midi


@pytest.fixture
def music(tmp_path):
    """A folder with a piece for each split and a broken file."""
    for seed, name in enumerate(("a.mid", "b.mid", "c.mid")):
        write_midi(tmp_path / "music" / name, seed)
    (tmp_path / "music/broken.mid").write_bytes(b"MThd and no more")
    (tmp_path / "splits").mkdir()
    (tmp_path / "splits/music.csv").write_text("path,split\na.mid,train\nb.mid,valid\nc.mid,test\nbroken.mid,test\n")
    return tmp_path / "music"


def test_prepare_says_what_is_there(capsys, music, tmp_path):
    """A table, what was left out, summary.json and a picture beside the shards."""
    pytest.importorskip("matplotlib", reason="pictures need matplotlib, an optional library")
    assert 0 == main(["prepare", str(music), "-o", str(tmp_path / "out")])
    printed = capsys.readouterr()
    assert "music/broken.mid: unreadable, left out" in printed.err
    assert 3 == sum(line.split()[1:3] == ["music", "1"] for line in printed.out.splitlines())
    found = json.loads((tmp_path / "out/summary.json").read_text())
    assert [["music/broken.mid", "unreadable"]] == found["skipped"]
    assert {"train", "valid", "test"} == set(found["splits"])
    assert (tmp_path / "out/summary.png").stat().st_size > 10_000


def test_bars_have_no_such_table(capsys, music, tmp_path):
    """Neither seconds nor velocities are told in them."""
    assert 0 == main(["prepare", str(music), "-o", str(tmp_path / "out"), "--tokens", "barnote"])
    assert "hours" not in capsys.readouterr().out
    assert not (tmp_path / "out/summary.json").exists()
