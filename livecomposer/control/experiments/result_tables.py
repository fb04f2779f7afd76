"""Measures of music as lines for a person: a table of who was given what, who does better, and what fools a measure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["difference", "fooled", "means", "row"]

_CELL = 13


def row(first: str, cells: Sequence[str | float | None], *, width: int) -> str:
    """One line: ``first`` in ``width`` characters, then the cells, of one width, to the right; ``None`` is a dash."""
    return f"{first:{width}}" + "".join(f"{_text(cell):>{_CELL}}" for cell in cells)


def means(measures: Mapping[str, Any], whose: str, *, width: int) -> Iterator[str]:
    """A table of what ``accompaniment_comparison.summary`` gave each of ``whose`` in each measure."""
    names = list(next(iter(measures.values()))[whose])
    yield row("", names, width=width)
    for measure, found in measures.items():
        yield row(measure, [found[whose][name]["mean"] for name in names], width=width)


def difference(summary: Mapping[str, Any]) -> str:
    """A mean with its interval."""
    low, high = summary["interval"]
    return f"{summary['mean']:+.3f}  ({low:+.3f} to {high:+.3f})"


def fooled(measures: Mapping[str, Any], real: str) -> Iterator[str]:
    """A line for each measure by which one who cheats is no worse than what is ``real``, or than the model."""
    for measure, found in measures.items():
        for cheats, than in (("cheats", real), ("cheats_above_subject", "the model")):
            if found.get(cheats):
                yield f"{measure}: no worse than {than}: {', '.join(found[cheats])}"


def _text(cell: str | float | None) -> str:
    if cell is None:
        return "–"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)
