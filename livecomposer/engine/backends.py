"""Which engine runs where: CUDA where it is asked for or found, else the compiled one, else PyTorch as it comes."""

from typing import Any

import torch

from livecomposer.engine import Engine, native
from livecomposer.engine.eager import EagerEngine
from livecomposer.model.decoder import Decoder

__all__ = ["PRECISIONS", "open_engine"]

PRECISIONS = ("int8", "float32")
"""What the weights may be rounded to on a CPU; the first unless told otherwise."""


def open_engine(
    decoder: Decoder, *, mode: int = 0, device: str = "auto", precision: str = PRECISIONS[0], threads: int = 1
) -> tuple[Engine, dict[str, Any]]:
    """The fastest engine for ``device`` (``auto``, ``cpu`` or what PyTorch calls one), ready, and what it is.

    The facts: ``backend``, ``precision``, ``device`` and, where a faster one is wanting, ``remedy`` in a sentence.
    Raises :class:`EngineError`, or what PyTorch raises for a device that is not there.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda"):
        from livecomposer.engine.cuda import CudaEngine

        engine_there = CudaEngine(decoder, mode=mode, device=device)
        return engine_there, {"backend": "cuda", "precision": "bfloat16", "device": device}
    if device == "cpu" and native.available():
        engine = native.NativeEngine(decoder, mode=mode, precision=precision, threads=threads)
        return engine, {"backend": f"native ({native.instructions()})", "precision": precision, "device": device}
    facts = {"backend": "eager", "precision": "float32", "device": device}
    if device == "cpu":
        facts["remedy"] = (
            "without its compiled engine, several times slower: install a C compiler and livecomposer again"
        )
    return EagerEngine(decoder, mode=mode, device=device), facts
