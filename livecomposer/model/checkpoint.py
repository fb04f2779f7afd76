"""Weights on disk: a folder with ``model.safetensors`` and a small, readable ``config.json``. Never pickle.

``config.json`` holds the format, the architecture, the shape, the vocabulary's fingerprint and, under ``training``,
whatever the trainer wants remembered.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from livecomposer.errors import CheckpointError
from livecomposer.model.decoder import Decoder, Shape

__all__ = ["describe", "load", "save"]

FORMAT = 1
ARCHITECTURE = "rope"
_CONFIG, _WEIGHTS = "config.json", "model.safetensors"


def save(
    folder: Path, decoder: Decoder, *, fingerprint: str, facts: Mapping[str, Any] | None = None, half: bool = False
) -> None:
    """Write ``decoder``; ``half`` stores float16. Each file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = torch.float16 if half else torch.float32
    weights = {name: weight.detach().to("cpu", kind).contiguous() for name, weight in decoder.state_dict().items()}
    config = {
        "format": FORMAT,
        "architecture": ARCHITECTURE,
        "vocabulary": fingerprint,
        "shape": asdict(decoder.shape),
        "training": dict(facts or {}),
    }
    save_file(weights, folder / f"{_WEIGHTS}.partial")
    (folder / f"{_CONFIG}.partial").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for name in (_WEIGHTS, _CONFIG):
        (folder / f"{name}.partial").replace(folder / name)


def describe(folder: Path) -> dict[str, Any]:
    """The config alone, without reading weights; raises :class:`CheckpointError`."""
    path = folder / _CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        found = (config["format"], config["architecture"])
    except OSError as error:
        raise CheckpointError(f"{folder}: no readable {_CONFIG} in it; wanted a checkpoint folder") from error
    except (ValueError, TypeError, KeyError) as error:
        raise CheckpointError(f"{path}: damaged ({error!r}); wanted a checkpoint's config; copy it again") from error
    if found != (FORMAT, ARCHITECTURE):
        wanted = f"format {FORMAT} {ARCHITECTURE!r}"
        raise CheckpointError(f"{path}: format {found[0]} {found[1]!r}; wanted {wanted}; update livecomposer")
    return config  # type: ignore[no-any-return]


def load(folder: Path, *, fingerprint: str | None = None) -> Decoder:
    """The decoder in float32, ready to evaluate.

    Raises :class:`CheckpointError` for files that are missing, damaged, of another shape than they say, with weights
    that are not finite, or (where ``fingerprint`` is given) for another vocabulary.
    """
    config = describe(folder)
    if fingerprint is not None and config.get("vocabulary") != fingerprint:
        got = config.get("vocabulary")
        raise CheckpointError(f"{folder}: made for vocabulary {got}, wanted {fingerprint}; use weights of this version")
    decoder = Decoder(_shape(folder, config))
    try:
        weights = load_file(folder / _WEIGHTS)
        decoder.load_state_dict({name: weight.float() for name, weight in weights.items()})
    except FileNotFoundError as error:
        raise CheckpointError(f"{folder}: no {_WEIGHTS} in it; wanted a whole checkpoint folder; copy it again") from error
    except (SafetensorError, OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"{folder / _WEIGHTS}: damaged or of another shape ({reason}); copy it again") from error
    if not all(bool(weight.isfinite().all()) for weight in decoder.parameters()):
        raise CheckpointError(f"{folder / _WEIGHTS}: has weights that are not finite; train again or copy it again")
    return decoder.eval().requires_grad_(requires_grad=False)


def _shape(folder: Path, config: Mapping[str, Any]) -> Shape:
    try:
        shape = Shape(**config["shape"])
        whole = all(isinstance(getattr(shape, f.name), int) and getattr(shape, f.name) > 0 for f in fields(Shape))
        if not whole or shape.width % (2 * shape.heads) or max(asdict(shape).values()) > 2**20:
            raise ValueError(asdict(shape))
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder / _CONFIG}: no usable shape in it ({error}); copy it again") from error
    return shape
