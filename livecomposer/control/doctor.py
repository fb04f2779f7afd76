"""What was found, what is missing, what to type."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata

from livecomposer.errors import LivecomposerError
from livecomposer.session import probe
from livecomposer.settings import Settings

__all__ = ["Check", "checks", "report"]

_PACKAGES = ("torch", "numpy", "mido", "python-rtmidi", "safetensors", "msgpack")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``ok`` is false only where ``jam`` could not run; ``remedy`` is empty where all is well."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def checks(settings: Settings, *, found: Callable[[Settings], Sequence[Check]] | None = None) -> list[Check]:
    """Look at everything that ``jam`` would need with these settings."""
    return list((found or _look)(settings))


def report(rows: Sequence[Check]) -> str:
    """The checks as text, a line or two each."""
    lines = []
    for row in rows:
        mark = ("ok" if not row.remedy else "note") if row.ok else "MISSING"
        lines.append(f"{mark:8}{row.name}: {row.found}")
        if row.remedy:
            lines.append(f"{'':8}-> {row.remedy}")
    ready = all(row.ok for row in rows)
    lines.append("ready: livecomposer jam" if ready else "not ready: mend what is MISSING, then ask again")
    return "\n".join(lines)


def _look(settings: Settings) -> list[Check]:
    version = platform.python_version()
    rows = [Check("python", version >= "3.11", version)]
    rows += [_package(name) for name in _PACKAGES]
    model = "reinstall, or name a checkpoint with --model PATH"
    rows.append(_probed("weights", lambda: probe.model_found(settings.model), remedy=model, needed=True))
    font = "apt install timgm6mb-soundfont, or --soundfont FILE.sf2"
    rows.append(_probed("soundfont", lambda: probe.soundfont_found(settings.soundfont), remedy=font))
    sound = "connect an audio device, or play to a MIDI port: --output PORT"
    rows.append(_probed("sound", lambda: probe.audio_found(settings.audio, settings.audio_device), remedy=sound))
    return rows + _midi(probe.midi_ports())


def _package(name: str) -> Check:
    try:
        return Check(name, ok=True, found=metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(name, ok=False, found="not installed", remedy=f"pip install {name}")


def _probed(name: str, look: Callable[[], str], *, remedy: str, needed: bool = False) -> Check:
    try:
        return Check(name, ok=True, found=look())
    except LivecomposerError as error:
        return Check(name, ok=not needed, found=str(error), remedy=remedy)


def _midi(ports: dict[str, list[str]]) -> list[Check]:
    apis = ", ".join(ports["apis"])
    start = "start a JACK server or load the snd-seq module; files can play without"
    rows = [Check("midi", ok=True, found=apis or "no usable MIDI system", remedy="" if apis else start)]
    for kind in ("inputs", "outputs"):
        names = ", ".join(ports[kind])
        hint = "" if names or kind == "outputs" else "connect a keyboard, or use --input virtual or --input FILE.mid"
        rows.append(Check(f"midi {kind}", ok=True, found=names or "none", remedy=hint))
    return rows
