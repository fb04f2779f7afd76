"""What the bench of the engine sets side by side, behind one small interface; and our own engines behind it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from livecomposer.engine import Engine, native
from livecomposer.engine.eager import EagerEngine
from livecomposer.errors import EngineError
from livecomposer.model.decoder import Decoder

__all__ = ["EngineAdapter", "eager", "facts_of", "native_ones", "parameters", "read", "timed"]


@dataclass(frozen=True, slots=True)
class EngineAdapter:
    """Something that takes in one token after another.

    ``hold`` makes some ids all that it has taken in; ``take_in`` takes in more, one at a time, and returns the seconds
    of each; ``read_weights`` streams its weights once, ``None`` where eager's are the same ones in the same format.
    """

    facts: dict[str, Any]  # backend, precision, params, and whatever else a row should say of it
    hold: Callable[[Sequence[int]], object]
    take_in: Callable[[Sequence[int]], list[float]]
    read_weights: Callable[[], object] | None = None
    engine: Engine | None = None  # where it can also feed and rewind
    contextless: bool = False  # a token takes it as long after one as after a thousand


def eager(decoder: Decoder, threads: int) -> Iterator[EngineAdapter]:
    """PyTorch as it comes, with keys and values cached: what everything else is held against."""
    del threads  # they are PyTorch's own
    facts = facts_of("eager", decoder, weights_mib=_mib(4 * parameters(decoder)))
    yield _of_engine(EagerEngine(decoder), facts, lambda: read(decoder))


def native_ones(decoder: Decoder, threads: int) -> Iterator[EngineAdapter]:
    """The compiled engine in each precision; raises :class:`EngineError` where it was not compiled."""
    if not native.available():
        raise EngineError("not compiled here; install a C compiler and livecomposer again")
    for precision in native.PRECISIONS:
        engine = native.NativeEngine(decoder, precision=precision, threads=threads)
        facts = facts_of("native", decoder, precision=precision, weights_mib=_mib(engine.weight_bytes))
        yield _of_engine(engine, {**facts, "instructions": native.instructions()}, engine.read_weights)


def parameters(module: torch.nn.Module) -> int:
    """How many numbers ``module`` learns."""
    return sum(weight.numel() for weight in module.parameters())


@torch.inference_mode()
def read(module: torch.nn.Module) -> None:
    """Stream the weights of ``module`` once, with PyTorch's threads: sum each tensor."""
    for weight in module.parameters():
        weight.sum()


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _of_engine(engine: Engine, facts: dict[str, Any], read_weights: Callable[[], object]) -> EngineAdapter:
    def take_in(ids: Sequence[int]) -> list[float]:
        return [timed(partial(engine.advance, id_)) for id_ in ids]

    return EngineAdapter(facts=facts, hold=engine.feed, take_in=take_in, read_weights=read_weights, engine=engine)


def facts_of(backend: str, module: torch.nn.Module, *, precision: str = "float32", **more: Any) -> dict[str, Any]:
    """What a row says of whoever is measured, ``more`` included."""
    return {"backend": backend, "precision": precision, "params": parameters(module), **more}


def _mib(count: int) -> float:
    return round(count / 2**20, 2)
