"""Weights on disk: a folder with ``model.safetensors`` and a small, readable ``config.json``. Never pickle.

``config.json`` holds the format, the architecture, the shape, the vocabulary's fingerprint and, under ``training``,
whatever the trainer wants remembered.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from livecomposer.atomic_write import atomic_write
from livecomposer.errors import CheckpointError, one_line
from livecomposer.model.card import CONFIG, WEIGHTS, read_card
from livecomposer.model.decoder import POSITIONS, Network, Shape
from livecomposer.model.variants import build

__all__ = ["describe", "load", "save"]

FORMAT = 1
ARCHITECTURES = (*POSITIONS, "lstm", "gpt2")
_LARGEST = 2**14  # of any number in a shape; no instrument needs more


def save(
    folder: Path, network: Network, *, fingerprint: str, facts: Mapping[str, Any] | None = None, half: bool = False
) -> None:
    """Write ``network``; ``half`` stores float16. Each file appears whole or not at all.

    Raises :class:`CheckpointError` where the folder cannot be written.
    """
    kind = torch.float16 if half else torch.float32
    weights = {name: weight.detach().to("cpu", kind).contiguous() for name, weight in network.state_dict().items()}
    config = {
        "format": FORMAT,
        "architecture": network.shape.name,
        "vocabulary": fingerprint,
        "shape": network.shape.written(),
        "training": dict(facts or {}),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / CONFIG) as card, atomic_write(folder / WEIGHTS) as partial:
            save_file(weights, partial)
            card.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder}: not written ({one_line(error)}); make room, or name another folder"
        ) from error


def describe(folder: Path) -> dict[str, Any]:
    """The config alone, without reading weights; raises :class:`CheckpointError`."""
    config = read_card(folder)
    missing = {"format", "architecture"} - set(config)
    if missing:
        raise CheckpointError(f"{folder / CONFIG}: damaged (no {min(missing)!r} in it); copy it again")
    got, architecture = config["format"], config["architecture"]
    if got != FORMAT or architecture not in ARCHITECTURES:
        wanted = f"format {FORMAT} and one of {', '.join(ARCHITECTURES)}"
        raise CheckpointError(f"{folder / CONFIG}: format {got} {architecture!r}; wanted {wanted}; update livecomposer")
    return config


def load(folder: Path, *, fingerprint: str | None = None) -> Network:
    """The network in float32, ready to evaluate.

    Raises :class:`CheckpointError` for files that are missing, damaged, of another shape than they say, with weights
    that are not finite, or (where ``fingerprint`` is given) for another vocabulary.
    """
    config = describe(folder)
    if fingerprint is not None and config.get("vocabulary") != fingerprint:
        got = config.get("vocabulary")
        raise CheckpointError(f"{folder}: made for vocabulary {got}, wanted {fingerprint}; use weights of this version")
    shape = _shape(folder, config)
    try:
        network = _network(shape, load_file(folder / WEIGHTS))
    except FileNotFoundError as error:
        raise CheckpointError(f"{folder}: no {WEIGHTS} in it; wanted a checkpoint folder; copy it again") from error
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        path, reason = folder / WEIGHTS, one_line(error)
        raise CheckpointError(f"{path}: damaged or of another shape ({reason}); copy it again") from error
    if not all(bool(weight.isfinite().all()) for weight in network.parameters()):
        raise CheckpointError(f"{folder / WEIGHTS}: has weights that are not finite; train again or copy it again")
    return network.eval().requires_grad_(requires_grad=False)


def _network(shape: Shape, weights: Mapping[str, Tensor]) -> Network:
    """Whatever the config claims, not much more memory is taken than the file holds.

    Counted, and not built on the ``meta`` device, whose random numbers need a second's worth of modules.
    """
    held, wanted = sum(weight.numel() for weight in weights.values()), _size(shape)
    if wanted > 2 * held or shape.layers > len(weights):
        raise ValueError(f"{held} weights; wanted {wanted} in {shape.layers} layers")
    network = build(shape)
    network.load_state_dict({name: weight.float() for name, weight in weights.items()}, assign=True)
    return network


def _size(shape: Shape) -> int:
    """Number of weights, the small ones of the norms left out."""
    layer = 4 * shape.width**2 + 2 * shape.width * shape.hidden
    if shape.architecture == "lstm":
        layer = 8 * shape.width**2
    if shape.positions in ("absolute", "relative"):
        layer += shape.window * shape.width // (shape.layers if shape.shared or shape.positions == "absolute" else 1)
    return shape.vocabulary * shape.width + shape.layers * layer


def _shape(folder: Path, config: Mapping[str, Any]) -> Shape:
    try:
        shape = Shape(**config["shape"])
        wrong = shape.fault(largest=_LARGEST)
        if wrong or shape.name != config["architecture"]:
            raise ValueError(wrong or f"{shape.name} where {config['architecture']!r} was said")
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder / CONFIG}: no usable shape in it ({one_line(error)}); copy it again") from error
    return shape
