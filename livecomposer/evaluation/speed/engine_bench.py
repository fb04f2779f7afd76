"""How fast engines are by themselves, beside what bounds them from below and what others make of the same shape.

Everything is measured in one process and in turns (some tokens of one, its floor, some tokens of the next, round after
round), so that whatever else the machine does weighs on all of them alike.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from livecomposer.errors import CheckpointError, EngineError, SettingError
from livecomposer.evaluation.speed import engine_adapters as contenders
from livecomposer.evaluation.speed import other_engines as peers
from livecomposer.evaluation.speed.engine_adapters import EngineAdapter, timed
from livecomposer.evaluation.speed.soak import measure_growth
from livecomposer.model import checkpoint
from livecomposer.model.decoder import Decoder, Shape
from livecomposer.tokens.vocabulary import VOCABULARY

__all__ = [
    "BACKENDS",
    "CONTEXTS",
    "FEEDS",
    "GROWTH",
    "SHIPPED",
    "SIZES",
    "BenchPlan",
    "bench_engine",
    "measure",
    "write_fresh",
]

CONTEXTS = (64, 512, 1024)
"""Ids already taken in when a token is measured."""
FEEDS = (8, 64, 512)
"""New ids in one feed: a key, a phrase, half a window."""
GROWTH = (1_100, 5_000, 10_000)
"""Ids into a set: early, and late enough for everything that could grow to have grown."""
SHIPPED = "shipped"
_COMMON: dict[str, Any] = {"vocabulary": 646, "window": 1024}
SIZES = {
    "5M": Shape(layers=6, width=256, heads=4, hidden=1024, **_COMMON),
    "11M": Shape(layers=6, width=384, heads=6, hidden=1536, **_COMMON),
    "25M": Shape(layers=8, width=512, heads=8, hidden=2048, **_COMMON),
}
_AIMED = "11M"
"""The size that aims are stated for: what is slow to prepare is measured at this one alone, if it is asked for."""
BACKENDS: dict[str, Callable[[Decoder, int], Iterator[EngineAdapter]]] = {
    "eager": contenders.eager,
    "native": contenders.native_ones,
    "compile": peers.compiled,
    "gpt2": peers.gpt2,
    "notochord": peers.notochord,
}
_OWN = ("eager", "native")
_TOKENS_A_ROUND = 10
_FLOORS_A_ROUND = 3
_ROUNDS_A_FEED = 4
_WARM_UP_ROUNDS = 2

Times = dict[str, list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlan:
    """What is measured: each of ``backends`` at each size, context and number of threads; eager always."""

    sizes: Sequence[str] = (*SIZES, SHIPPED)
    contexts: Sequence[int] = CONTEXTS
    backends: Sequence[str] = tuple(BACKENDS)
    threads: Sequence[int] = (1, 2)
    rounds: int = 20
    growth: Sequence[int] = GROWTH  # empty: not measured

    def __post_init__(self) -> None:
        for name, known in (("sizes", (*SIZES, SHIPPED)), ("backends", tuple(BACKENDS))):
            if unknown := [one for one in getattr(self, name) if one not in known]:
                raise SettingError(f"{name} = {unknown[0]}: wanted some of {', '.join(known)}")
        for name in ("contexts", "threads"):
            if not (given := getattr(self, name)) or min(given) < 1:
                raise SettingError(f"{name} = {','.join(map(str, given))}: wanted one or more, each 1 or more")

    @property
    def cells(self) -> int:
        """How many times everything is set side by side."""
        return len(self.sizes) * len(self.threads) * len(self.contexts)

    @property
    def aimed(self) -> str:
        """The size that what is slow to prepare is measured at."""
        return _AIMED if _AIMED in self.sizes else self.sizes[0]

    def wanted(self, size: str, threads: int) -> list[str]:
        """The backends to measure at ``size`` with ``threads``, eager first."""
        rare = set() if size == self.aimed else {"compile", "notochord"}
        if threads != self.threads[0]:
            rare.add("compile")
        return ["eager", *(name for name in self.backends if name != "eager" and name not in rare)]


def bench_engine(model: Path, plan: BenchPlan, *, progress: Callable[[float], None] = lambda _: None) -> dict[str, Any]:
    """What ``bench engine --json`` prints: ``rows``, ``growth`` and ``model``; ``progress`` is told of cells done.

    In a row ``ms_median`` and ``ms_p99`` are of taking in one token, its logits at hand; ``floor_ms`` of streaming the
    same weights once in their own format, by as many threads; ``eager_ms`` of a token in eager PyTorch, cached,
    in the same run; ``x_floor`` and ``x_eager`` are how many floors a token takes, and how many tokens of eager's.
    Engines of our own also have ``feed_ms`` of so many new ids at once, and ``rewind_ms`` of forgetting the last ten.
    All but the p99 are medians. A backend that cannot run has a row of ``backend`` and ``skipped``, the reason.
    Raises :class:`CheckpointError`.
    """
    rows: list[dict[str, Any]] = []
    skipped: dict[str, str] = {}
    growth: list[dict[str, Any]] = []
    done = 0
    for size in plan.sizes:
        decoder = _shipped(model) if size == SHIPPED else fresh(SIZES[size])
        for threads in plan.threads:
            with _threads(threads):
                ready = _ready(decoder, plan.wanted(size, threads), threads, skipped)
                for context in plan.contexts:
                    rows += _rows(
                        ready, plan, decoder.shape.vocabulary, {"size": size, "context": context, "threads": threads}
                    )
                    done += 1
                    progress(done)
        if size == plan.aimed and plan.growth:
            growth += _growth(decoder, plan, size)
    rows += [{"backend": name, "skipped": reason} for name, reason in skipped.items()]
    return {"rows": rows, "growth": growth, "model": str(model)}


def _shipped(model: Path) -> Decoder:
    network = checkpoint.load(model)
    if type(network) is not Decoder:
        raise CheckpointError(f"{model}: {network.shape.name}; the bench is of engines that play rope; name another")
    return network


def fresh(shape: Shape) -> Decoder:
    """A decoder with random weights, none of them zero, since zeros might be cheaper."""
    chance = torch.Generator().manual_seed(0)
    decoder = Decoder(shape).eval().requires_grad_(requires_grad=False)
    for weight in decoder.parameters():
        if weight.dim() == 2:
            weight.normal_(std=shape.width**-0.5, generator=chance)
    return decoder


def write_fresh(size: str, folder: Path) -> Path:
    """A checkpoint with the random weights of ``size`` in ``folder``, which plays nonsense at the pace of that size."""
    checkpoint.save(folder, fresh(SIZES[size]), fingerprint=VOCABULARY.fingerprint)
    return folder


def measure(ready: Sequence[EngineAdapter], context: int, *, vocabulary: int, rounds: int) -> list[Times]:
    """Seconds of each part, by name, for each of ``ready``: ``token``, ``floor``, ``rewind``, ``feed 8``, ….

    In each of ``rounds`` everyone in turn takes in ten tokens and reads its weights three times; every fourth round
    engines feed too.
    """
    ids: list[int] = np.random.default_rng(context).integers(0, vocabulary, context + max(FEEDS)).tolist()
    for _ in range(_WARM_UP_ROUNDS):
        for contender in ready:
            _round(contender, ids, context, defaultdict(list))
    times: list[Times] = [defaultdict(list) for _ in ready]
    for number in range(rounds):
        for contender, of_it in zip(ready, times, strict=True):
            _round(contender, ids, context, of_it)
        if number % _ROUNDS_A_FEED == 0:
            _feeds(ready, ids, context, times)
    return [dict(of_it) for of_it in times]


def _round(contender: EngineAdapter, ids: Sequence[int], context: int, times: Times) -> None:
    contender.hold(ids[:context])
    times["token"] += contender.take_in(ids[context : context + _TOKENS_A_ROUND])
    if (engine := contender.engine) is not None:
        times["rewind"].append(timed(lambda: engine.rewind(context)))
    if contender.read_weights is not None:
        times["floor"] += [timed(contender.read_weights) for _ in range(_FLOORS_A_ROUND)]


def _feeds(ready: Sequence[EngineAdapter], ids: Sequence[int], context: int, times: Sequence[Times]) -> None:
    for count in FEEDS:
        for contender, of_it in zip(ready, times, strict=True):
            if (engine := contender.engine) is not None:
                engine.feed(ids[:context])
                of_it[f"feed {count}"].append(timed(lambda: engine.feed(ids[: context + count])))  # noqa: B023


def _ready(decoder: Decoder, names: Sequence[str], threads: int, skipped: dict[str, str]) -> list[EngineAdapter]:
    """Those of ``names`` that can run; why the others cannot goes into ``skipped``."""
    found: list[EngineAdapter] = []
    for name in names:
        try:
            found += BACKENDS[name](decoder, threads)
        except EngineError as error:
            skipped[name] = str(error)
    return found


def _rows(
    ready: Sequence[EngineAdapter], plan: BenchPlan, vocabulary: int, where: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """A row for each of ``ready``, of which eager is the first."""
    context = where["context"]
    here = [one for one in ready if not one.contextless or context == plan.contexts[-1]]
    times = measure(here, context, vocabulary=vocabulary, rounds=plan.rounds)
    for contender, of_it in zip(here, times, strict=True):
        own = {"size": None, "context": None} if contender.contextless else {}
        yield {**contender.facts, **where, **own, **_figures(of_it, times[0])}


def _figures(times: Times, eager: Times) -> dict[str, Any]:
    median, floor, yardstick = _ms(times["token"]), _ms(times.get("floor", eager["floor"])), _ms(eager["token"])
    figures: dict[str, Any] = {
        "ms_median": median,
        "ms_p99": _ms(times["token"], 0.99),
        "floor_ms": floor,
        "eager_ms": yardstick,
        "x_floor": round(median / floor, 2),
        "x_eager": round(yardstick / median, 2),
        "tokens": len(times["token"]),
    }
    if "rewind" in times:
        figures["rewind_ms"] = _ms(times["rewind"])
        figures["feed_ms"] = {str(count): _ms(times[f"feed {count}"]) for count in FEEDS}
    return figures


def _growth(decoder: Decoder, plan: BenchPlan, size: str) -> Iterator[dict[str, Any]]:
    threads = plan.threads[0]
    with _threads(threads):
        for name in [one for one in plan.wanted(size, threads) if one in _OWN]:
            pair = [_ready(decoder, [name], threads, {}) for _ in range(2)]
            for early, late in zip(*pair, strict=True):
                yield {
                    **early.facts,
                    "size": size,
                    "threads": threads,
                    **measure_growth(early, late, plan.growth, vocabulary=decoder.shape.vocabulary, rounds=plan.rounds),
                }


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _ms(seconds: Sequence[float], share: float = 0.5) -> float:
    return round(1000 * float(np.quantile(seconds, share)), 4)
