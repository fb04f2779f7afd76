"""What the rooms find on this machine, as facts, for ``doctor`` and ``ports``."""

from livecomposer.errors import LivecomposerError
from livecomposer.session.weights import model_folder

__all__ = ["audio_found", "midi_ports", "model_found", "soundfont_found"]


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


def model_found(wanted: str) -> str:
    """Folder and shape of the weights that would play; raises :class:`LivecomposerError`."""
    import json

    folder = model_folder(wanted)
    try:
        shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))["shape"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LivecomposerError(f"{folder}: damaged config.json ({error}); copy the checkpoint again") from error
    return f"{folder} ({shape['layers']} layers of {shape['width']}, window {shape['window']})"
