"""One run: it learns, resumes exactly, and stops cleanly."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from livecomposer.errors import CheckpointError, CorpusError, LivecomposerError, SettingError
from livecomposer.events import Note
from livecomposer.model import checkpoint
from livecomposer.tokens import barnote
from livecomposer.tokens.vocabulary import VOCABULARY
from livecomposer.training import state as state_module
from livecomposer.training.batches import Augmentation, batch
from livecomposer.training.corpus import Shard
from livecomposer.training.trainer import Config, Stage, Trainer
from tests.training.pieces import shard_of

PLAIN = Augmentation(transpose_down=0, transpose_up=0, stretch=0.0, velocity_bins=0, takeover=0.0)
TINY = Config(
    layers=1,
    width=16,
    heads=2,
    hidden=32,
    window=16,
    stages=(Stage(steps=4, rows=2, length=16), Stage(steps=2, rows=1, length=32)),
    warmup=2,
    cooldown=2,
    validate_every=4,
    validation_rows=2,
    save_every=2,
)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """A folder with shards of a few pieces."""
    folder = tmp_path_factory.mktemp("shards")
    for name, seeds in (("train", [1, 2]), ("valid", [3])):
        write_shard(folder / f"{name}.npz", shard_of(seeds))
    return folder


def write_shard(path, shard):
    """Write a shard as prepare does."""
    fingerprint = np.array(VOCABULARY.fingerprint)
    names = np.array(shard.names, dtype=np.str_)
    np.savez(path, ids=shard.ids, starts=shard.starts, names=names, fingerprint=fingerprint)


def run(trainer, *, until=math.inf):
    """Train up to a step, in silence."""
    return trainer.run(report=lambda line: None, stop=lambda: trainer.step >= until)


def state(folder):
    """A run's saved tensors and step."""
    with safe_open(folder / "state.safetensors", framework="pt") as file:
        return load_file(folder / "state.safetensors"), json.loads(file.metadata()["run"])


def assert_same_state(one, other):
    """Two runs' folders hold the same to the bit."""
    (tensors, facts), (others, other_facts) = state(one), state(other)
    assert facts == other_facts
    assert tensors.keys() == others.keys()
    for name, tensor in tensors.items():
        assert torch.equal(tensor, others[name]), name


def test_a_gradient_taken_row_by_row_is_the_gradient_of_the_whole_batch(shards, tmp_path):
    """However many rows are computed at a time, and however much of each is padding, a step learns the same."""
    gradients = []
    for rows_at_once in (0, 1, 2):
        stage = Stage(steps=1, rows=3, length=400, rows_at_once=rows_at_once)  # longer than the pieces: padded
        trainer = Trainer(replace(TINY, stages=(stage,)), shards, tmp_path / str(rows_at_once))
        ids, modes = batch(trainer.train, seed=1, step=0, rows=3, length=400, augmentation=PLAIN)
        trainer._accumulate(ids, modes, stage.rows_at_once or stage.rows)
        gradients.append([weight.grad for weight in trainer.decoder.parameters()])
    for other in gradients[1:]:
        for expected, got in zip(gradients[0], other, strict=True):
            torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-6)


def test_it_learns_a_tiny_shard(shards, tmp_path):
    """It begins near ln(vocabulary) and soon knows a small shard by heart."""
    long = replace(TINY, width=32, stages=(Stage(steps=60, rows=4, length=32),), augmentation=PLAIN, validate_every=100)
    trainer = Trainer(long, shards, tmp_path)
    losses = []
    learn = trainer._learn
    trainer._learn = lambda: losses.append(learn()) or losses[-1]
    best = run(trainer)
    assert losses[0][0] == pytest.approx(math.log(VOCABULARY.size), abs=0.3)
    assert losses[-1][0] < 0.6 * losses[0][0]
    assert checkpoint.describe(tmp_path / "best")["training"]["step"] == 60
    assert checkpoint.describe(tmp_path / "best")["training"]["validation_nats_per_token"] == round(best, 4)
    checkpoint.load(tmp_path / "best", fingerprint=VOCABULARY.fingerprint)


