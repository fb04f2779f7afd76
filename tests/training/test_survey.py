"""What is in the shards."""

import json

import numpy as np
import pytest

from livecomposer.errors import CorpusError
from livecomposer.events import Note
from livecomposer.tokens.stream import ids_of_notes
from livecomposer.tokens.vocabulary import VOCABULARY
from livecomposer.training.corpus import SPLITS
from livecomposer.training.survey import ALL, lines, survey


def write_shard(path, **pieces):
    """Pieces, by pack: so many notes each, four a second, up from C3, at a velocity of 66."""
    names = [f"{pack}/{i}.mid" for pack, counts in pieces.items() for i, _ in enumerate(counts)]
    told = [
        np.array(ids_of_notes([Note(i / 4, (i + 1) / 4, 48 + i % 30, 66) for i in range(count)], origin=0.0), np.uint16)
        for counts in pieces.values()
        for count in counts
    ]
    np.savez(
        path,
        ids=np.concatenate([np.zeros(0, np.uint16), *told]),
        starts=np.cumsum([0, *map(len, told)]),
        names=np.array(names, dtype=np.str_),
        fingerprint=np.array(VOCABULARY.fingerprint),
    )


@pytest.fixture
def shards(tmp_path):
    """Two packs to train on, one to validate, none to test."""
    write_shard(tmp_path / "train.npz", one=(20, 40), two=(30,))
    write_shard(tmp_path / "valid.npz", one=(16,))
    write_shard(tmp_path / "test.npz")
    return tmp_path


def test_every_pack_of_every_split_is_counted(shards):
    """Pieces, hours, notes, density, pitch and velocity; and all together."""
    train = survey(shards)["splits"]["train"]
    assert ["one", "two", ALL] == list(train)
    assert (2, 60, 4.0) == tuple(train["one"][key] for key in ("pieces", "notes", "notes_per_second"))
    assert pytest.approx(22.5 / 3600) == train[ALL]["hours"]
    assert (48, 77) == tuple(train["two"][key] for key in ("pitch_low", "pitch_high"))
    assert pytest.approx(66, abs=2) == train["two"]["velocity_mean"]
    assert (3, 90, 90) == (train[ALL]["densities"][4], sum(train[ALL]["pitches"]), sum(train[ALL]["velocities"]))


def test_an_empty_split_has_nothing_to_tell(shards):
    """No mean of nothing; the table shows a dash."""
    found = survey(shards)
    assert {ALL} == set(found["splits"]["test"])
    assert found["splits"]["test"][ALL]["pitch_mean"] is None
    table = list(lines(found))
    assert 1 + 3 + 2 + 1 == len(table)
    assert "–" in table[-1]


def test_the_summary_is_kept(shards):
    """As it was returned, with the files that were left out."""
    found = survey(shards, skipped=[("one/broken.mid", "unreadable")])
    assert found == json.loads((shards / "summary.json").read_text())
    assert [["one/broken.mid", "unreadable"]] == found["skipped"]
    assert set(SPLITS) == set(found["splits"])


def test_what_cannot_be_read_or_written_is_one_line(shards):
    """A folder in the summary's place, and a missing shard."""
    (shards / "summary.json").mkdir()
    with pytest.raises(CorpusError, match="not written"):
        survey(shards)
    (shards / "test.npz").unlink()
    with pytest.raises(CorpusError, match="not a shard"):
        survey(shards)
