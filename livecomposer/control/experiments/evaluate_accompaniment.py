"""``livecomposer evaluate --accompany``: melodies are played to the live protocol, and what it answers is judged.

The engine runs in this process on a clock that is moved by hand, so that half a minute of music takes seconds; what
it would have waited for its engine is given by ``--latency-ms``.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from livecomposer.companion.accompaniment import Accompaniment
from livecomposer.companion.modes import mask_policy_of
from livecomposer.companion.rule_based import RuleBased
from livecomposer.control.experiments.result_tables import difference, fooled, means, row
from livecomposer.control.progress import bar
from livecomposer.errors import SettingError
from livecomposer.evaluation.music.accompaniment_comparison import REAL, Partner, baselines_of, compare, curves, play
from livecomposer.evaluation.music.excerpts import Excerpt, excerpts_of, load_shard
from livecomposer.evaluation.music.local_engine import AppendingEngine, LocalEngine
from livecomposer.events import Note, events_of_notes
from livecomposer.offline.lookahead import accompany_knowing
from livecomposer.offline.simulation import Latency, Mind, PlaysAlong, Simulation, play_along
from livecomposer.settings import Settings, changed
from livecomposer.weights.checkpoint_folder import model_folder

__all__ = ["SECONDS", "accompany", "table"]

MODEL, APPENDING, RE_READING, AHEAD, RULES = "model", "append-only", "re-reading", "0.5 s ahead", "rules"
UNLED, UNFORESEEN, KNOWING = "unled", "unforeseen", "knowing all"
SECONDS = 30.0
"""How much of a piece is played, unless told otherwise."""
_PIECES = 10
_BOTH_PLAY = 1  # the way of playing that the weights are told of, as in training
_AHEAD_SECONDS = 0.5
_CURVES_SHOWN = ("consonance", "harmony_both")  # the others are in the JSON
_WIDTH = 14
_TAPE_IDS = 512  # as long as a tape is after half a minute


@dataclass(slots=True)
class _Live:
    """A partner that hears the performer alone, through the live protocol; remembers how it went."""

    mind: Mind
    settings: Settings
    latency: float
    seed: int
    partner: Callable[[Settings, int], PlaysAlong] = lambda settings, seed: Accompaniment(settings, seed=seed)
    went: list[Simulation] = field(default_factory=list)

    def __call__(self, excerpt: Excerpt) -> Sequence[Note]:
        done = asyncio.run(
            play_along(
                list(events_of_notes(excerpt.performer)),
                self.mind,
                self._settled,
                seed=self.seed,
                latency=Latency.of(self.latency),
                partner=self.partner(self._settled, self.seed),
            )
        )
        self.went.append(done)
        return [note for note in done.notes if note.start < excerpt.seconds]

    @property
    def _settled(self) -> Settings:
        """With the horizon that the latency needs, where none is set."""
        horizon = self.settings.horizon or Latency.of(self.latency).budget.horizon
        return changed(self.settings, {"horizon": horizon})

    def facts(self) -> dict[str, Any]:
        """Sums over what was played: how often it planned, foresaw, came late; the median wait for a plan."""
        replans = [1000 * seconds for done in self.went for seconds in done.replans]
        sums = {name: sum(getattr(done, name) for done in self.went) for name in ("plans", "kept", "missed", "late")}
        return {"horizon_ms": 1000 * self.went[0].horizon, "replan_ms": median(replans) if replans else None, **sums}


def accompany(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    """Play excerpts of ``options.shard`` to the checkpoint and to every other partner; what ``--json`` prints.

    Beside the live protocol as it is: with an engine that cannot rewind, with one that reads everything anew at each
    key, without following the performer's harmony, without foreseeing, with all decided half a second ahead, and by
    rule alone; and the same weights knowing the whole melody beforehand. ``seconds``, ``latency_ms`` (the first holds
    for all but the table of latencies), ``key_change``, ``pieces`` and ``partners`` (names; none: all) are of
    ``options``. The same options and weights give the same result, but for the wait of who reads anew, which is
    measured. Raises :class:`CheckpointError`, :class:`CorpusError`, :class:`EngineError`, :class:`SettingError`.
    """
    settings = changed(settings, {"mode": "accompany"})
    seed = max(0, settings.seed)
    pieces = _PIECES if options.pieces is None else options.pieces
    excerpts = excerpts_of(load_shard(options.shard), pieces=pieces, seconds=options.seconds, seed=seed)
    first, *more = options.latency_ms
    mind = _mind(options, settings)
    live = _live(mind, settings, first / 1000, seed)
    everybody: dict[str, Partner] = {**live, KNOWING: _knowing(mind, settings, seed), **baselines_of(excerpts)}
    partners = _asked_for(everybody, options.partners)
    live = {name: partner for name, partner in live.items() if name in partners}
    with bar("playing along", len(excerpts), unit="pieces") as progress:
        played = play(excerpts, partners, progress=progress)
    result: dict[str, Any] = {
        "pieces": len(excerpts),
        "names": [excerpt.name for excerpt in excerpts],
        "seconds": options.seconds,
        "seed": seed,
        "latency_ms": first,
        "live": {name: partner.facts() for name, partner in live.items()},
        "metrics": compare(excerpts, played, subject=MODEL, seed=seed),
        "cold_start": curves(excerpts, played, seed=seed),
    }
    if more:
        result["latencies"] = _with_latencies(excerpts, played, live[MODEL], more)
    if options.key_change:
        result["key_change"] = _with_key_change(excerpts, partners, seed)
    return result


def _asked_for(everybody: Mapping[str, Partner], names: Sequence[str]) -> dict[str, Partner]:
    """Those of ``names``, all for none, with whom all are compared among them."""
    for name in names:
        if name not in everybody:
            raise SettingError(f"--partners {name!r}; wanted some of: {', '.join(everybody)}")
    return {name: one for name, one in everybody.items() if not names or name in {MODEL, REAL, *names}}


def _mind(options: argparse.Namespace, settings: Settings) -> LocalEngine:
    return LocalEngine.open(
        model_folder(str(options.checkpoint)),
        mode=_BOTH_PLAY,
        device=options.device,
        precision=options.precision or settings.precision,
        threads=settings.threads,
        policy=mask_policy_of(settings),
    )


def _live(mind: LocalEngine, settings: Settings, latency: float, seed: int) -> dict[str, _Live]:
    def with_(**values: object) -> _Live:
        return _Live(mind, changed(settings, values), latency, seed)

    return {
        MODEL: with_(),
        APPENDING: _Live(AppendingEngine(mind), settings, latency, seed),
        RE_READING: _Live(mind, settings, latency + asyncio.run(_reading(mind)), seed),
        UNLED: with_(follow_harmony=0.0),
        UNFORESEEN: with_(foresee="off"),
        AHEAD: with_(horizon=_AHEAD_SECONDS),
        RULES: _Live(mind, settings, latency, seed, RuleBased),
    }


def _knowing(mind: LocalEngine, settings: Settings, seed: int) -> Partner:
    def play_to(excerpt: Excerpt) -> Sequence[Note]:
        notes = accompany_knowing(excerpt.performer, mind.engine, settings, seed=seed)
        return [note for note in notes if note.start < excerpt.seconds]

    return play_to


async def _reading(mind: Mind) -> float:
    """Seconds to read a tape from its beginning, measured; the same music otherwise, so only the wait differs."""
    seconds = []
    for turn in range(3):
        began = time.perf_counter()
        await mind.feed([turn, *range(_TAPE_IDS - 1)])  # none begins like the one before
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def _with_latencies(
    excerpts: Sequence[Excerpt], played: Mapping[str, Sequence[Sequence[Note]]], model: _Live, more: Sequence[float]
) -> list[dict[str, Any]]:
    """One row a latency: means of every metric, and the first latency's less them."""
    first = _named(1000 * model.latency)
    slower = {_named(ms): _Live(model.mind, model.settings, ms / 1000, model.seed) for ms in more}
    with bar("with latencies", len(excerpts), unit="pieces") as progress:
        late = play(excerpts, slower, progress=progress)
    metrics = compare(excerpts, {first: played[MODEL], REAL: played[REAL], **late}, subject=first, seed=model.seed)
    rows = []
    for name, live in {first: model, **slower}.items():
        scores = {metric: found["partners"][name] for metric, found in metrics.items()}
        rows.append({"latency_ms": 1000 * live.latency, **live.facts(), "metrics": scores})
    return rows


