"""``audition``: fixed beginnings, fixed seeds, files to listen to and look at."""

import json

import pytest

from livecomposer.control.cli import main
from tests.evaluation.recitals import write_shard
from tests.session.minds import tiny_checkpoint


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A checkpoint and a shard."""
    folder = tmp_path_factory.mktemp("place")
    return tiny_checkpoint(folder / "tiny"), write_shard(folder / "valid.npz")


def test_every_prompt_and_seed_leaves_its_files(capsys, place, tmp_path):
    """MIDI, sound, picture and a row each, one piece of each pack, two seeds; the same again, byte for byte."""
    command = ["audition", *place, "--prompts", 1, "--seeds", 2, "--given", 4, "--seconds", 2, "--seed", 5]
    assert 0 == main([str(one) for one in (*command, "-o", tmp_path / "one", "--json")])
    rows = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert [("a", 5), ("a", 6), ("b", 5), ("b", 6)] == [(row["pack"], row["seed"]) for row in rows]
    for row in rows:
        assert (tmp_path / "one" / f"{row['stem']}.wav").stat().st_size > 100_000
        assert (tmp_path / "one" / f"{row['stem']}.png").stat().st_size > 5000
    assert 4 == (tmp_path / "one/index.md").read_text().count("![piano roll]")
    assert 0 == main([str(one) for one in (*command, "-o", tmp_path / "two", "--no-sound")])
    assert "4 continuations" in capsys.readouterr().out
    for row in rows:
        midi = [(tmp_path / folder / f"{row['stem']}.mid").read_bytes() for folder in ("one", "two")]
        assert midi[0] == midi[1]
        assert not (tmp_path / "two" / f"{row['stem']}.wav").exists()


@pytest.mark.parametrize("more", [("--seeds", 0), ("--prompts", 0), ("--seconds", 600)])
def test_what_cannot_be_done_is_one_line(capsys, place, tmp_path, more):
    """No seed, no piece, none so long."""
    assert 2 == main([str(one) for one in ("audition", *place, "-o", tmp_path, *more)])
    assert 1 == capsys.readouterr().err.count("\n")
