"""Weights on disk, whole and in every state of damage."""

import json
import math
import resource

import pytest
import torch
from safetensors.torch import load_file, save_file

from livecomposer.errors import CheckpointError
from livecomposer.model import checkpoint
from tests.model.networks import SMALL, random_decoder

IDS = torch.arange(20)[None] % SMALL.vocabulary


@pytest.fixture
def folder(tmp_path):
    """A whole checkpoint."""
    checkpoint.save(tmp_path / "weights", random_decoder(), fingerprint="abc", facts={"step": 7})
    return tmp_path / "weights"


def refused(folder, **options):
    """The one line that loading ``folder`` raises."""
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load(folder, **options)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 1000
    return line


def change_config(folder, **changes):
    """Overwrite keys of the config."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def change_weights(folder, change):
    """Apply ``change`` to the dict of tensors."""
    weights = dict(load_file(folder / "model.safetensors"))
    weights = {name: weight.clone() for name, weight in weights.items()}
    change(weights)
    save_file(weights, folder / "model.safetensors")


@pytest.mark.parametrize(("half", "tolerance"), [(False, 0.0), (True, 0.05)])
def test_what_is_saved_is_loaded(tmp_path, half, tolerance):
    """float32 comes back to the bit, float16 nearly; always as float32, ready to evaluate."""
    decoder = random_decoder()
    checkpoint.save(tmp_path, decoder, fingerprint="abc", half=half)
    loaded = checkpoint.load(tmp_path, fingerprint="abc")
    torch.testing.assert_close(decoder(IDS), loaded(IDS), atol=tolerance, rtol=tolerance)
    assert SMALL == loaded.shape
    assert not loaded.training
    assert {torch.float32} == {weight.dtype for weight in loaded.parameters()}
    assert not any(weight.requires_grad for weight in loaded.parameters())


def test_half_takes_half_the_room(tmp_path):
    """float16 is stored as such."""
    for half in (False, True):
        checkpoint.save(tmp_path / str(half), random_decoder(), fingerprint="abc", half=half)
    sizes = {half: (tmp_path / str(half) / "model.safetensors").stat().st_size for half in (False, True)}
    assert sizes[True] < 0.7 * sizes[False]


def test_the_config_tells_all(folder):
    """Format, vocabulary, shape and the trainer's facts can be read without the weights; nothing partial stays."""
    config = checkpoint.describe(folder)
    assert (1, "rope", "abc", {"step": 7}) == tuple(
        config[key] for key in ("format", "architecture", "vocabulary", "training")
    )
    assert config["shape"]["width"] == SMALL.width
    assert {"config.json", "model.safetensors"} == {path.name for path in folder.iterdir()}


def test_saving_again_replaces(folder):
    """A second save takes the place of the first."""
    other = random_decoder(seed=5)
    checkpoint.save(folder, other, fingerprint="abc")
    torch.testing.assert_close(other(IDS), checkpoint.load(folder)(IDS))


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_refused(folder, name, share):
    """However much of a file is missing, it is one line."""
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(share * len(data))])
    assert name in refused(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
@pytest.mark.parametrize("garbage", [b"\xff" * 64, b"null", b"[" * 100_000, b"\n" * 9, b"[1]", bytes(4096)])
def test_garbage_is_refused(folder, name, garbage):
    """What is no checkpoint is one line, deep nesting and huge headers included."""
    (folder / name).write_bytes(garbage)
    assert name in refused(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_missing_file_is_named(folder, name):
    """Whichever file is missing, the message names it."""
    (folder / name).unlink()
    assert name in refused(folder)


def test_a_missing_folder_is_refused(tmp_path):
    """A folder that is not there is one line."""
    assert "nowhere" in refused(tmp_path / "nowhere")


def test_a_folder_in_a_file_s_place_is_refused(folder):
    """A folder where the weights should be is one line."""
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()
    assert "model.safetensors" in refused(folder)


def test_another_vocabulary_is_refused(folder):
    """Weights for another vocabulary name both fingerprints."""
    line = refused(folder, fingerprint="xyz")
    assert "abc" in line
    assert "xyz" in line


@pytest.mark.parametrize("changes", [{"format": 2}, {"architecture": "mamba"}, {"format": "one"}])
def test_another_format_is_refused(folder, changes):
    """A format or architecture of a later version asks for an update."""
    change_config(folder, **changes)
    assert "update livecomposer" in refused(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 32},
        {"vocabulary": 24},
        {"layers": 1},
        {"layers": 3},
        {"hidden": 25},
        {"heads": 3},
        {"window": 0},
        {"window": -1},
        {"window": True},
        {"layers": 1.0},
        {"heads": "2"},
        {"depth": 2},
    ],
)
def test_another_shape_is_refused(folder, changes):
    """A shape that the weights do not have, or that no decoder can have, is one line."""
    change_config(folder, shape={**checkpoint.describe(folder)["shape"], **changes})
    assert refused(folder)


@pytest.mark.parametrize("shape", [None, [], {}, "small"])
def test_no_shape_is_refused(folder, shape):
    """A config without a usable shape says so."""
    change_config(folder, shape=shape)
    assert "no usable shape" in refused(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": 2**14},
        {"width": 2**14, "heads": 2**13, "hidden": 2**14},
        {"vocabulary": 10**12, "width": 10**12},
        {"window": 2**40},
    ],
)
def test_an_absurd_shape_takes_no_memory(folder, changes):
    """Whatever a config claims, a small file never makes gigabytes of weights."""
    change_config(folder, shape={**checkpoint.describe(folder)["shape"], **changes})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refused(folder)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


@pytest.mark.parametrize("name", ["blocks.1.up.weight", "embedding.weight", "norm.weight"])
def test_a_missing_tensor_is_refused(folder, name):
    """Weights that lack a tensor name it."""
    change_weights(folder, lambda weights: weights.pop(name))
    assert name in refused(folder)


def test_an_extra_tensor_is_refused(folder):
    """Weights with a tensor too many name it."""
    change_weights(folder, lambda weights: weights.update(bias=torch.zeros(3)))
    assert "bias" in refused(folder)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_refused(folder, value):
    """One weight that is no number is enough."""
    change_weights(folder, lambda weights: weights["blocks.0.out.weight"].view(-1)[5:6].fill_(value))
    assert "not finite" in refused(folder)


def test_an_unwritable_folder_is_one_line(tmp_path):
    """Saving where nothing can be written says so in one line."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CheckpointError, match="not written") as caught:
        checkpoint.save(tmp_path / "file", random_decoder(), fingerprint="abc")
    assert "\n" not in str(caught.value)
