"""What the bench of the engine measures and says; never how long it took."""

import pytest
import torch

from livecomposer.errors import CheckpointError, EngineError, SettingError
from livecomposer.evaluation.speed import engine_bench as latency
from livecomposer.evaluation.speed.engine_adapters import EngineAdapter
from livecomposer.evaluation.speed.engine_bench import FEEDS, BenchPlan, bench_engine, measure, write_fresh
from livecomposer.model import checkpoint
from tests.model.networks import random_decoder

ROW_KEYS = {"backend", "precision", "params", "context", "threads", "ms_median", "ms_p99", "floor_ms", "eager_ms"}
QUICK = {"sizes": ("shipped",), "contexts": (4, 20), "backends": ("eager", "native"), "threads": (1,), "rounds": 1}


@pytest.fixture
def model(tmp_path):
    """A checkpoint folder of a tiny random decoder."""
    checkpoint.save(tmp_path / "tiny", random_decoder(), fingerprint="any")
    return tmp_path / "tiny"


def plan(**values):
    """A short plan."""
    return BenchPlan(**{**QUICK, "growth": (), **values})


def test_there_is_a_row_for_each_engine_at_each_context(model):
    """With every promised key, the engine named, and ratios that are those of its figures."""
    rows = bench_engine(model, plan())["rows"]
    assert [("eager", "float32"), ("native", "float32"), ("native", "int8")] * 2 == [
        (row["backend"], row["precision"]) for row in rows
    ]
    assert [4] * 3 + [20] * 3 == [row["context"] for row in rows]
    for row in rows:
        assert not ROW_KEYS - row.keys()
        assert row["x_floor"] == pytest.approx(row["ms_median"] / row["floor_ms"], abs=0.01)
        assert row["x_eager"] == pytest.approx(row["eager_ms"] / row["ms_median"], abs=0.01)
        assert [str(count) for count in FEEDS] == list(row["feed_ms"])
        assert row["ms_p99"] >= row["ms_median"] > 0


def test_everyone_has_a_turn_in_every_round():
    """So that whatever else the machine does weighs on all alike."""
    order = []

    def contender(name):
        return EngineAdapter(
            facts={"backend": name},
            hold=lambda ids: None,
            take_in=lambda ids: order.append(name) or [0.001] * len(ids),
            read_weights=lambda: None,
        )

    times = measure([contender("a"), contender("b")], 8, vocabulary=5, rounds=3)
    assert ["a", "b"] * 3 == order[-6:]
    assert [30, 30] == [len(of_it["token"]) for of_it in times]


def test_a_backend_that_cannot_run_has_a_row_with_the_reason(model, monkeypatch):
    """And the others are measured all the same."""

    def absent(decoder, threads):
        raise EngineError("not installed; pip install it")

    monkeypatch.setitem(latency.BACKENDS, "gpt2", absent)
    rows = bench_engine(model, plan(backends=("eager", "gpt2"), contexts=(4,)))["rows"]
    assert ["eager", "gpt2"] == [row["backend"] for row in rows]
    assert {"backend": "gpt2", "skipped": "not installed; pip install it"} == rows[-1]


def test_growth_is_told_of_each_of_our_engines(model):
    """A token early and late in a set, and memory on the way."""
    told = bench_engine(model, plan(growth=(10, 600)))["growth"]
    assert ["eager", "native", "native"] == [one["backend"] for one in told]
    assert all(["10", "600"] == list(one["ms"]) == list(one["rss_mib"]) for one in told)


def test_progress_is_told_after_each_cell(model):
    """A person sees how much is done."""
    told = []
    bench_engine(model, plan(), progress=told.append)
    assert [1, 2] == told
    assert 2 == plan().cells


def test_the_number_of_threads_is_put_back(model):
    """A bench with its own number of threads leaves the process as it found it."""
    before = torch.get_num_threads()
    rows = bench_engine(model, plan(threads=(before + 1,), contexts=(4,)))["rows"]
    assert (before + 1, before) == (rows[0]["threads"], torch.get_num_threads())


def test_what_is_slow_to_prepare_is_measured_at_one_size():
    """torch.compile takes half a minute a shape, and Notochord has a shape of its own."""
    whole = BenchPlan()
    assert {"compile", "notochord"} <= set(whole.wanted("11M", 1))
    assert not {"compile", "notochord"} & set(whole.wanted("25M", 1))
    assert "compile" not in whole.wanted("11M", 2)


def test_random_weights_of_a_size_can_be_played(tmp_path):
    """The folder holds a checkpoint of that shape."""
    folder = write_fresh("5M", tmp_path / "five")
    assert latency.SIZES["5M"] == checkpoint.load(folder).shape


def test_what_is_not_known_is_refused():
    """Sizes, backends and counts, in a line."""
    for values in ({"sizes": ("3M",)}, {"backends": ("abacus",)}, {"threads": (0,)}, {"contexts": ()}):
        with pytest.raises(SettingError, match=f"{next(iter(values))} = "):
            plan(**values)


def test_a_folder_without_weights_is_refused(tmp_path):
    """A wrong path is the tree's own error, not a traceback."""
    with pytest.raises(CheckpointError, match="checkpoint"):
        bench_engine(tmp_path, plan())
