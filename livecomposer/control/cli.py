"""The command line: what may be typed. What each command does is in :mod:`livecomposer.control.cli_commands`.

Nothing heavy is imported here, so that ``--help`` is instant. Bad input ends with one line and exit code 2.
"""

import argparse
import os
import sys
from contextlib import suppress
from dataclasses import fields
from math import inf
from pathlib import Path
from typing import Any, NoReturn

from livecomposer import __version__
from livecomposer.errors import LivecomposerError
from livecomposer.settings import ANY, TURNS, Settings, meaning_of, musical

__all__ = ["build_parser", "main"]

_SAMPLING = ("sampling", "threshold", "creative_risk", "input_duration", "max_rest", "max_note", "polyphony")
_ENGINE = ("seed", "model", "device", "precision", "threads")
_OPENING = (
    *(name for name in musical(ANY, TURNS) if name not in ("input_duration", "extension_duration")),
    *("tempo", "beats_per_bar"),
    *_ENGINE,
)
_JAM = tuple(field.name for field in fields(Settings))


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as everything else here does."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 a check failed, 2 bad input, 130 interrupted."""
    options = build_parser().parse_args(arguments)
    from livecomposer.control import cli_commands as commands

    try:
        code: int = getattr(commands, options.run)(options)
        sys.stdout.flush()  # while a reader that has gone can still be told apart from an error
    except LivecomposerError as error:
        print(f"livecomposer: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains on its way out
        return 0
    return code


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line."""
    parser = _Parser(
        prog="livecomposer",
        description="A real-time MIDI companion: it listens to what you play, continues it, or answers.",
        epilog="Begin with: livecomposer doctor; then: livecomposer jam",
    )
    parser.add_argument("--version", action="version", version=f"livecomposer {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_jam(commands)
    _add_continue(commands)
    _add_begin(commands)
    _add_accompany(commands)
    _add_render(commands)
    _add_replay(commands)
    _add_ports(commands)
    _add_training(commands)
    _add_evaluate(commands)
    _add_audition(commands)
    _add_bench(commands)
    return parser


def _command(commands: Any, name: str, run: str, what: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
    parser.set_defaults(run=run)
    return parser


def _add_settings(parser: argparse.ArgumentParser, names: tuple[str, ...]) -> None:
    group = parser.add_argument_group("settings")
    for name in names:
        bare: dict[str, Any] = {"nargs": "?", "const": "on"} if name == "panel" else {}
        group.add_argument(_option(name), dest=name, metavar="X", default=None, help=meaning_of(name), **bare)
    if "panel" in names:
        group.add_argument("--no-panel", dest="panel", action="store_const", const="off", help="serve no page")
    group.add_argument("--config", type=Path, metavar="FILE", help="TOML file of settings (see config/default.toml)")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _add_jam(commands: Any) -> None:
    parser = _command(commands, "jam", "jam", "play together: listen, and continue or answer what is played")
    parser.add_argument("--preset", metavar="NAME", help="a file of config/presets/, by name")
    parser.add_argument("--record", type=Path, metavar="DIR", default=Path("takes"), help="keep sessions here (takes)")
    parser.add_argument("--no-record", action="store_true", help="keep nothing")
    parser.add_argument("--duration", type=_seconds, metavar="S", help="end by itself after so many seconds")
    parser.add_argument("--json", action="store_true", help="print the session's meters as JSON at the end")
    _add_settings(parser, _JAM)


def _add_continue(commands: Any) -> None:
    parser = _command(commands, "continue", "continue_", "continue a MIDI file, on a track of its own")
    parser.add_argument("input_file", type=Path, metavar="IN.mid")
    parser.add_argument("-o", "--output-file", type=Path, metavar="OUT.mid", required=True)
    _add_seconds(parser, "the continuation")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    _add_settings(parser, tuple(name for name in musical() if name != "extension_duration") + _ENGINE)


def _add_begin(commands: Any) -> None:
    parser = _command(commands, "begin", "begin", "open a piece from nothing, in the scale and tempo that are set")
    parser.add_argument("-o", "--output-file", type=Path, metavar="OUT.mid", required=True)
    _add_seconds(parser, "the piece")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    _add_settings(parser, _OPENING)


def _add_seconds(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--seconds",
        "--extension-duration",
        dest="extension_duration",
        metavar="S",
        help=f"how long {what} is; 20 s unless the settings say otherwise (0.5–3600 s)",
    )


def _add_accompany(commands: Any) -> None:
    parser = _command(commands, "accompany", "accompany", "play along with a MIDI file, on a track of its own")
    parser.add_argument("input_file", type=Path, metavar="IN.mid")
    parser.add_argument("-o", "--output-file", type=Path, metavar="OUT.mid", required=True)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--online", action="store_true", help="as in a live session: only what has sounded is known")
    how.add_argument("--offline", action="store_true", help="knowing the whole file beforehand")
    parser.add_argument("--melody", default="", metavar="TRACK", help="name or number of the one track that is heard")
    parser.add_argument(
        "--latency-ms",
        dest="latency",
        type=_latency,
        default="10",
        metavar="MS",
        help="online: from a key to its answer (10); or measured: what this machine needs, never quite the same",
    )
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    _add_settings(parser, (*musical(), "horizon", *_ENGINE))


def _add_render(commands: Any) -> None:
    parser = _command(commands, "render", "render", "render a MIDI file to sound, without an audio device")
    parser.add_argument("input_file", type=Path, metavar="IN.mid")
    parser.add_argument("-o", "--output-file", type=Path, metavar="OUT.wav", required=True)
    parser.add_argument("--picture", type=Path, metavar="OUT.png", help="also draw the piano roll")
    _add_settings(parser, ("soundfont", "gain"))


def _add_replay(commands: Any) -> None:
    parser = _command(commands, "replay", "replay", "play a recorded session's companion again, exactly")
    parser.add_argument("journal", type=Path, metavar="JOURNAL.jsonl")
    parser.add_argument("-o", "--output-file", type=Path, metavar="OUT.mid", help="write both players' parts")
    parser.add_argument("--check", action="store_true", help="exit with 1 where anything differs, and name it")
    parser.add_argument("--model", default="", metavar="PATH", help="checkpoint folder, where the weights have moved")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")


def _add_ports(commands: Any) -> None:
    parser = _command(commands, "ports", "ports", "list the MIDI ports there are")
    parser.add_argument("--json", action="store_true")
    parser = _command(
        commands, "controls", "controls", "every command there is while music plays, and what asks for it"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true")
    how.add_argument("--markdown", action="store_true", help="the table of docs/controls.md")
    _add_settings(parser, ("controller", "trigger"))
    parser = _command(commands, "send", "send", "have the session that runs do a command, by OSC")
    parser.add_argument("name", metavar="NAME", help="see livecomposer controls; or learn, then a command's name")
    parser.add_argument(
        "value", nargs="?", default="", metavar="VALUE", help="without one, a setting is only asked for"
    )
    parser.add_argument("--to", metavar="HOST:PORT", help="where it listens; else what the setting osc says")
    _add_settings(parser, ())
    parser = _command(commands, "calibrate", "calibrate", "measure MIDI's round trip from an output to an input")
    parser.add_argument("--notes", type=int, default=200, metavar="N", help="how many are sent (200)")
    parser.add_argument("--patience", type=_seconds, default=20.0, metavar="S", help="wait for the first (20 s)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the result into this TOML file of settings")
    parser.add_argument("--json", action="store_true")
    _add_settings(parser, ("input", "output"))
    parser = _command(commands, "doctor", "doctor", "say what was found, what is missing, and what to type")
    parser.add_argument("--json", action="store_true")
    _add_settings(parser, _JAM)


def _add_training(commands: Any) -> None:
    parser = _command(commands, "prepare", "prepare", "turn folders of MIDI files into shards to train on")
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="SHARDS")
    parser.add_argument("--splits", type=Path, metavar="DIR", help="folder of FOLDER.csv files with columns path,split")
    parser.add_argument("--tokens", default="performance", choices=("performance", "barnote"), help="the vocabulary")
    parser = _command(commands, "train", "train", "train weights, or go on with a run where it stopped")
    parser.add_argument("config", type=Path, metavar="CONFIG.toml", help="see config/training/")
    parser.add_argument("--shards", type=Path, required=True, metavar="DIR")
    parser.add_argument("--run", dest="run_folder", type=Path, required=True, metavar="DIR")
    parser.add_argument("--from", dest="start", type=Path, metavar="CHECKPOINT", help="weights that a run begins with")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 for all")


def _add_evaluate(commands: Any) -> None:
    parser = _command(commands, "evaluate", "evaluate", "measure how well weights foresee music they have not seen")
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    parser.add_argument("shard", type=Path, metavar="SHARD.npz")
    parser.add_argument("--pieces", type=int, metavar="N", help="only N pieces, spread evenly")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--precision", choices=("int8", "float32"), help="score the compiled engine itself, id by id")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--accompany", action="store_true", help="play melodies to it; judge what it plays along")
    how.add_argument("--music", action="store_true", help="have pieces continued; measure how like the real thing")
    parser.add_argument(
        "--seconds", type=_seconds, metavar="S", help="with --accompany: of a piece (30); --music: of going on (20)"
    )
    parser.add_argument(
        "--given", type=_seconds, default=20.0, metavar="S", help="with --music: of a piece's start (20)"
    )
    parser.add_argument(
        "--beside",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="others on the same pieces; repeatable",
    )
    parser.add_argument(
        "--train", type=Path, metavar="SHARD.npz", help="beside a Markov model that counts it (--music: its train.npz)"
    )
    parser.add_argument(
        "--latency-ms",
        type=_latencies,
        default=[20.0],
        metavar="MS,…",
        help="with --accompany: from a key to its answer (20); several are compared",
    )
    parser.add_argument(
        "--partners", type=_names, default=[], metavar="NAME,…", help="with --accompany: only these, and the real one"
    )
    parser.add_argument("--key-change", action="store_true", help="with --accompany: and six semitones up, halfway")
    parser.add_argument("--json", action="store_true")
    _add_settings(parser, (*_SAMPLING, "seed", "alone", "foresee", "horizon", "plan_ahead", "threads"))


def _add_audition(commands: Any) -> None:
    parser = _command(commands, "audition", "audition", "have beginnings of pieces continued, to listen to and look at")
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    parser.add_argument("shard", type=Path, metavar="SHARD.npz")
    parser.add_argument("-o", dest="folder", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--prompts", type=int, default=2, metavar="N", help="pieces of each pack (2)")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="continuations of each (1)")
    parser.add_argument("--given", type=_seconds, default=20.0, metavar="S", help="how much of a piece is given (20)")
    parser.add_argument("--seconds", type=_seconds, default=20.0, metavar="S", help="how long it goes on (20)")
    parser.add_argument("--no-sound", action="store_true", help="write no WAV files")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--precision", choices=("int8", "float32"), help="of the compiled engine")
    parser.add_argument("--json", action="store_true", help="print the index as JSON")
    _add_settings(parser, (*_SAMPLING, "seed", "threads", "soundfont", "gain"))


def _add_bench(commands: Any) -> None:
    parser = _command(commands, "bench", "bench", "measure the engine by itself, or the whole session")
    parser.add_argument("what", choices=("engine", "latency", "panic", "journal"))
    parser.add_argument("--model", default="", metavar="PATH", help="checkpoint folder; empty for the one that ships")
    parser.add_argument("--threads", default="", metavar="N,...", help="engine: CPU threads (1,2); latency: one number")
    parser.add_argument("--sizes", default="", metavar="S,...", help="engine: some of 5M,11M,25M,shipped")
    parser.add_argument("--contexts", default="", metavar="N,...", help="engine: ids already taken in (64,512,1024)")
    parser.add_argument("--backends", default="", metavar="B,...", help="engine: eager,native,compile,gpt2,notochord")
    parser.add_argument(
        "--quick", action="store_true", help="engine: a fifth of the rounds, and no growth; journal: a minute"
    )
    parser.add_argument("--turns", type=int, default=10, help="latency: how many phrases are played (10)")
    parser.add_argument("--hours", type=float, default=4.0, metavar="H", help="journal: how long a set is (4)")
    parser.add_argument("--panics", type=int, default=200, metavar="N", help="panic: how many (200)")
    parser.add_argument("--mode", default="continue", choices=("continue", "respond", "accompany"), help="latency")
    parser.add_argument("--size", choices=("5M", "11M", "25M"), help="latency: random weights of that size instead")
    parser.add_argument("--json", action="store_true")


def _latency(text: str) -> float | None:
    """Seconds; ``None`` for what is measured."""
    if text == "measured":
        return None
    with suppress(ValueError):
        if 0 <= (ms := float(text)) <= 10_000:
            return ms / 1000
    raise argparse.ArgumentTypeError(f"{text!r}: wanted milliseconds from 0 to 10000, or measured")


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < (seconds := float(text)) < inf:
            return seconds
    raise argparse.ArgumentTypeError(f"{text!r}: wanted seconds, more than 0")


def _latencies(text: str) -> list[float]:
    with suppress(ValueError):
        found = [float(part) for part in text.split(",")]
        if all(0 <= ms <= 10_000 for ms in found):
            return found
    raise argparse.ArgumentTypeError(f"{text!r}: wanted milliseconds from 0 to 10000 with commas between, as 0,20,50")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


if __name__ == "__main__":
    raise SystemExit(main())
