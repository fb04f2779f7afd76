"""``livecomposer bench engine``: what was asked for, measured, as a table."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from livecomposer.control.progress import bar
from livecomposer.errors import SettingError

__all__ = ["lines", "run"]

_QUICK_ROUNDS = 4


def run(options: argparse.Namespace) -> dict[str, Any]:
    """What ``bench engine --json`` prints for the sizes, contexts, backends and threads of ``options``.

    ``quick`` takes fewer rounds and leaves growth out. Raises :class:`CheckpointError` and :class:`SettingError`.
    """
    from livecomposer.evaluation.speed.engine_bench import BenchPlan, bench_engine
    from livecomposer.weights.checkpoint_folder import model_folder

    given: dict[str, Any] = {
        name: text.split(",") for name in ("sizes", "backends") if (text := getattr(options, name, None))
    }
    given |= {name: _numbers(name, text) for name in ("contexts", "threads") if (text := getattr(options, name, None))}
    if options.quick:
        given |= {"rounds": _QUICK_ROUNDS, "growth": ()}
    plan = BenchPlan(**given)
    with bar("measuring", plan.cells, unit="cells") as progress:
        return bench_engine(model_folder(options.model), plan, progress=progress)


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """The result of :func:`run` for a person to read."""
    rows = [row for row in result["rows"] if "skipped" not in row]
    yield _columns("size", "threads", "context", "backend", "token", "p99", "floor", "x floor", "x eager", *_FED)
    for row in rows:
        fed = row.get("feed_ms", {})
        yield _columns(
            row.get("size") or "own",
            row["threads"],
            row.get("context") or "any",
            f"{row['backend']} {row['precision']}",
            *(f"{row[name]:.2f}" for name in ("ms_median", "ms_p99", "floor_ms", "x_floor", "x_eager")),
            *(f"{fed[name.split()[1]]:.1f}" if fed else "" for name in _FED[:-1]),
            f"{row['rewind_ms']:.2f}" if fed else "",
        )
    yield "ms, medians but for the p99; floor: the same weights streamed once; x eager: eager's time over this one's"
    for grown in result["growth"]:
        (early, first), (late, last) = grown["ms"].items()
        memory = ", ".join(f"{mib} MiB at {mark}" for mark, mib in grown["rss_mib"].items())
        what = f"{grown['backend']} {grown['precision']} {grown['size']}"
        yield f"{what}: {first:.2f} ms a token at {early}, {last:.2f} at {late} (x {grown['x_ms']}); {memory}"
    for row in result["rows"]:
        if "skipped" in row:
            yield f"{row['backend']} skipped: {row['skipped']}"


_FED = ("feed 8", "feed 64", "feed 512", "rewind")
_WIDTHS = (8, 8, 8, 18)


def _columns(*cells: object) -> str:
    widths = [*_WIDTHS, *[9] * (len(cells) - len(_WIDTHS))]
    return "".join(f"{cell!s:>{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _numbers(name: str, text: str) -> list[int]:
    try:
        return [int(one) for one in str(text).split(",")]
    except ValueError as error:
        raise SettingError(f"{name} = {text}: wanted whole numbers between commas") from error
