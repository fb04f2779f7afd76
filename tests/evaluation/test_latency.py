"""What the bench of the engine measures and says; never how long it took."""

import pytest
import torch

from livecomposer.errors import CheckpointError
from livecomposer.evaluation.latency import FEEDS, bench_engine, measure
from livecomposer.model import checkpoint
from tests.model.networks import SMALL, random_decoder

ROW_KEYS = {"backend", "precision", "params", "context", "threads", "ms_median", "ms_p99", "floor_ms", "eager_ms"}


@pytest.fixture
def model(tmp_path):
    """A checkpoint folder of a tiny random decoder."""
    checkpoint.save(tmp_path / "tiny", random_decoder(), fingerprint="any")
    return tmp_path / "tiny"


def test_one_row_for_each_context_in_their_order(model):
    """Contexts inside, at and beyond the window each get their row."""
    result = bench_engine(model, contexts=(3, 8, 40), rounds=1)
    assert [3, 8, 40] == [row["context"] for row in result["rows"]]


def test_a_row_has_every_promised_key_and_the_engine_named(model):
    """What programs rely on is there, and the parameters are those of the decoder."""
    (row,) = bench_engine(model, threads=1, contexts=(8,), rounds=1)["rows"]
    assert set() == ROW_KEYS - set(row)
    params = sum(weight.numel() for weight in random_decoder().parameters())
    assert ("cpu", "float32", params, 1) == (row["backend"], row["precision"], row["params"], row["threads"])
    assert [str(count) for count in FEEDS] == list(row["feed_ms"])


def test_every_figure_is_a_positive_time_and_the_p99_no_less_than_the_median(model):
    """Nothing is left unmeasured, and quantiles are in order."""
    (row,) = bench_engine(model, contexts=(8,), rounds=2)["rows"]
    figures = [row["ms_median"], row["floor_ms"], row["eager_ms"], row["rewind_ms"], *row["feed_ms"].values()]
    assert all(figure > 0 for figure in figures)
    assert row["ms_median"] <= row["ms_p99"]


def test_the_parts_are_measured_in_turns():
    """Every round measures each part once and a token ten times; the rounds that warm up are not counted."""
    times = measure(random_decoder(), 8, rounds=3)
    once = {"floor", "eager", "rewind", *(f"feed {count}" for count in FEEDS)}
    assert {"token": 30} | dict.fromkeys(once, 3) == {name: len(seconds) for name, seconds in times.items()}


def test_progress_is_told_after_each_row(model):
    """A person sees how many contexts are done."""
    told = []
    bench_engine(model, contexts=(4, 8), rounds=1, progress=told.append)
    assert [1, 2] == told


def test_the_number_of_threads_is_put_back(model):
    """A bench with its own number of threads leaves the process as it found it."""
    before = torch.get_num_threads()
    (row,) = bench_engine(model, threads=before + 1, contexts=(4,), rounds=1)["rows"]
    assert (before + 1, before) == (row["threads"], torch.get_num_threads())


def test_the_size_of_the_weights_is_four_bytes_a_parameter(model):
    """The floor streams float32, and the tied output layer only once."""
    params = sum(weight.numel() for weight in random_decoder(SMALL).parameters())
    assert round(4 * params / 2**20, 2) == bench_engine(model, contexts=(4,), rounds=1)["weights_mib"]


def test_a_folder_without_weights_is_refused(tmp_path):
    """A wrong path is the tree's own error, not a traceback."""
    with pytest.raises(CheckpointError, match="checkpoint"):
        bench_engine(tmp_path)