def test_a_stopped_run_resumes_exactly(shards, tmp_path):
    """Six steps are three, a stop, and three more: the same weights, optimisers and best loss, to the bit."""
    run(Trainer(TINY, shards, tmp_path / "whole"))
    run(Trainer(TINY, shards, tmp_path / "parts"), until=3)
    assert state(tmp_path / "parts")[1]["step"] == 3
    resumed = Trainer(TINY, shards, tmp_path / "parts")
    assert resumed.step == 3
    run(resumed)
    assert_same_state(tmp_path / "whole", tmp_path / "parts")
    assert (tmp_path / "whole" / "curve.csv").read_text() == (tmp_path / "parts" / "curve.csv").read_text()


def test_a_run_of_old_resumes(shards, tmp_path):
    """A state whose step stands in a file beside it is read too."""
    run(Trainer(TINY, shards, tmp_path / "whole"))
    run(Trainer(TINY, shards, tmp_path / "old"), until=3)
    tensors, facts = state(tmp_path / "old")
    save_file(tensors, tmp_path / "old" / "state.safetensors")
    (tmp_path / "old" / "state.json").write_text(json.dumps(facts))
    run(Trainer(TINY, shards, tmp_path / "old"))
    assert_same_state(tmp_path / "whole", tmp_path / "old")


def test_a_new_start_ignores_what_is_there(shards, tmp_path):
    """Without resume, step 0 it is."""
    run(Trainer(TINY, shards, tmp_path), until=2)
    assert Trainer(TINY, shards, tmp_path, resume=False).step == 0


