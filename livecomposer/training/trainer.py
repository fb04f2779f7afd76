"""One run: a config file in, checkpoints and a validation curve out; stopped at any moment it resumes exactly.

The state of a run is one folder: ``state.safetensors``, ``curve.csv``, and ``best/``, the checkpoint with the lowest
validation loss: of the weights' running mean, where the run keeps one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.nn import functional

from livecomposer.errors import CheckpointError, CorpusError, SettingError, one_line
from livecomposer.model import checkpoint
from livecomposer.model.card import BEST
from livecomposer.model.decoder import Network
from livecomposer.model.variants import build
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training import bars, batches, remi
from livecomposer.training.augment import Ids
from livecomposer.training.config import Config, Stage, load_config
from livecomposer.training.corpus import FINGERPRINTS, Shard, load_shard
from livecomposer.training.curve import Curve, write_csv
from livecomposer.training.optim import Mean, optimisers, set_rates
from livecomposer.training.state import STATE, read_state, restore, write_state
from livecomposer.training.world import ALONE, World

__all__ = ["Config", "Stage", "Trainer", "load_config", "set_threads"]

_CUTS = {"performance": batches, "barnote": bars, "remi": remi}
_PADS = {"performance": VOCABULARY.id(Kind.PAD), "barnote": bars.PAD, "remi": remi.PAD}


def set_threads(count: int) -> None:
    """Let PyTorch use ``count`` CPU threads; 0 leaves the choice to it."""
    if count:
        torch.set_num_threads(count)


class Trainer:
    """Owns one run's folder. ``run()`` trains to the end, or until ``stop`` says so.

    A run that begins takes its weights from the checkpoint ``start`` where one is given; one that resumes has its own.
    Raises :class:`CorpusError` for shards that cannot be used, :class:`SettingError` where the folder or ``start``
    holds weights of another shape, :class:`CheckpointError` where what it holds is damaged or of another vocabulary.
    """

    def __init__(
        self,
        config: Config,
        shards: Path,
        run: Path,
        *,
        device: str = "cpu",
        resume: bool = True,
        start: Path | None = None,
        world: World = ALONE,
    ) -> None:
        self.config = config
        self.world = world
        self.run_folder = run
        self._cuts, self._pad = _CUTS[config.tokens], _PADS[config.tokens]
        self.device = torch.device(device)
        self.train: Shard = load_shard(shards / "train.npz", tokens=config.tokens)
        self.valid: Shard = load_shard(shards / "valid.npz", tokens=config.tokens)
        for name, shard in (("train", self.train), ("valid", self.valid)):
            if not len(shard):
                raise CorpusError(f"{shards / name}.npz: no piece in it; wanted one at least; prepare more files")
        torch.manual_seed(config.seed)
        resumes = resume and (run / STATE).exists()
        self.decoder = (build(config.shape) if resumes or not start else _begun(start, config)).to(self.device)
        self.optimisers = optimisers(self.decoder, config)
        self.mean = Mean(self.decoder, config.ema) if config.ema else None
        self.step = 0
        self.best = float("inf")
        if resumes:
            self._resume()

    def run(
        self,
        *,
        report: Callable[[str], None] = print,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[int, int], None] | None = None,
    ) -> float:
        """Train; returns the best validation loss in nats a token. The last save survives whatever happens.

        ``progress`` is told how many steps of how many are done. Raises :class:`CorpusError` where the loss is no
        longer finite, and :class:`CheckpointError` where the run's folder cannot be written.
        """
        try:
            self.run_folder.mkdir(parents=True, exist_ok=True)
            with closing(Curve(self.run_folder)) if self.world.is_first else nullcontext() as curve:
                self._run(report, stop, progress, curve)
                self._save()
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"{self.run_folder}: not written ({error}); make room and resume") from error
        return self.best

    def _run(
        self,
        report: Callable[[str], None],
        stop: Callable[[], bool],
        progress: Callable[[int, int], None] | None,
        curve: Curve | None,
    ) -> None:
        began, tokens = time.perf_counter(), 0
        while self.step < self.config.steps and not stop():
            loss, seen = self._learn()
            tokens += seen
            self.step += 1
            if progress:
                progress(self.step, self.config.steps)
            if curve is None:  # the first of several measures and writes
                continue
            at, last = f"step {self.step}/{self.config.steps}", self.step == self.config.steps
            if self.step % self.config.validate_every == 0 or last:
                validation = self._validate(loss)
                curve.add(self.step, {"loss/training": loss, "loss/validation": validation})
                report(f"{at}  validation {validation:.4f} nats a token")
            if self.step % self.config.save_every == 0:
                self._save()
                speed = tokens / (time.perf_counter() - began)
                curve.add(self.step, {"tokens_per_second": speed})
                report(f"{at}  loss {loss:.3f}  {speed:,.0f} tokens/s")

    def _learn(self) -> tuple[float, int]:
        config, stage = self.config, self.config.stage_at(self.step)
        set_rates(self.optimisers, config, self.step)
        ids, modes = self._cuts.batch(
            self.train,
            seed=config.seed,
            step=self.step,
            rows=stage.rows,
            length=stage.length,
            augmentation=config.augmentation,
        )
        loss = self._accumulate(ids, modes, stage.rows_at_once or stage.rows)
        self.world.add_up([loss, *self._gradients()])
        norm = torch.nn.utils.clip_grad_norm_(self.decoder.parameters(), config.clip)
        if not (loss.isfinite() and norm.isfinite()):  # before it reaches the weights
            found = f"the loss is {loss.item()} and its gradient {norm.item()}"
            raise CorpusError(f"step {self.step + 1}: {found}; lower the rates and resume from the last save")
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        if self.mean is not None:
            self.mean.follow(self.decoder, self.step)
        return loss.item(), ids.size

    def _accumulate(self, ids: Ids, modes: Ids, rows_at_once: int) -> Tensor:
        """This process's part of the batch's mean loss, its gradient added up over a few rows at a time."""
        counted = (ids[:, 1:] != self._pad).sum(axis=1)
        total, whole, mine = torch.zeros((), device=self.device), counted.sum(), self.world.share(len(ids))
        ids, modes, counted = ids[mine], modes[mine], counted[mine]
        for at in range(0, len(ids), rows_at_once):
            rows = slice(at, at + rows_at_once)
            loss = self._loss(self.decoder, ids[rows], modes[rows]) * float(counted[rows].sum() / whole)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return total

    def _gradients(self) -> Iterator[Tensor]:
        """Of all weights, in order; zeros where this process had nothing to say of one."""
        for weight in self.decoder.parameters():
            if weight.grad is None and self.world.size > 1:
                weight.grad = torch.zeros_like(weight)
            if weight.grad is not None:
                yield weight.grad

    def _loss(self, network: Network, ids: Ids, modes: Ids) -> Tensor:
        there, how = (torch.from_numpy(each).to(self.device) for each in (ids, modes))
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.config.autocast):
            logits = network(there[:, :-1].clamp(min=0), how)
        return functional.cross_entropy(logits.float().flatten(0, 1), there[:, 1:].flatten(), ignore_index=self._pad)

    @torch.no_grad()
    def _validate(self, training_loss: float) -> float:
        network = self.decoder if self._mean_network is None else self._mean_network
        cuts = self._cuts.validation_cuts(self.valid, rows=self.config.validation_rows, length=self.config.window)
        loss = float(np.mean([self._loss(network, cut, np.zeros(1, np.int64)).item() for cut in cuts]))
        write_csv(self.run_folder, self.step, training_loss, loss)
        if loss < self.best:
            self.best = loss
            facts = {"step": self.step, "validation_nats_per_token": round(loss, 4), "config": asdict(self.config)}
            checkpoint.save(
                self.run_folder / BEST,
                network,
                fingerprint=FINGERPRINTS[self.config.tokens],
                facts=facts,
                half=True,
            )
        return loss

    @property
    def _mean_network(self) -> Network | None:
        return None if self.mean is None else self.mean.network

    def _save(self) -> None:
        if not self.world.is_first:
            return
        facts = {"step": self.step, "best": self.best, "shape": self.config.shape.written()}
        write_state(self.run_folder, facts, self.decoder, self.optimisers, self._mean_network)

    def _resume(self) -> None:
        path = self.run_folder / STATE
        try:
            facts, tensors = read_state(self.run_folder)
            if facts["shape"] != self.config.shape.written():
                raise SettingError(f"{self.run_folder}: a run of another shape {facts['shape']}; name a new folder")
            restore(tensors, self.decoder, self.optimisers, self._mean_network)
            self.step, self.best = facts["step"], facts["best"]
        except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
            reason = one_line(error)
            raise CheckpointError(f"{path}: damaged ({reason}); delete it to begin again") from error


def _begun(start: Path, config: Config) -> Network:
    """The weights of the checkpoint ``start``, to go on from."""
    network = checkpoint.load(start, fingerprint=FINGERPRINTS[config.tokens])
    if network.shape != config.shape:
        got, wanted = network.shape.written(), config.shape.written()
        raise SettingError(f"{start}: weights of the shape {got}, wanted {wanted}; give the config their shape")
    return network.train().requires_grad_()
