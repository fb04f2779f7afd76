"""The commands of those who train weights and judge them; :mod:`livecomposer.control.cli_commands` has the others."""

import argparse
import json
from contextlib import suppress

from livecomposer.control.progress import bar
from livecomposer.control.typed_settings import say, settings_of
from livecomposer.errors import LivecomposerError

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
    print(f"{options.run_folder / 'best'}: {best:.4f} nats a token on the validation split")
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Measure likelihood, or how it plays along, or on."""
    if options.music or options.accompany:
        return _evaluate_music(options)
    if options.beside or options.train:
        from livecomposer.evaluation.likelihood.beside_others import compare_checkpoints, table

        how = {"train": options.train, "pieces": options.pieces, "device": options.device}
        result = compare_checkpoints(options.checkpoint, options.shard, beside=options.beside, **how)
        print(json.dumps(result) if options.json else table(result))
        return 0
    from livecomposer.evaluation.likelihood.bits_per_note import evaluate_checkpoint

    how = {"pieces": options.pieces, "device": options.device, "precision": options.precision}
    result = evaluate_checkpoint(options.checkpoint, options.shard, **how)
    if options.json:
        print(json.dumps(result))
    else:
        low, high = result["interval"]
        print(f"{result['bits_per_note']:.3f} bits a note ({low:.3f} to {high:.3f}), {result['pieces']} pieces")
    return 0


def _evaluate_music(options: argparse.Namespace) -> int:
    from livecomposer.control.experiments import evaluate_accompaniment, evaluate_continuations

    measures = evaluate_continuations if options.music else evaluate_accompaniment
    measured = evaluate_continuations.music if options.music else evaluate_accompaniment.accompany
    options.seconds = options.seconds or measures.SECONDS
    result = measured(options, settings_of(options))
    print(json.dumps(result) if options.json else measures.table(result))
    return 0


def audition(options: argparse.Namespace) -> int:
    """Have beginnings continued, to listen to and look at."""
    from livecomposer.control.experiments import audition as shared

    rows = shared.audition(options, settings_of(options))
    print(json.dumps(rows) if options.json else f"{options.folder / 'index.md'}: {len(rows)} continuations")
    return 0
