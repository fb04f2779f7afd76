"""The default configuration as text, made from the table of settings; and the presets that ship."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from livecomposer.atomic_write import atomic_write
from livecomposer.errors import SettingError
from livecomposer.places import beside
from livecomposer.settings import Settings, load, meaning_of
from livecomposer.toml_files import named_files

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


def saved(
    path: Path, values: Mapping[str, object], *, table: str = "", without: Callable[[str], bool] = lambda _: False
) -> None:
    """Put values into a TOML file of settings, in place of those it has; all else in it stays, comments included.

    They go to its top, or into its ``table``, of which the names go that are to be ``without``. A file that is not
    there is made. Raises :class:`SettingError` for a file that is no such file, or cannot be written: then it stays as
    it was.
    """
    text = _edited(_text_of(path), values, table, without)
    try:
        with atomic_write(path.resolve()) as partial:  # it may be a link into a folder of the performer's
            partial.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingError(f"{path}: cannot be written ({error.strerror}); name another file") from error


def _text_of(path: Path) -> str:
    if not path.exists():
        return ""
    load(path, environment={})
    return path.read_text(encoding="utf-8").removesuffix("\n") + "\n"


def _edited(text: str, values: Mapping[str, object], table: str, without: Callable[[str], bool]) -> str:
    import tomlkit  # late, as all that only some commands need

    edited = tomlkit.parse(text)
    if table and table not in edited:
        edited[table] = tomlkit.table()
    within: Any = edited[table] if table else edited
    for name in list(filter(without, within)):
        del within[name]
    within.update(values)
    return edited.as_string()


def presets() -> dict[str, Path]:
    """The presets that ship, by name."""
    return named_files(beside("config/presets"))
