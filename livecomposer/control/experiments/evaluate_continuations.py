"""``livecomposer evaluate --music``: everyone goes on from the same beginnings, and what they play is measured.

Engines run in this process, and play as ``livecomposer continue`` does: the same grammar, constraints and sampling.
"""

import argparse
import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from livecomposer.companion.mask_policy import TURN_TAKING_POLICY
from livecomposer.control.experiments.result_tables import difference, fooled, means, row
from livecomposer.control.progress import bar
from livecomposer.evaluation.likelihood.beside_others import MARKOV, MODEL, named
from livecomposer.evaluation.likelihood.markov import MarkovModel
from livecomposer.evaluation.music.continuation_metrics import ANOTHER, COPY, ELSEWHERE, REAL, compare, sets
from livecomposer.evaluation.music.excerpts import load_shard
from livecomposer.evaluation.music.local_engine import LocalEngine
from livecomposer.evaluation.music.markov_engine import MarkovEngine
from livecomposer.evaluation.music.prompts import Prompt, prompts_of, recording_of, strangers_of
from livecomposer.events import Note
from livecomposer.offline.continuation import continue_recording
from livecomposer.offline.simulation import Mind
from livecomposer.settings import Settings, changed
from livecomposer.weights.checkpoint_folder import model_folder

__all__ = ["MARKOV", "MODEL", "SECONDS", "continued", "mind_of", "music", "table"]

SECONDS = 20.0
"""How long a prompt and its continuation are, unless told otherwise."""
_PIECES = 40
_MARKOV_ORDER = 8
_IN_TURN = 0  # the way of playing that the weights are told of, as in training
_WIDTH = 24


def music(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    """What ``evaluate --music --json`` prints: everyone's continuations of pieces of ``options.shard``, measured.

    Beside the checkpoint those of ``options.beside``; a Markov model, where ``options.train`` or the folder of the
    shard has a ``train.npz`` to count; what is given, repeated; how another piece really goes on; how this one does,
    and its next stretch. The same options and weights give the same result. Raises :class:`CheckpointError`,
    :class:`CorpusError`, :class:`EngineError`.
    """
    seed, given, seconds = max(0, settings.seed), options.given, options.seconds
    pieces = _PIECES if options.pieces is None else options.pieces
    minds = _minds(options, settings)
    prompts = prompts_of(load_shard(options.shard), pieces=pieces, given=given, seconds=seconds, seed=seed)
    counted = _counted(options)
    minds |= {} if counted is None else {MARKOV: MarkovEngine(counted, TURN_TAKING_POLICY)}
    with bar("playing on", len(prompts) * len(minds), unit="continuations") as progress:
        made = _made(prompts, minds, settings, seed, progress)
    made |= {
        COPY: [prompt.again() for prompt in prompts],
        ANOTHER: strangers_of(prompts),
        ELSEWHERE: [prompt.elsewhere for prompt in prompts],
    }
    return {
        "pieces": len(prompts),
        "names": [prompt.name for prompt in prompts],
        "given_seconds": given,
        "seconds": seconds,
        "seed": seed,
        "measures": compare(prompts, {**made, REAL: [prompt.real for prompt in prompts]}, subject=MODEL, seed=seed),
        "sets": sets(prompts, made),
    }


def mind_of(checkpoint: str, options: argparse.Namespace, settings: Settings) -> LocalEngine:
    """The checkpoint, in this process, ready to play in turn."""
    return LocalEngine.open(
        model_folder(checkpoint),
        mode=_IN_TURN,
        device=options.device,
        precision=options.precision or settings.precision,
        threads=settings.threads,
        policy=TURN_TAKING_POLICY,
    )


def continued(prompt: Prompt, mind: Mind, settings: Settings, *, seed: int) -> list[Note]:
    """How ``mind`` goes on from ``prompt``, from 0 on, all of which it hears."""
    heard = changed(settings, {"input_duration": prompt.given, "extension_duration": prompt.seconds})
    done = asyncio.run(continue_recording(recording_of(prompt.notes), mind, heard, seed=seed))
    return [replace(note, start=note.start - done.start, end=note.end - done.start) for note in done.notes]


def _minds(options: argparse.Namespace, settings: Settings) -> dict[str, Mind]:
    minds: dict[str, Mind] = {MODEL: mind_of(str(options.checkpoint), options, settings)}
    taken = (MODEL, MARKOV, COPY, ANOTHER, ELSEWHERE, REAL)
    for name, folder in named(options.beside, taken=taken).items():
        minds[name] = mind_of(str(folder), options, settings)
    return minds


def _counted(options: argparse.Namespace) -> MarkovModel | None:
    train: Path = options.train or options.shard.parent / "train.npz"
    if options.train is None and not train.exists():
        return None
    return MarkovModel.train(load_shard(train), _MARKOV_ORDER)


def _made(
    prompts: Sequence[Prompt],
    minds: Mapping[str, Mind],
    settings: Settings,
    seed: int,
    progress: Callable[[float], None],
) -> dict[str, Sequence[Sequence[Note]]]:
    made: dict[str, Sequence[Sequence[Note]]] = {}
    for turn, (name, mind) in enumerate(minds.items()):
        played = []
        for at, prompt in enumerate(prompts, 1):
            played.append(continued(prompt, mind, settings, seed=seed))
            progress(turn * len(prompts) + at)
        made[name] = played
    return made


def table(result: Mapping[str, Any]) -> str:
    """The result as lines for a person."""
    return "\n".join(_lines(result))


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield f"{result['pieces']} pieces, {result['seconds']:g} s each behind {result['given_seconds']:g} s"
    measures = result["measures"]
    makers = list(next(iter(measures.values()))["makers"])
    yield from means(measures, "makers", width=_WIDTH)
    yield ""
    yield f"{MODEL} less each other, with 95 % intervals over pieces; > where the model is clearly better"
    for name, found in measures.items():
        yield from _differences(name, found)
    yield ""
    yield "whole sets: overlap of distances to real continuations with those among them"
    for name, rows in result["sets"].items():
        yield row(name, [rows[maker]["overlap"] for maker in makers], width=_WIDTH)
    yield ""
    yield from fooled(measures, "the piece's next stretch")


def _differences(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    for maker, of in found["makers"].items():
        less = of.get("subject_less_this")
        if found["better"] and maker != REAL and less is not None and less["interval"] is not None:
            sign = ">" if maker in found["clearly_worse"] else " "
            yield f" {sign} {name:24} - {maker:14} {difference(less)}"
