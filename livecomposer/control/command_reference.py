"""The table of commands as a page to read: for the command line, for programs, and for docs/controls.md."""

from collections.abc import Iterable

from livecomposer.control.surfaces.bindings import Binding
from livecomposer.control.surfaces.osc_in import PREFIX
from livecomposer.session.commands.table import COMMANDS, Command, Kind

__all__ = ["markdown", "rows", "text"]


def rows(bound: Iterable[Binding]) -> list[dict[str, object]]:
    """Every command with its kind, range, unit, meaning, OSC address, and what is ``bound`` to it."""
    by_name: dict[str, list[str]] = {}
    for binding in bound:
        by_name.setdefault(binding.command.name, []).append(str(binding.address))
    return [
        {
            "name": name,
            "kind": one.kind.value,
            "range": _range(one),
            "unit": one.unit,
            "meaning": one.meaning,
            "osc": PREFIX + name,
            "bound": by_name.get(name, []),
        }
        for name, one in COMMANDS.items()
    ]


def text(bound: Iterable[Binding]) -> list[str]:
    """The same in columns."""
    table = [(row["name"], _values(row), ", ".join(_listed(row)), row["meaning"]) for row in rows(bound)]
    widths = [max(len(str(line[i])) for line in table) for i in range(3)]
    columns = "  ".join(f"{{:{width}}}" for width in widths) + "  {}"
    return [columns.format(*line) for line in table]


def markdown(bound: Iterable[Binding]) -> str:
    """The same as the table of docs/controls.md."""
    lines = ["| command | takes | bound to | |", "|---|---|---|---|"]
    for row in rows(bound):
        bindings = ", ".join(f"`{one}`" for one in _listed(row))
        lines.append(f"| `{row['name']}` | {_values(row)} | {bindings} | {row['meaning']} |")
    return "\n".join(lines) + "\n"


def _range(one: Command) -> object:
    match one.kind:
        case Kind.NUMBER:
            return [one.low, one.high]
        case Kind.CHOICE:
            return list(one.choices)
        case Kind.SWITCH:
            return ["off", "on"]
    return None


def _values(row: dict[str, object]) -> str:
    one = COMMANDS[str(row["name"])]
    match one.kind:
        case Kind.NUMBER:
            return f"{one.low:.10g}–{one.high:.10g} {one.unit}".strip()
        case Kind.CHOICE:
            return ", ".join(one.choices)
        case Kind.SWITCH:
            return "on, off"
        case Kind.TEXT:
            return "a text"
    return ""


def _listed(row: dict[str, object]) -> list[str]:
    bound = row["bound"]
    return bound if isinstance(bound, list) else []
