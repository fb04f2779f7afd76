"""What ``livecomposer bench engine`` takes and prints."""

import argparse
import json

import pytest

from livecomposer.control.experiments import bench_engine
from livecomposer.errors import CheckpointError, SettingError
from livecomposer.model import checkpoint
from tests.model.networks import random_decoder


def options(model="", **values):
    """What the command line hands over, for one quick cell."""
    told = {"sizes": "shipped", "contexts": "4", "backends": "eager,native", "threads": "1", "quick": True}
    return argparse.Namespace(model=str(model), **{**told, **values})


@pytest.fixture
def model(tmp_path):
    """A checkpoint folder of a tiny random decoder."""
    checkpoint.save(tmp_path / "tiny", random_decoder(), fingerprint="any")
    return tmp_path / "tiny"


def test_json_and_the_table_say_the_same(model):
    """A line for each row, with backend and ratios; a backend that cannot run has a line with the reason."""
    result = json.loads(json.dumps(bench_engine.run(options(model, contexts="4,8"))))
    assert ["eager", "native", "native"] * 2 == [row["backend"] for row in result["rows"]]
    result["rows"].append({"backend": "gpt2", "skipped": "not installed"})
    head, *lines = bench_engine.lines(result)
    assert ["size", "threads", "context", "backend"] == head.split()[:4]
    for row, line in zip(result["rows"][:-1], lines, strict=False):
        assert line.split()[:5] == ["shipped", "1", str(row["context"]), row["backend"], row["precision"]]
        assert f"{row['x_eager']:.2f}" in line
    assert lines[-1] == "gpt2 skipped: not installed"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sizes": "3M"}, "sizes = 3M: wanted some of"),
        ({"backends": "abacus"}, "backends = abacus: wanted some of"),
        ({"threads": "many"}, "threads = many: wanted whole numbers"),
        ({"contexts": "0"}, "contexts = 0: wanted one or more"),
    ],
)
def test_what_cannot_be_measured_is_refused(model, values, said):
    """In a line, with what may be asked for."""
    with pytest.raises(SettingError, match=said):
        bench_engine.run(options(model, **values))


def test_a_missing_model_is_refused(tmp_path):
    """The folder that holds no weights is named."""
    with pytest.raises(CheckpointError, match="no checkpoint there"):
        bench_engine.run(options(tmp_path / "nothing"))
