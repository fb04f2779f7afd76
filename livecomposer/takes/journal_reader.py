"""What a journal has of its session: what it began with, and every call that drove it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livecomposer.errors import LivecomposerError
from livecomposer.settings import Settings, changed
from livecomposer.takes.call_log import Call, decoded
from livecomposer.takes.journal import FORMAT

__all__ = ["JournalContents", "read"]


@dataclass(frozen=True, slots=True)
class JournalContents:
    """What a journal has of its session. ``began``: seconds, on the session's own clock."""

    header: dict[str, Any]
    settings: Settings
    calls: tuple[Call, ...]
    broken: str = ""
    """Why the calls end before the session did, where they do."""

    @property
    def format(self) -> int:
        """As :data:`.journal.FORMAT` says."""
        return int(self.header.get("format", 1))

    @property
    def began(self) -> float:
        """The moment of the first call, in seconds."""
        return self.calls[0].moment if self.calls else 0.0


def read(journal: Path) -> JournalContents:
    """The calls of ``journal``, as far as they go; raises :class:`LivecomposerError` where it is no such journal."""
    try:
        lines = list(_lines(journal))
    except (OSError, UnicodeDecodeError) as error:
        raise LivecomposerError(f"{journal}: cannot be read ({error}); wanted a session's journal, .jsonl") from error
    header = lines[0] if lines else {}
    if "livecomposer" not in header or "settings" not in header:
        raise LivecomposerError(f"{journal}: no session's journal; wanted a file that jam --record has written")
    if type(header.get("seed")) is not int or not isinstance(header["settings"], dict):
        raise LivecomposerError(f"{journal}: without the seed or the settings that it was played with; it is damaged")
    if header.get("format", 1) not in range(1, FORMAT + 1):
        newer = f"format {header['format']!r}, wanted 1 to {FORMAT}"
        raise LivecomposerError(f"{journal}: {newer}; replay it with the version that it was played with")
    known = {name: value for name, value in header["settings"].items() if name in Settings.__dataclass_fields__}
    batches = [line for line in lines[1:] if "calls" in line]
    calls: list[Call] = []
    broken = ""
    for number, line in enumerate(batches):
        if line.get("n") != number:
            broken = f"line {number} of the calls is missing: the disk did not take it"
            break
        try:
            calls += decoded(line["calls"], since=line["at"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            broken = f"line {number} of the calls: {error}"
            break
    if not calls:
        raise LivecomposerError(
            f"{journal}: nothing in it to replay; it is of an older version, or of an empty session"
        )
    return JournalContents(header, changed(Settings(), known), tuple(calls), broken)


def _lines(journal: Path) -> Iterator[dict[str, Any]]:
    with journal.open(encoding="utf-8") as file:
        for line in file:
            try:
                found = json.loads(line)
            except ValueError:  # cut short by a crash
                continue
            if isinstance(found, dict):
                yield found
