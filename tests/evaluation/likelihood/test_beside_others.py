"""Rivals score the same pieces, and a difference is told with its interval."""

import json

import numpy as np
import pytest

from livecomposer.control.cli import main
from livecomposer.errors import CheckpointError, CorpusError
from livecomposer.evaluation.likelihood.beside_others import ALL, COPY, MARKOV, MODEL, compare, named, table
from livecomposer.evaluation.likelihood.markov import MarkovModel, Recall
from livecomposer.tokens.vocabulary import VOCABULARY
from tests.evaluation.likelihood.test_bits_per_note import NOTE, ON, by_id, shard, uniform
from tests.evaluation.recitals import write_shard
from tests.session.minds import tiny_checkpoint

PIECES = shard(NOTE * 2, NOTE * 3, NOTE * 4, names=("one/a", "one/b", "other/c"))


def twice(ids):
    """Needs a bit more for every id than one that finds all alike."""
    return uniform(ids) - np.log(2)


def test_all_score_the_same_pieces_pack_by_pack():
    """Three ids a note: so a bit more an id is three a note, and as sure as can be."""
    found = compare({MODEL: uniform, "worse": twice}, PIECES)
    assert {"one": 2, "other": 1, ALL: 3} == {pack: row["pieces"] for pack, row in found.items()}
    for row in found.values():
        model, worse = row["scorers"][MODEL], row["scorers"]["worse"]
        assert pytest.approx(3 * np.log2(VOCABULARY.size)) == model["bits_per_note"]
        assert pytest.approx(3.0) == worse["more_than_model"]
        assert pytest.approx([3.0, 3.0]) == worse["more_interval"]


def test_whoever_is_no_worse_has_no_star():
    """A star only where the interval of the difference leaves 0 out."""
    lines = table({"packs": compare({MODEL: uniform, "worse": twice, "same": uniform}, PIECES)}).splitlines()
    assert "| bits a note | pieces | model | worse | same |" == lines[0]
    assert all(1 == line.count("*") for line in lines[2:])


def test_the_same_seed_draws_the_same_pieces_and_intervals():
    """Of different pieces, chosen by the seed."""
    scorers = {MODEL: uniform, "odd": by_id}
    assert compare(scorers, PIECES, pieces=2, seed=4) == compare(scorers, PIECES, pieces=2, seed=4)
    assert 2 == compare(scorers, PIECES, pieces=2)[ALL]["pieces"]


def test_pieces_without_a_note_are_refused():
    """Bits a note would be endless."""
    with pytest.raises(CorpusError, match="without a note"):
        compare({MODEL: uniform}, shard([NOTE[1]]))


def test_copying_knows_what_was_said_and_nothing_else():
    """At first all ids are alike; a phrase that comes again is nearly free."""
    copy = MarkovModel((), Recall())
    found = copy.log_probabilities(np.tile([ON + 60, ON + 62, ON + 64, ON + 65], 8))
    assert pytest.approx(-np.log(VOCABULARY.size)) == found[0]
    assert found[-4:].min() > np.log(0.9)


def test_a_run_is_called_by_its_own_name(tmp_path):
    """Its best weights lie in a folder called best; no two columns have one name."""
    runs = [tmp_path / "lstm/best", tmp_path / "rope"]
    assert ["lstm", "rope"] == list(named(runs, taken=(MODEL,)))
    with pytest.raises(CheckpointError, match="in the table already"):
        named([*runs, tmp_path / "elsewhere/rope"], taken=(MODEL,))
    with pytest.raises(CheckpointError, match="in the table already"):
        named(runs, taken=("lstm",))


def test_one_command_holds_weights_against_all_rivals(capsys, tmp_path):
    """Other weights, a Markov model of the training pieces, and copying."""
    train, valid = write_shard(tmp_path / "train.npz"), write_shard(tmp_path / "valid.npz")
    tiny, other = tiny_checkpoint(tmp_path / "tiny"), tiny_checkpoint(tmp_path / "other/best")
    command = ["evaluate", tiny, valid, "--beside", other, "--train", train, "--pieces", 2]
    assert 0 == main([str(one) for one in [*command, "--json"]])
    found = json.loads(capsys.readouterr().out)["packs"][ALL]
    assert [MODEL, "other", MARKOV, COPY] == list(found["scorers"])
    assert 2 == found["pieces"]
    assert 0 == main([str(one) for one in command])
    assert "| all | 2 |" in capsys.readouterr().out
