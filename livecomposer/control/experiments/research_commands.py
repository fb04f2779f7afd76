"""The commands of those who train weights and judge them; :mod:`livecomposer.control.cli_commands` has the others."""

import argparse
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from livecomposer.control.progress import bar
from livecomposer.control.typed_settings import say, settings_of
from livecomposer.errors import LivecomposerError
from livecomposer.model.card import BEST, name_of

__all__ = ["audition", "evaluate", "prepare", "train"]

_NAMED = 20
"""Files left out that are named; all are in summary.json."""


def prepare(options: argparse.Namespace) -> int:
    """Turn MIDI into shards, and say what is in them."""
    from livecomposer.evaluation.pictures import corpus as draw
    from livecomposer.training import corpus, survey

    left_out: list[tuple[str, str]] = []
    with bar("reading", 0, unit="files") as progress:
        how = {"splits": options.splits, "tokens": options.tokens, "progress": progress, "notify": say}
        counts = corpus.prepare(options.folders, options.output, skipped=lambda *one: left_out.append(one), **how)
    for name, reason in left_out[:_NAMED]:
        say(f"{name}: {reason}, left out")
    if len(left_out) > _NAMED:
        say(f"and {len(left_out) - _NAMED} more files left out")
    for split, count in counts.items():
        print(f"{split}: " + ", ".join(f"{number:,} {what}" for what, number in sorted(count.items())))
    if options.tokens == "performance":  # of bars neither seconds nor velocities can be told
        found = survey.survey(options.output, skipped=left_out)
        print("\n".join(survey.lines(found)))
        try:
            draw(found, options.output / "summary.png")
        except LivecomposerError as error:
            say(f"no picture: {error}")
    return 0


def train(options: argparse.Namespace) -> int:
    """Train, or go on training."""
    from livecomposer.evaluation.pictures import curve
    from livecomposer.training.trainer import Trainer, load_config, set_threads
    from livecomposer.training.world import joined

    set_threads(options.threads)
    with joined(options.device) as (world, device):
        how = {"start": options.start, "device": device, "world": world}
        trainer = Trainer(load_config(options.config), options.shards, options.run_folder, **how)
        if not world.is_first:
            trainer.run(report=lambda _: None)
            return 0
        with bar("training", trainer.config.steps, unit="steps") as progress:
            best = trainer.run(report=say, progress=progress)
    with suppress(LivecomposerError):  # without matplotlib, or stopped before anything was measured, no picture
        curve(options.run_folder / "curve.csv", options.run_folder / "curve.png")
    print(f"{options.run_folder / BEST}: {best:.4f} nats a token on the validation split")
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Measure likelihood, or how it plays along, or on; the checkpoint is named first."""
    if options.music or options.accompany:
        result, lines = _music(options)
    elif options.beside or options.train:
        result, lines = _beside_others(options)
    else:
        result, lines = _likelihood(options)
    name = name_of(options.checkpoint)
    print(json.dumps({"model": name, **result}) if options.json else f"model: {name}\n{lines(result)}")
    return 0


Measured = tuple[dict[str, Any], Callable[[dict[str, Any]], str]]
"""What came of it, and what makes lines for a person of that."""


def _music(options: argparse.Namespace) -> Measured:
    from livecomposer.control.experiments import evaluate_accompaniment, evaluate_continuations

    measures = evaluate_continuations if options.music else evaluate_accompaniment
    measured = evaluate_continuations.music if options.music else evaluate_accompaniment.accompany
    options.seconds = options.seconds or measures.SECONDS
    return measured(options, settings_of(options)), measures.table


def _beside_others(options: argparse.Namespace) -> Measured:
    from livecomposer.evaluation.likelihood import beside_others

    how = {"train": options.train, "pieces": options.pieces, "device": options.device}
    result = beside_others.compare_checkpoints(options.checkpoint, options.shard, beside=options.beside, **how)
    return result, beside_others.table


def _likelihood(options: argparse.Namespace) -> Measured:
    from livecomposer.evaluation.likelihood.bits_per_note import evaluate_checkpoint

    def line(result: dict[str, Any]) -> str:
        low, high = result["interval"]
        return f"{result['bits_per_note']:.3f} bits a note ({low:.3f} to {high:.3f}), {result['pieces']} pieces"

    how = {"pieces": options.pieces, "device": options.device, "precision": options.precision}
    return evaluate_checkpoint(options.checkpoint, options.shard, **how), line


def audition(options: argparse.Namespace) -> int:
    """Have beginnings continued, to listen to and look at."""
    from livecomposer.control.experiments import audition as shared

    rows = shared.audition(options, settings_of(options))
    print(json.dumps(rows) if options.json else f"{options.folder / 'index.md'}: {len(rows)} continuations")
    return 0