def test_another_shape_is_refused(shards, tmp_path):
    """A folder that holds a run of another shape is not overwritten."""
    run(Trainer(TINY, shards, tmp_path), until=1)
    with pytest.raises(SettingError, match="another shape"):
        Trainer(replace(TINY, hidden=48), shards, tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_damaged_state_is_one_line(shards, tmp_path, share):
    """A state cut short says so and how to begin again."""
    run(Trainer(TINY, shards, tmp_path), until=1)
    data = (tmp_path / "state.safetensors").read_bytes()
    (tmp_path / "state.safetensors").write_bytes(data[: int(share * len(data))])
    with pytest.raises(CheckpointError, match="damaged") as caught:
        Trainer(TINY, shards, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_a_loss_that_is_not_finite_stops_before_the_weights(shards, tmp_path, where):
    """It is one line; the weights, and the last save, stay as they were."""
    trainer = Trainer(TINY, shards, tmp_path)
    run(trainer, until=2)
    before, weights = state(tmp_path)[0], {k: v.clone() for k, v in trainer.decoder.state_dict().items()}
    if where == "loss":
        trainer._loss = lambda network, ids, modes: network.embedding.weight.sum() * math.nan
    else:
        trainer.decoder.norm.weight.register_hook(lambda gradient: gradient * math.inf)
    with pytest.raises(CorpusError, match="step 3: the loss is"):
        run(trainer)
    assert all(torch.equal(weight, weights[name]) for name, weight in trainer.decoder.state_dict().items())
    assert all(torch.equal(tensor, before[name]) for name, tensor in state(tmp_path)[0].items())


def test_a_full_disk_is_one_line(shards, tmp_path, monkeypatch):
    """Where a save fails half-way, the last one stays whole, and the run resumes from it."""
    trainer = Trainer(TINY, shards, tmp_path)
    run(trainer, until=2)

    def full(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(state_module, "save_file", full)
        with pytest.raises(LivecomposerError, match="No space left") as caught:
            run(trainer)
    assert "\n" not in str(caught.value)
    assert Trainer(TINY, shards, tmp_path).step == 2


def test_an_unwritable_folder_is_one_line(shards, tmp_path):
    """A file in the folder's place is one line."""
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(LivecomposerError, match="not written"):
        run(Trainer(TINY, shards, tmp_path / "run"))


def test_no_piece_to_validate_on_is_refused_at_once(shards, tmp_path):
    """An empty shard is found before the first step."""
    whole = shard_of([1])
    write_shard(tmp_path / "train.npz", whole)
    write_shard(tmp_path / "valid.npz", Shard(whole.ids[:0], whole.starts[:1], ()))
    with pytest.raises(CorpusError, match="no piece in it"):
        Trainer(TINY, tmp_path, tmp_path / "run")


@pytest.mark.parametrize(
    "changes",
    [{"positions": name} for name in ("absolute", "relative", "xl", "alibi")]
    + [
        {"architecture": "lstm"},
        {"architecture": "gpt2", "tokens": "remi"},
        {"positions": "relative", "shared": True, "residual": True},
    ],
    ids=str,
)
def test_every_architecture_trains_and_resumes_exactly(shards, tmp_path, changes):
    """Six steps are three, a stop, and three more; what is best loads again as what it was."""
    config = replace(TINY, **changes)
    run(Trainer(config, shards, tmp_path / "whole"))
    run(Trainer(config, shards, tmp_path / "parts"), until=3)
    run(Trainer(config, shards, tmp_path / "parts"))
    assert_same_state(tmp_path / "whole", tmp_path / "parts")
    assert config.shape == checkpoint.load(tmp_path / "whole" / "best").shape


def test_a_running_mean_is_what_is_validated_and_kept(shards, tmp_path):
    """With ``ema`` the best checkpoint is the mean, which a resumed run goes on with; weights are as without."""
    config = replace(TINY, ema=0.9)
    run(Trainer(TINY, shards, tmp_path / "without"))
    run(trainer := Trainer(config, shards, tmp_path / "whole"))
    run(Trainer(config, shards, tmp_path / "parts"), until=3)
    run(Trainer(config, shards, tmp_path / "parts"))
    assert_same_state(tmp_path / "whole", tmp_path / "parts")
    without, whole = state(tmp_path / "without")[0], state(tmp_path / "whole")[0]
    assert all(torch.equal(tensor, whole[name]) for name, tensor in without.items())
    best = checkpoint.describe(tmp_path / "whole" / "best")["training"]["step"]
    assert best == 6 == trainer.step
    loaded = checkpoint.load(tmp_path / "whole" / "best").state_dict()
    for name, weight in loaded.items():
        torch.testing.assert_close(whole[f"ema.{name}"], weight, atol=1e-3, rtol=1e-3)
    assert any(not torch.equal(whole[f"ema.{name}"], whole[f"model.{name}"]) for name in loaded)


def test_progress_is_told(shards, tmp_path):
    """After every step it is said how many of how many are done."""
    told = []
    Trainer(TINY, shards, tmp_path).run(report=lambda line: None, progress=lambda *done: told.append(done))
    assert [(step, 6) for step in range(1, 7)] == told


def test_bars_and_notes_are_learned(tmp_path):
    """In the other vocabulary a run trains on its own shards, validates, and says which vocabulary it was."""
    notes = [Note(i / 2, i / 2 + 0.25, 60 + i % 12, 80) for i in range(60)]
    ids = np.array(barnote.encode(notes, barnote.Grid.steady(120)), np.uint16)
    for name in ("train", "valid"):
        facts = {"starts": np.array([0, len(ids)]), "names": np.array(["a"]), "fingerprint": barnote.FINGERPRINT}
        np.savez(tmp_path / f"{name}.npz", ids=ids, **facts)
    run(trainer := Trainer(replace(TINY, tokens="barnote"), tmp_path, tmp_path / "run"))
    assert (6, barnote.SIZE) == (trainer.step, trainer.config.shape.vocabulary)
    checkpoint.load(tmp_path / "run" / "best", fingerprint=barnote.FINGERPRINT)
    with pytest.raises(CorpusError, match="prepare again"):
        Trainer(TINY, tmp_path, tmp_path / "other")


def test_a_run_goes_on_from_given_weights(shards, tmp_path):
    """A new run begins with the weights of a checkpoint; one that resumes keeps its own."""
    run(Trainer(TINY, shards, tmp_path / "one"))
    begun = Trainer(TINY, shards, tmp_path / "two", start=tmp_path / "one/best")
    for name, weight in load_file(tmp_path / "one/best/model.safetensors").items():
        torch.testing.assert_close(weight.float(), begun.decoder.state_dict()[name])
    assert begun.step == 0
    run(begun)
    again = Trainer(TINY, shards, tmp_path / "two", start=tmp_path / "one/best")
    assert again.step == TINY.steps
    torch.testing.assert_close(begun.decoder.state_dict(), again.decoder.state_dict(), rtol=0, atol=0)


def test_weights_of_another_shape_are_refused(shards, tmp_path):
    """Nothing begins from a checkpoint whose shape is not the config's, and the line names both."""
    run(Trainer(TINY, shards, tmp_path / "one"))
    with pytest.raises(SettingError, match=r"'width': 16.*'width': 32"):
        Trainer(replace(TINY, width=32), shards, tmp_path / "two", start=tmp_path / "one/best")
