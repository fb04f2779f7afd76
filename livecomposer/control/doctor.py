"""What was found, what is missing, what to type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from livecomposer.control import machine_facts as probe
from livecomposer.errors import LivecomposerError
from livecomposer.settings import Settings

__all__ = ["Check", "Facts", "checks", "report"]

_NEEDED = ("torch", "numpy", "mido", "python-rtmidi", "safetensors", "msgpack")
_OPTIONAL = ("pyfluidsynth", "sounddevice", "matplotlib")
_OLDEST_PYTHON = (3, 11)
_COARSEST_CLOCK = 1e-3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``ok`` is false only where ``jam`` could not run; ``remedy`` is empty where all is well."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


class Facts(Protocol):
    """Where the facts come from: :mod:`livecomposer.control.machine_facts`, or a made-up machine.

    What is not to be had is a :class:`LivecomposerError`.
    """

    def python_found(self) -> tuple[int, int, int]:
        """Version of Python."""
        ...

    def package_found(self, name: str, /) -> str:
        """Version of a package."""
        ...

    def engine_found(self) -> str:
        """The engine that would compute."""
        ...

    def model_found(self, wanted: str, /) -> str:
        """The weights that would play."""
        ...

    def soundfont_found(self, wanted: str, /) -> str:
        """The SoundFont that would sound."""
        ...

    def audio_found(self, audio: str, device: str, /) -> str:
        """What would carry the sound."""
        ...

    def midi_ports(self) -> dict[str, list[str]]:
        """``apis``, ``inputs`` and ``outputs``."""
        ...

    def folder_found(self, folder: Path, /) -> str:
        """A folder that can be written to."""
        ...

    def threads_found(self) -> int:
        """How many processors there are."""
        ...

    def clock_resolution(self) -> float:
        """Seconds the clock can tell apart."""
        ...


def checks(settings: Settings, *, facts: Facts = probe, takes: Path = Path("takes")) -> list[Check]:
    """Look at everything that ``jam`` would need with these settings, and at what it would use."""
    model = "reinstall, or name a checkpoint with --model PATH"
    compiler = "install a C compiler (apt install gcc libc6-dev, or xcode-select --install), then livecomposer again"
    font = "apt install timgm6mb-soundfont, or --soundfont FILE.sf2"
    sound = "connect an audio device, or play to a MIDI port: --output PORT; without either, sessions end in a WAV file"
    rows = [_python(facts.python_found())]
    rows += [_package(facts, name, needed=name in _NEEDED) for name in (*_NEEDED, *_OPTIONAL)]
    rows += [
        _looked("weights", lambda: facts.model_found(settings.model), remedy=model, needed=True),
        _looked("engine", facts.engine_found, remedy=compiler),
        _looked("soundfont", lambda: facts.soundfont_found(settings.soundfont), remedy=font),
        _looked("sound", lambda: facts.audio_found(settings.audio, settings.audio_device), remedy=sound),
    ]
    rows += _midi(facts.midi_ports())
    keep = "go to a folder of your own, or: livecomposer jam --record DIR"
    rows.append(_looked("takes", lambda: facts.folder_found(takes), remedy=keep, needed=True))
    return [*rows, _threads(facts.threads_found(), settings.threads), _clock(facts.clock_resolution())]


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


def _python(version: tuple[int, int, int]) -> Check:
    ok = version >= _OLDEST_PYTHON
    return Check(
        "python", ok, ".".join(map(str, version)), "" if ok else "install Python 3.11 or later, then: make setup"
    )


def _package(facts: Facts, name: str, *, needed: bool) -> Check:
    return _looked(name, lambda: facts.package_found(name), remedy=f"pip install {name}", needed=needed)


def _looked(name: str, look: Callable[[], str], *, remedy: str, needed: bool = False) -> Check:
    try:
        return Check(name, ok=True, found=look())
    except LivecomposerError as error:
        return Check(name, ok=not needed, found=" ".join(str(error).split()), remedy=remedy)


def _midi(ports: dict[str, list[str]]) -> list[Check]:
    apis = ", ".join(ports["apis"])
    start = "start a JACK server (jackd -d alsa) or type: modprobe snd-seq; files can play without either"
    rows = [Check("midi", ok=True, found=apis or "no usable MIDI system", remedy="" if apis else start)]
    for kind in ("inputs", "outputs"):
        names = ", ".join(ports[kind])
        hint = "" if names or kind == "outputs" else "connect a keyboard, or use --input virtual or --input FILE.mid"
        rows.append(Check(f"midi {kind}", ok=True, found=names or "none", remedy=hint))
    return rows


def _threads(there: int, wanted: int) -> Check:
    remedy = f"more threads than processors slow the engine down: --threads {there}" if wanted > there else ""
    return Check("processors", ok=True, found=f"{there}, of which the engine takes {wanted}", remedy=remedy)


def _clock(resolution: float) -> Check:
    remedy = (
        "notes will be late by so much; close what runs in a virtual machine" if resolution > _COARSEST_CLOCK else ""
    )
    return Check("clock", ok=True, found=f"tells apart {1e6 * resolution:.3g} µs", remedy=remedy)
