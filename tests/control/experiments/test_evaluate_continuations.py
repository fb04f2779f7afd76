"""``evaluate --music``: a tiny model, which knows no music, goes on beside those who do and those who cheat."""

import json

import pytest

from livecomposer.control.cli import main
from tests.evaluation.recitals import NAMES, write_shard
from tests.session.minds import tiny_checkpoint

EVERYBODY = {"model", "other", "markov", "copy", "another", "elsewhere", "real"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A checkpoint, a shard, another checkpoint as a run keeps it, and a train.npz beside the shard."""
    folder = tmp_path_factory.mktemp("place")
    write_shard(folder / "train.npz")
    return tiny_checkpoint(folder / "tiny"), write_shard(folder / "valid.npz"), tiny_checkpoint(folder / "other/best")


def asked(place, *more):
    """The command."""
    short = ["--given", 4, "--seconds", 3, "--pieces", 2]
    return [str(one) for one in ("evaluate", "--music", *place[:2], *short, *more)]


def test_everybody_goes_on_from_the_same_beginnings(capsys, place):
    """And the result says who, what and how long; strict JSON; the same again."""
    command = asked(place, "--beside", place[2], "--seed", 3, "--json")
    assert 0 == main(command)
    printed = capsys.readouterr().out
    result = json.loads(printed, parse_constant=pytest.fail)
    assert (2, 4.0, 3.0, 3) == tuple(result[key] for key in ("pieces", "given_seconds", "seconds", "seed"))
    assert set(result["names"]) < set(NAMES)
    assert all(EVERYBODY == set(found["makers"]) for found in result["measures"].values())
    assert all(EVERYBODY == set(found) for found in result["sets"].values())
    assert result["measures"]["notes_per_second"]["makers"]["model"]["mean"] > 0
    assert 1.0 == result["measures"]["copied"]["makers"]["copy"]["mean"]
    assert 0 == main(command)
    assert printed == capsys.readouterr().out


def test_the_table_names_everybody(capsys, place, tmp_path):
    """A column each, a row a measure, differences, and cheats; without a train.npz no Markov model."""
    alone = write_shard(tmp_path / "valid.npz")
    assert 0 == main(asked((place[0], alone)))
    text = capsys.readouterr().out
    assert text.startswith("model: tiny\n2 pieces, 3 s each behind 4 s\n")
    assert ["model", "copy", "another", "elsewhere", "real"] == text.splitlines()[2].split()
    assert "pitch_class_overlap: no worse than the model: copy" in text
    assert "markov" not in text


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--pieces", 0), "wanted at least 1"),
        (("--given", 600), "ask for fewer seconds"),
        (("--beside", "nowhere"), "no checkpoint there"),
        (("--train", "nowhere.npz"), "not a shard"),
        (("--accompany",), "not allowed with"),
    ],
)
def test_what_cannot_be_done_is_one_line(capsys, place, more, told):
    """No piece, none so long, no such checkpoint or shard, or two things at once."""
    try:
        code = main(asked(place, *more))
    except SystemExit as error:  # the parser's own
        code = error.code
    said = capsys.readouterr().err
    assert (2, 1) == (code, said.count("\n"))
    assert told in said


def test_one_name_is_one_checkpoint(capsys, place):
    """The same twice would be one column."""
    assert 2 == main(asked(place, "--beside", place[2], "--beside", place[2]))
    assert "is in the table already" in capsys.readouterr().err
