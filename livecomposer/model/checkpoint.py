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

from livecomposer.errors import CheckpointError
from livecomposer.model.decoder import POSITIONS, Network, Shape
from livecomposer.model.variants import build

__all__ = ["describe", "load", "save"]

FORMAT = 1
ARCHITECTURES = (*POSITIONS, "lstm", "gpt2")
_LARGEST = 2**14  # of any number in a shape; no instrument needs more
_CONFIG, _WEIGHTS = "config.json", "model.safetensors"


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
        save_file(weights, folder / f"{_WEIGHTS}.partial")
        (folder / f"{_CONFIG}.partial").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        for name in (_WEIGHTS, _CONFIG):
            (folder / f"{name}.partial").replace(folder / name)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{folder}: not written ({_line(error)}); make room, or name another folder") from error


def describe(folder: Path) -> dict[str, Any]:
    """The config alone, without reading weights; raises :class:`CheckpointError`."""
    path = folder / _CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        found = (config["format"], config["architecture"])
    except OSError as error:
        raise CheckpointError(f"{folder}: no readable {_CONFIG} in it; wanted a checkpoint folder") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CheckpointError(
            f"{path}: damaged ({_line(error)}); wanted a checkpoint's config; copy it again"
        ) from error
    if found[0] != FORMAT or found[1] not in ARCHITECTURES:
        wanted = f"format {FORMAT} and one of {', '.join(ARCHITECTURES)}"
        raise CheckpointError(f"{path}: format {found[0]} {found[1]!r}; wanted {wanted}; update livecomposer")
    return config  # type: ignore[no-any-return]


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
        network = _network(shape, load_file(folder / _WEIGHTS))
    except FileNotFoundError as error:
        raise CheckpointError(f"{folder}: no {_WEIGHTS} in it; wanted a checkpoint folder; copy it again") from error
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        path, reason = folder / _WEIGHTS, _line(error)
        raise CheckpointError(f"{path}: damaged or of another shape ({reason}); copy it again") from error
    if not all(bool(weight.isfinite().all()) for weight in network.parameters()):
        raise CheckpointError(f"{folder / _WEIGHTS}: has weights that are not finite; train again or copy it again")
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


def _line(error: Exception) -> str:
    """What ``error`` says, in one short line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def _shape(folder: Path, config: Mapping[str, Any]) -> Shape:
    try:
        shape = Shape(**config["shape"])
        wrong = shape.fault(largest=_LARGEST)
        if wrong or shape.name != config["architecture"]:
            raise ValueError(wrong or f"{shape.name} where {config['architecture']!r} was said")
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder / _CONFIG}: no usable shape in it ({_line(error)}); copy it again") from error
    return shape