def _with_key_change(excerpts: Sequence[Excerpt], partners: Mapping[str, Partner], seed: int) -> dict[str, Any]:
    """All partners again, while the performer goes on six semitones higher halfway through."""
    moment = excerpts[0].seconds / 2
    moved = [excerpt.modulated(moment) for excerpt in excerpts]
    with bar("changing key", len(moved), unit="pieces") as progress:
        played = play(moved, partners, progress=progress)
    return {"moment": moment, "semitones": 6, "curves": curves(moved, played, around=moment, seed=seed)}


def _named(ms: float) -> str:
    return f"{ms:g} ms"


def table(result: Mapping[str, Any]) -> str:
    """The result as lines for a person."""
    return "\n".join(_lines(result))


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield f"{result['pieces']} pieces, {result['seconds']:g} s each, latency {result['latency_ms']:g} ms"
    metrics = result["metrics"]
    yield from means(metrics, "partners", width=_WIDTH)
    yield ""
    yield from _differences(metrics)
    yield ""
    yield from fooled(metrics, "the real accompaniment")
    if "latencies" in result:
        yield from _latency_lines(result["latencies"])
    yield from _curve_lines("from the cold start", result["cold_start"])
    if "key_change" in result:
        yield from _curve_lines("around the change of key", result["key_change"]["curves"])


def _differences(metrics: Mapping[str, Any]) -> Iterator[str]:
    yield f"{MODEL} less each other, with 95 % intervals over pieces"
    for metric, found in metrics.items():
        for name, of in found["partners"].items():
            less = of.get("subject_less_this")
            if found["rises"] and less is not None and less["interval"] is not None:
                yield f"  {metric:14} - {name:14} {difference(less)}  {less['pieces']} pieces"


def _latency_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield ""
    yield row("latency", [_named(of["latency_ms"]) for of in rows], width=_WIDTH)
    for metric in rows[0]["metrics"]:
        yield row(metric, [of["metrics"][metric]["mean"] for of in rows], width=_WIDTH)
    for fact in ("horizon_ms", "replan_ms", "plans", "kept", "missed", "late"):
        yield row(fact, [of[fact] for of in rows], width=_WIDTH)


def _curve_lines(title: str, found: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> Iterator[str]:
    for metric in _CURVES_SHOWN:
        by_partner = found[metric]
        yield ""
        yield f"{metric}, in windows of 2 s {title}"
        yield row("s", list(by_partner), width=_WIDTH)
        for points in zip(*by_partner.values(), strict=True):
            yield row(f"{points[0]['at']:g}", [point["mean"] for point in points], width=_WIDTH)
