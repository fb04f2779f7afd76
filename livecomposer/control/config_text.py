"""The default configuration as text, made from the table of settings; and the presets that ship."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path

from livecomposer.errors import SettingError
from livecomposer.places import beside
from livecomposer.settings import Settings, load, meaning_of

__all__ = ["default_toml", "presets", "saved"]


def default_toml() -> str:
    """The text of ``config/default.toml``: every setting with its default, what it means, its range and its unit."""
    lines = [
        "# Every setting and its default. Copy what you change into a file of your own: livecomposer jam --config FILE",
        "# The environment (LIVECOMPOSER_CREATIVE_RISK=1.2) goes before the file, the command line before both.",
    ]
    for field in fields(Settings):
        value = f'"{field.default}"' if isinstance(field.default, str) else str(field.default)
        lines += ["", f"# {meaning_of(field.name)}", f"{field.name} = {value}"]
    return "\n".join(lines) + "\n"


def saved(path: Path, values: Mapping[str, object], *, table: str = "", without: Iterable[str] = ()) -> None:
    """Put values into a TOML file of settings, in place of those it has; all else in it stays.

    They go to its top, or into its ``table``, from which what is in ``without`` goes too. A file that is not there is
    made. Raises :class:`SettingError` for a file that is no such file, cannot be edited line by line, or not written.
    """
    lines = []
    if path.exists():
        load(path, environment={})
        lines = path.read_text(encoding="utf-8").splitlines()
    text = "\n".join(_edited(lines, values, table, {*values, *without})) + "\n"
    if not _says(text, values, table):
        raise SettingError(
            f"{path}: cannot be edited line by line; wanted [{table}] with one line for each of its keys"
        )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingError(f"{path}: cannot be written ({error.strerror}); name another file") from error


def _edited(lines: list[str], values: Mapping[str, object], table: str, gone: set[str]) -> list[str]:
    headers = [i for i, line in enumerate(lines) if line.lstrip().startswith("[")]
    start = 0
    if table:
        start = next((i + 1 for i in headers if lines[i].split("#")[0].strip() == f"[{table}]"), -1)
        if start < 0:
            lines, start = [*lines, *([""] if lines else []), f"[{table}]"], len(lines) + (2 if lines else 1)
    end = next((i for i in headers if i >= start), len(lines))
    key = re.compile(rf"""\s*["']?({"|".join(map(re.escape, sorted(gone)))})["']?\s*=""")
    kept = [line for line in lines[start:end] if not key.match(line)]
    while kept and not kept[-1].strip() and end < len(lines):
        kept.pop()
    new = [f"{json.dumps(name) if table else name} = {_toml(value)}" for name, value in values.items()]
    return [*lines[:start], *kept, *new, *([""] if end < len(lines) else []), *lines[end:]]


def _says(text: str, values: Mapping[str, object], table: str) -> bool:
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    within = read.get(table, {}) if table else read
    return all(name in within and within[name] == value for name, value in values.items())


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def presets() -> dict[str, Path]:
    """The presets that ship, by name."""
    return {path.stem: path for path in sorted(beside("config/presets").glob("*.toml"))}
