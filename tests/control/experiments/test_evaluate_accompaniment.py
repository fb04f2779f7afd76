"""``evaluate --accompany``: a tiny model, which knows no music, in the company of musicians and cheats."""

import json

import numpy as np
import pytest

from livecomposer.control.cli import main
from livecomposer.events import Note
from livecomposer.tokens.stream import ids_of_notes
from livecomposer.tokens.vocabulary import VOCABULARY
from tests.session.minds import tiny_checkpoint

LIVE = {"model", "append-only", "re-reading", "unled", "unforeseen", "0.5 s ahead", "rules"}
PARTNERS = LIVE | {"knowing all", "real", "shuffled", "silence", "drone", "unison"}


def write_shard(path, *, how=1):
    """Three pieces of a melody over a bass, as ``prepare`` writes them."""
    pieces = []
    for key in range(3):
        melody = [Note(n / 2, n / 2 + 0.5, 72 + key + (0, 4, 7, 5)[n % 4], 64) for n in range(20)]
        bass = [Note(n / 2, n / 2 + 0.5, 48 + key, 64) for n in range(20)]
        pieces.append(np.array(ids_of_notes([*melody, *bass], origin=0.0)))
    ids = np.concatenate(pieces)
    np.savez_compressed(
        path,
        ids=ids.astype(np.uint16),
        starts=np.cumsum([0, *map(len, pieces)]),
        names=np.array(["a/1.mid", "a/2.mid", "b/1.mid"]),
        lead=np.packbits((ids < 256) & (ids % 128 >= 60)),
        how=np.full(3, how, np.uint8),
        fingerprint=np.array(VOCABULARY.fingerprint),
    )
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A checkpoint and a shard."""
    folder = tmp_path_factory.mktemp("place")
    return tiny_checkpoint(folder / "tiny"), write_shard(folder / "valid.npz")


def run(capsys, place, *more):
    """What the command prints."""
    arguments = ["evaluate", "--accompany", *place, "--pieces", 2, "--seconds", 6, *more]
    assert 0 == main([str(argument) for argument in arguments])
    return capsys.readouterr().out


def test_everybody_plays_with_the_same_melodies(capsys, place):
    """And the result says who, what and how long; strict JSON; the same again."""
    printed = run(capsys, place, "--seed", 3, "--json")
    result = json.loads(printed, parse_constant=pytest.fail)
    assert (2, 6.0, 20.0, 3) == tuple(result[key] for key in ("pieces", "seconds", "latency_ms", "seed"))
    assert {"a", "b"} == {name[0] for name in result["names"]}
    assert all(PARTNERS == set(found["partners"]) for found in result["metrics"].values())
    assert all(PARTNERS == set(found) for found in result["cold_start"].values())
    assert set(result["live"]) == LIVE
    assert result["live"]["re-reading"]["horizon_ms"] > result["live"]["model"]["horizon_ms"]
    assert result["live"]["model"]["plans"] > 10
    assert pytest.approx(20.0) == result["live"]["model"]["horizon_ms"]
    assert pytest.approx(500.0) == result["live"]["0.5 s ahead"]["horizon_ms"]
    assert result["metrics"]["density"]["partners"]["model"]["mean"] > 0
    again = json.loads(run(capsys, place, "--seed", 3, "--json"))
    assert _without_measured(result) == _without_measured(again)


def _without_measured(result):
    """All but who waits as long as reading takes on this machine, and when."""
    kept = {"live": {name: facts for name, facts in result["live"].items() if name != "re-reading"}}
    means = {name: {who: row["mean"] for who, row in m["partners"].items()} for name, m in result["metrics"].items()}
    return {**kept, "means": {name: {**row, "re-reading": None} for name, row in means.items()}}


def test_latencies_are_compared_with_the_first(capsys, place):
    """One row each, with the horizon that it needs; differences from the first."""
    result = json.loads(run(capsys, place, "--latency-ms", "0,50", "--json"))
    rows = result["latencies"]
    assert [0.0, 50.0] == [row["latency_ms"] for row in rows]
    assert pytest.approx([2.0, 50.0]) == [row["horizon_ms"] for row in rows]
    assert rows[1]["replan_ms"] > rows[0]["replan_ms"] + 25.0  # the feed alone takes half of the latency
    density = [row["metrics"]["density"] for row in rows]
    less = density[1]["subject_less_this"]["mean"]
    assert pytest.approx(density[0]["mean"] - density[1]["mean"]) == less


def test_the_change_of_key_is_half_way(capsys, place):
    """The curves begin as many windows before it as fit; the drone that stays is right for one second more."""
    found = json.loads(run(capsys, place, "--key-change", "--json"))["key_change"]
    assert (3.0, 6) == (found["moment"], found["semitones"])
    drone = [point["mean"] for point in found["curves"]["harmony"]["drone"]]
    assert pytest.approx([1.0, 0.5]) == drone
    assert [-2.0, 0.0] == [point["at"] for point in found["curves"]["density"]["model"]]


def test_a_person_gets_tables(capsys, place):
    """Means, differences, where cheats win, latencies and curves."""
    lines = run(capsys, place, "--latency-ms", "20,100", "--key-change").splitlines()
    assert ["model: tiny", "2 pieces, 6 s each, latency 20 ms"] == lines[:2]
    assert lines[2].split()[0] == "model"
    text = "\n".join(lines)
    for told in ("harmony_both", "model less each other", "no worse than the real accompaniment", "100 ms"):
        assert told in text
    assert any(line.startswith("consonance, in windows of 2 s around the change of key") for line in lines)


@pytest.mark.parametrize("wanted", ["", "a", "-1", "5,,6", "1e9"])
def test_latencies_that_are_none(capsys, place, wanted):
    """Exit code 2 and one line."""
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--accompany", *map(str, place), f"--latency-ms={wanted}"])
    assert 2 == ended.value.code
    assert "wanted milliseconds" in capsys.readouterr().err


def test_a_shard_without_melodies(capsys, place, tmp_path):
    """Exit code 2 and one line."""
    shard = write_shard(tmp_path / "other.npz", how=3)
    assert 2 == main(["evaluate", "--accompany", str(place[0]), str(shard)])
    assert "none with a melody track" in capsys.readouterr().err


def test_some_partners_alone(capsys, place):
    """With the model and the real one, with whom they are compared; one who does not exist is told."""
    result = json.loads(run(capsys, place, "--partners", "append-only, drone", "--json"))
    assert {"model", "append-only", "drone", "real"} == set(result["metrics"]["harmony_both"]["partners"])
    assert {"model", "append-only"} == set(result["live"])
    assert 2 == main(["evaluate", "--accompany", *map(str, place), "--seconds", "6", "--partners", "nobody"])
    assert "wanted some of: model, append-only" in capsys.readouterr().err
