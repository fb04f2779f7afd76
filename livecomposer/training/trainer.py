"""One run: a config file in, checkpoints and a validation curve out; stopped at any moment it resumes exactly.

Matrices of the blocks learn by Muon (Jordan et al. 2024), all else by AdamW (Loshchilov & Hutter 2019). The state
of a run is one folder: ``state.safetensors`` (weights, both optimisers, and the step among its metadata, so that one
file holds one moment), ``curve.csv``, and ``best/``, the checkpoint with the lowest validation loss.
"""

import csv
import json
import time
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from livecomposer.errors import CheckpointError, CorpusError, SettingError
from livecomposer.model import checkpoint
from livecomposer.model.decoder import Decoder, Shape
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.augment import Ids
from livecomposer.training.batches import Augmentation, batch, validation_cuts
from livecomposer.training.corpus import Shard, load_shard
from livecomposer.training.schedule import learning_rate_share

__all__ = ["Config", "Stage", "Trainer", "load_config", "set_threads"]

_STATE = "state.safetensors"
_PAD = VOCABULARY.id(Kind.PAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Part of a run with one length of cut: short cuts first, then cuts longer than the window."""

    steps: int
    rows: int
    length: int  # tokens
    rows_at_once: int = 0  # rows whose gradient is computed at a time; 0: all. One is fastest on a CPU (its caches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One run, as written in its TOML file."""

    layers: int
    width: int
    heads: int
    hidden: int
    window: int
    stages: tuple[Stage, ...]
    modes: int = 0  # 2: the weights are told whether the two play together
    seed: int = 1
    warmup: int = 100  # steps
    cooldown: int = 1000  # steps
    matrix_rate: float = 0.02  # Muon's peak learning rate
    other_rate: float = 0.003  # AdamW's
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of the gradient
    validate_every: int = 250  # steps
    validation_rows: int = 64
    save_every: int = 100  # steps
    autocast: bool = False  # bfloat16
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def shape(self) -> Shape:
        """The decoder to train."""
        return Shape(
            vocabulary=VOCABULARY.size,
            layers=self.layers,
            width=self.width,
            heads=self.heads,
            window=self.window,
            hidden=self.hidden,
            modes=self.modes,
        )

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return sum(stage.steps for stage in self.stages)

    def stage_at(self, step: int) -> Stage:
        """The stage that ``step`` falls in."""
        for stage in self.stages:
            if step < stage.steps:
                return stage
            step -= stage.steps
        return self.stages[-1]


def load_config(path: Path) -> Config:
    """Read a run's TOML file; raises :class:`SettingError` for an unknown or missing key."""
    try:
        given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{path}: not a readable training config ({error}); see config/training/") from error
    unknown = set(given) - {f.name for f in fields(Config)}
    if unknown:
        raise SettingError(f"{path}: unknown key {min(unknown)!r}; wanted: {', '.join(f.name for f in fields(Config))}")
    try:
        stages = tuple(Stage(**stage) for stage in given.pop("stages", ()))
        augmentation = Augmentation(**given.pop("augmentation", {}))
        config = Config(**given, stages=stages, augmentation=augmentation)
        wrong = _wrong(config)
    except TypeError as error:
        raise SettingError(f"{path}: {error}; see config/training/ for a whole one") from error
    if wrong:
        raise SettingError(f"{path}: {wrong}; see config/training/ for a whole one")
    return config


def _wrong(config: Config) -> str | None:
    """What no run could begin with, if anything; :class:`TypeError` for what is no number."""
    shape = {**asdict(config.shape), "modes": config.modes + 1}  # of which there may be none
    numbers = {**shape, "validate_every": config.validate_every, "save_every": config.save_every}
    numbers |= {
        f"stages.{key}": value
        for stage in config.stages
        for key, value in asdict(stage).items()
        if key != "rows_at_once" or value
    }
    small = [name for name, value in numbers.items() if not isinstance(value, int) or value < 1]
    if small:
        return f"{small[0]} = {numbers[small[0]]!r}, wanted a whole number of at least 1"
    if not config.stages:
        return "no [[stages]], wanted at least one"
    if config.width % (2 * config.heads):
        return f"width = {config.width} with {config.heads} heads, wanted an even number of channels a head"
    return None


def set_threads(count: int) -> None:
    """Let PyTorch use ``count`` CPU threads; 0 leaves the choice to it."""
    if count:
        torch.set_num_threads(count)


class Trainer:
    """Owns one run's folder. ``run()`` trains to the end, or until ``stop`` says so.

    Raises :class:`CorpusError` for shards that cannot be used, :class:`SettingError` where the folder holds a run of
    another shape, and :class:`CheckpointError` where what it holds is damaged.
    """

    def __init__(self, config: Config, shards: Path, run: Path, *, device: str = "cpu", resume: bool = True) -> None:
        self.config = config
        self.run_folder = run
        self.device = torch.device(device)
        self.train: Shard = load_shard(shards / "train.npz")
        self.valid: Shard = load_shard(shards / "valid.npz")
        for name, shard in (("train", self.train), ("valid", self.valid)):
            if not len(shard):
                raise CorpusError(f"{shards / name}.npz: no piece in it; wanted one at least; prepare more files")
        torch.manual_seed(config.seed)
        self.decoder = Decoder(config.shape).to(self.device)
        self.optimisers = self._optimisers()
        self.step = 0
        self.best = float("inf")
        if resume and (run / _STATE).exists():
            self._resume()

    def run(self, *, report: Callable[[str], None] = print, stop: Callable[[], bool] = lambda: False) -> float:
        """Train; returns the best validation loss in nats a token. The last save survives whatever happens.

        Raises :class:`CorpusError` where the loss is no longer finite, and :class:`CheckpointError` where the run's
        folder cannot be written.
        """
        try:
            self.run_folder.mkdir(parents=True, exist_ok=True)
            self._run(report, stop)
            self._save()
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"{self.run_folder}: not written ({error}); make room and resume") from error
        return self.best

    def _run(self, report: Callable[[str], None], stop: Callable[[], bool]) -> None:
        began, tokens = time.perf_counter(), 0
        while self.step < self.config.steps and not stop():
            loss, seen = self._learn()
            tokens += seen
            self.step += 1
            at, last = f"step {self.step}/{self.config.steps}", self.step == self.config.steps
            if self.step % self.config.validate_every == 0 or last:
                report(f"{at}  validation {self._validate(loss):.4f} nats a token")
            if self.step % self.config.save_every == 0:
                self._save()
                report(f"{at}  loss {loss:.3f}  {tokens / (time.perf_counter() - began):,.0f} tokens/s")

    def _learn(self) -> tuple[float, int]:
        config, stage = self.config, self.config.stage_at(self.step)
        share = learning_rate_share(self.step, steps=config.steps, warmup=config.warmup, cooldown=config.cooldown)
        for optimiser, rate in zip(self.optimisers, (config.matrix_rate, config.other_rate), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * share
        ids, modes = batch(
            self.train,
            seed=config.seed,
            step=self.step,
            rows=stage.rows,
            length=stage.length,
            augmentation=config.augmentation,
        )
        loss = self._accumulate(ids, modes, stage.rows_at_once or stage.rows)
        norm = torch.nn.utils.clip_grad_norm_(self.decoder.parameters(), config.clip)
        if not (loss.isfinite() and norm.isfinite()):  # before it reaches the weights
            found = f"the loss is {loss.item()} and its gradient {norm.item()}"
            raise CorpusError(f"step {self.step + 1}: {found}; lower the rates and resume from the last save")
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        return loss.item(), ids.size

    def _accumulate(self, ids: Ids, modes: Ids, rows_at_once: int) -> Tensor:
        """The batch's mean loss, its gradient added up over a few rows at a time."""
        told = (ids[:, 1:] != _PAD).sum(axis=1)
        total = torch.zeros((), device=self.device)
        for at in range(0, len(ids), rows_at_once):
            rows = slice(at, at + rows_at_once)
            loss = self._loss(ids[rows], modes[rows]) * float(told[rows].sum() / told.sum())
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return total

    def _loss(self, ids: Ids, modes: Ids) -> Tensor:
        there, how = (torch.from_numpy(each).to(self.device) for each in (ids, modes))
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.config.autocast):
            logits = self.decoder(there[:, :-1], how)
        return functional.cross_entropy(logits.float().flatten(0, 1), there[:, 1:].flatten(), ignore_index=_PAD)

    @torch.inference_mode()
    def _validate(self, training_loss: float) -> float:
        cuts = validation_cuts(self.valid, rows=self.config.validation_rows, length=self.config.window)
        loss = float(np.mean([self._loss(cut, np.zeros(1, np.int64)).item() for cut in cuts]))
        with (self.run_folder / "curve.csv").open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([self.step, f"{training_loss:.4f}", f"{loss:.4f}"])
        if loss < self.best:
            self.best = loss
            facts = {"step": self.step, "validation_nats_per_token": round(loss, 4), "config": asdict(self.config)}
            checkpoint.save(
                self.run_folder / "best", self.decoder, fingerprint=VOCABULARY.fingerprint, facts=facts, half=True
            )
        return loss

    def _optimisers(self) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
        named = list(self.decoder.named_parameters())
        matrices = [weight for name, weight in named if weight.dim() == 2 and name.startswith("blocks.")]
        others = [weight for name, weight in named if weight.dim() != 2 or not name.startswith("blocks.")]
        decay = self.config.weight_decay
        muon = torch.optim.Muon(matrices, lr=self.config.matrix_rate, weight_decay=decay)
        return muon, torch.optim.AdamW(others, lr=self.config.other_rate, betas=(0.9, 0.95), weight_decay=0.0)

    def _save(self) -> None:
        tensors = {f"model.{name}": weight for name, weight in self.decoder.state_dict().items()}
        for i, optimiser in enumerate(self.optimisers):
            for at, state in optimiser.state_dict()["state"].items():
                tensors |= {f"optimiser.{i}.{at}.{key}": torch.as_tensor(value) for key, value in state.items()}
        facts = json.dumps({"step": self.step, "best": self.best, "shape": asdict(self.config.shape)})
        partial = self.run_folder / f"{_STATE}.partial"
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial, {"run": facts})
        partial.replace(self.run_folder / _STATE)

    def _resume(self) -> None:
        path = self.run_folder / _STATE
        try:
            facts, tensors = _read_state(path)
            if facts["shape"] != asdict(self.config.shape):
                raise SettingError(f"{self.run_folder}: a run of another shape {facts['shape']}; name a new folder")
            self._restore(tensors)
            self.step, self.best = facts["step"], facts["best"]
        except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise CheckpointError(f"{path}: damaged ({reason}); delete it to begin again") from error

    def _restore(self, tensors: dict[str, Tensor]) -> None:
        self.decoder.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        for i, optimiser in enumerate(self.optimisers):
            state: dict[int, dict[str, Tensor]] = {}
            for name, tensor in tensors.items():
                if name.startswith(f"optimiser.{i}."):
                    _, _, at, key = name.split(".")
                    state.setdefault(int(at), {})[key] = tensor
            optimiser.load_state_dict({**optimiser.state_dict(), "state": state})


def _read_state(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What a run's state file says of its moment, and its tensors; runs of old say it in a file beside."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        said = (file.metadata() or {}).get("run") or path.with_suffix(".json").read_text(encoding="utf-8")
    return json.loads(said), tensors
