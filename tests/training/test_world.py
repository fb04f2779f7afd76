"""Two processes learn what one would have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from livecomposer.control.cli import main
from livecomposer.errors import SettingError
from livecomposer.training.world import ALONE, World, joined
from tests.training.pieces import shard_of
from tests.training.test_trainer import write_shard

CONFIG = """
layers = 1
width = 16
heads = 2
hidden = 32
window = 16
warmup = 1
cooldown = 0
validate_every = 1
validation_rows = 2
[[stages]]
steps = 1
rows = 3
length = 16
rows_at_once = 1
"""


def test_rows_are_shared_out_and_none_is_taken_twice():
    """However many there are; whoever comes too late has none."""
    for rows, size in ((8, 2), (3, 2), (1, 4)):
        taken = [row for rank in range(size) for row in range(rows)[World(rank, size).share(rows)]]
        assert list(range(rows)) == sorted(taken)


def test_without_the_launcher_there_is_one(monkeypatch):
    """It has all rows, writes and reports, and adds nothing up."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined("cpu") as (world, device):
        assert (ALONE, "cpu", True) == (world, device, world.is_first)
        world.add_up([one := torch.ones(1)])
    assert 1 == one.item()


def test_more_processes_than_gpus_is_one_line(monkeypatch):
    """Before anything waits for anybody."""
    for name, value in (("WORLD_SIZE", "99"), ("LOCAL_RANK", "98")):
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match="lower --nproc-per-node"), joined("cuda"):
        pass


def test_two_processes_learn_what_one_would_have(tmp_path):
    """Started by PyTorch's launcher: three rows between two give the same gradients; the first writes; they resume."""
    for name, seeds in (("train", [1, 2]), ("valid", [3])):
        write_shard(tmp_path / f"{name}.npz", shard_of(seeds))
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    command = ["train", str(config), "--shards", str(tmp_path), "--threads", "1"]
    assert 0 == main([*command, "--run", str(tmp_path / "one")])
    together(*command, "--run", str(tmp_path / "two"))
    one, two = (load_file(tmp_path / run / "state.safetensors") for run in ("one", "two"))
    gradients = [name for name in one if "momentum_buffer" in name or "exp_avg" in name]
    assert gradients
    for name in gradients:  # the weights themselves differ more: Muon computes in bfloat16
        torch.testing.assert_close(two[name], one[name], rtol=1e-3, atol=1e-6, msg=name)
    config.write_text(CONFIG.replace("steps = 1", "steps = 2"))
    together(*command, "--run", str(tmp_path / "two"))
    lines = (tmp_path / "two/curve.csv").read_text().splitlines()
    assert ["1", "2"] == [line.split(",")[0] for line in lines if line[0].isdigit()]


def together(*arguments):
    """Two processes, to their end."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launcher, "-m", "--", "livecomposer.control.cli", *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
        text=True,
        timeout=240,
    )
    assert 0 == done.returncode, done.stderr[-2000:]
