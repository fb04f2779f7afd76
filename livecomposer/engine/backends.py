"""Which engine runs where: CUDA where it is asked for or found, else the compiled one, else PyTorch as it comes.

That is the default Transformer. Every other network plays in eager PyTorch, in float32, on any device.
"""

from typing import Any

import torch

from livecomposer.engine import Engine, native
from livecomposer.engine.eager import EagerEngine
from livecomposer.engine.gpt2 import Gpt2Engine
from livecomposer.engine.recurrent import RecurrentEngine
from livecomposer.engine.variants import RebasingEngine, VariantEngine
from livecomposer.errors import EngineError
from livecomposer.model.decoder import Decoder, Network
from livecomposer.model.gpt2 import Gpt2
from livecomposer.model.lstm import Recurrent
from livecomposer.model.variants import Variant

__all__ = ["PRECISIONS", "open_engine"]

PRECISIONS = ("int8", "float32")
"""What the weights may be rounded to on a CPU; the first unless told otherwise."""


def open_engine(
    network: Network, *, mode: int = 0, device: str = "auto", precision: str = PRECISIONS[0], threads: int = 1
) -> tuple[Engine, dict[str, Any]]:
    """The fastest engine for ``device`` (``auto``, ``cpu`` or what PyTorch calls one), ready, and what it is.

    The facts: ``backend``, ``precision``, ``device`` and, where a faster one is wanting, ``remedy`` in a sentence.
    Raises :class:`EngineError`, or what PyTorch raises for a device that is not there.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if type(network) is Decoder:
        return _default(network, mode, device, precision, threads)
    facts = {"backend": f"eager {network.shape.name}", "precision": "float32", "device": device}
    return _variant(network, mode, device), facts


def _variant(network: Network, mode: int, device: str) -> Engine:
    match network:
        case Recurrent():
            return RecurrentEngine(network, mode=mode, device=device)
        case Gpt2():
            return Gpt2Engine(network, mode=mode, device=device)
        case Variant(places=None):
            return VariantEngine(network, mode=mode, device=device)
        case Variant():
            return RebasingEngine(network, mode=mode, device=device)
    raise EngineError(f"{type(network).__name__}: no engine plays it; wanted a network of livecomposer.model")


def _default(decoder: Decoder, mode: int, device: str, precision: str, threads: int) -> tuple[Engine, dict[str, Any]]:
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
