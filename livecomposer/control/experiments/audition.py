"""``livecomposer audition``: fixed beginnings of pieces, continued from fixed seeds, to listen to and look at."""

import argparse
from pathlib import Path
from typing import Any

from livecomposer.control.experiments.evaluate_continuations import continued, mind_of
from livecomposer.control.progress import bar
from livecomposer.errors import SettingError
from livecomposer.evaluation.music.audition import Audition, facts_of, page, write
from livecomposer.evaluation.music.excerpts import load_shard
from livecomposer.evaluation.music.prompts import prompts_of
from livecomposer.model.card import name_of
from livecomposer.offline.file_commands import render_file
from livecomposer.settings import Settings

__all__ = ["audition"]


def audition(options: argparse.Namespace, settings: Settings) -> list[dict[str, Any]]:
    """Write MIDI, WAV and a piano roll of each continuation, and index.md, into ``options.folder``; its rows.

    Pieces are drawn from ``options.shard`` by the setting ``seed``, ``options.prompts`` a pack, and continued with each
    of ``options.seeds`` seeds from there on. The same options and weights give the same files. Raises
    :class:`SettingError` for no seed, and all that reading, playing and writing raise.
    """
    first, folder = max(0, settings.seed), options.folder
    if options.seeds < 1:
        raise SettingError(f"--seeds {options.seeds}; wanted at least 1")
    mind = mind_of(str(options.checkpoint), options, settings)
    shard = load_shard(options.shard)
    found = prompts_of(shard, a_pack=options.prompts, given=options.given, seconds=options.seconds, seed=first)
    drawn = [(prompt, seed) for prompt in sorted(found, key=lambda one: one.name) for seed in _seeds(first, options)]

    def sound(midi: Path, wav: Path) -> None:
        render_file(midi, wav, settings)

    rows = []
    with bar("playing on", len(drawn), unit="continuations") as progress:
        for done, (prompt, seed) in enumerate(drawn, 1):
            one = Audition(prompt, seed, tuple(continued(prompt, mind, settings, seed=seed)))
            write(one, folder, sound=None if options.no_sound else sound)
            rows.append(facts_of(one))
            progress(done)
    heading = f"{name_of(options.checkpoint)}: {options.seconds:g} s behind {options.given:g} s"
    page(rows, folder, heading=heading)
    return rows


def _seeds(first: int, options: argparse.Namespace) -> range:
    return range(first, first + options.seeds)
