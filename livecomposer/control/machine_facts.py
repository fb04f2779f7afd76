"""What the rooms and the machine offer, as facts, for ``doctor`` and ``ports``."""

import os
import sys
import time
from importlib import metadata
from pathlib import Path

from livecomposer.errors import EngineError, LivecomposerError
from livecomposer.model.card import name_of, read_card
from livecomposer.weights.checkpoint_folder import model_folder

__all__ = [
    "audio_found",
    "clock_resolution",
    "engine_found",
    "folder_found",
    "midi_ports",
    "model_found",
    "package_found",
    "python_found",
    "soundfont_found",
    "threads_found",
]


def python_found() -> tuple[int, int, int]:
    """Version of the Python that runs."""
    return sys.version_info[:3]


def package_found(name: str) -> str:
    """Version of an installed package; it is not imported. Raises :class:`LivecomposerError`."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError as error:
        raise LivecomposerError("not installed") from error


def threads_found() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def clock_resolution() -> float:
    """Seconds that the session's clock can tell apart."""
    return time.get_clock_info("perf_counter").resolution


def folder_found(folder: Path) -> str:
    """Where sessions would be kept; raises :class:`LivecomposerError` where nothing can be written."""
    nearest = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise LivecomposerError(f"{nearest}: cannot be written to")
    return str(folder.absolute())


def midi_ports() -> dict[str, list[str]]:
    """Names of the usable MIDI systems (``apis``), and of the ``inputs`` and ``outputs`` they offer."""
    from livecomposer.midi import ports

    return {"apis": ports.apis(), "inputs": ports.inputs(), "outputs": ports.outputs()}


def soundfont_found(wanted: str) -> str:
    """Path of the SoundFont that would sound; raises :class:`SoundError`."""
    from livecomposer.playing.soundfonts import find_soundfont

    return str(find_soundfont(wanted))


def audio_found(audio: str, device: str) -> str:
    """Name of the synthesiser that would play, opened and closed once; raises :class:`SoundError`."""
    from livecomposer.playing.synth import open_synth

    synth = open_synth(audio=audio, audio_device=device)
    try:
        return f"{synth.name}, latency {1000 * synth.latency:.0f} ms"
    finally:
        synth.close()


def engine_found() -> str:
    """The compiled engine and its instructions; raises :class:`EngineError` where there is none."""
    from livecomposer.engine.library import available, instructions

    if not available():
        raise EngineError("not compiled; PyTorch computes instead, several times slower")
    return f"compiled, {instructions()}"


def model_found(wanted: str) -> str:
    """Name, folder and shape of the weights that would play; raises :class:`LivecomposerError`."""
    folder = model_folder(wanted)
    shape = read_card(folder).get("shape", {})
    try:
        return f"{name_of(folder)}: {folder} ({shape['layers']} layers of {shape['width']}, window {shape['window']})"
    except (KeyError, TypeError) as error:
        raise LivecomposerError(f"{folder}: damaged config.json ({error}); copy the checkpoint again") from error
