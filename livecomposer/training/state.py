"""The state of a run: weights, optimisers, running mean and, among the metadata, the step: one file is one moment."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from livecomposer.atomic_write import atomic_write
from livecomposer.model.decoder import Network

__all__ = ["STATE", "read_state", "restore", "write_state"]

STATE = "state.safetensors"


def write_state(
    folder: Path,
    facts: Mapping[str, Any],
    network: Network,
    optimisers: Sequence[torch.optim.Optimizer],
    mean: Network | None,
) -> None:
    """Write all of it into ``folder``, whole or not at all; raises what the disk does."""
    tensors = {f"model.{name}": weight for name, weight in network.state_dict().items()}
    if mean is not None:
        tensors |= {f"ema.{name}": weight for name, weight in mean.state_dict().items()}
    for i, optimiser in enumerate(optimisers):
        for at, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{i}.{at}.{key}": torch.as_tensor(value) for key, value in state.items()}
    with atomic_write(folder / STATE) as partial:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial, {"run": json.dumps(facts)})


def read_state(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What a run's state file says of its moment, and its tensors; runs of old say it in a file beside."""
    path = folder / STATE
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        said = (file.metadata() or {}).get("run") or path.with_suffix(".json").read_text(encoding="utf-8")
    return json.loads(said), tensors


def restore(
    tensors: Mapping[str, Tensor],
    network: Network,
    optimisers: Sequence[torch.optim.Optimizer],
    mean: Network | None,
) -> None:
    """Put ``tensors`` back where they came from; a mean that was not kept begins at the weights."""
    network.load_state_dict(_below("model.", tensors))
    for i, optimiser in enumerate(optimisers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _below(f"optimiser.{i}.", tensors).items():
            at, key = name.split(".")
            state.setdefault(int(at), {})[key] = tensor
        optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    if mean is not None:
        mean.load_state_dict(_below("ema.", tensors) or _below("model.", tensors))


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
