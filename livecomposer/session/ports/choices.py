"""What there is to choose from while music plays: ports, models, SoundFonts, as pairs of a value and its words."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from livecomposer.errors import SoundError
from livecomposer.midi.port_watcher import Offer
from livecomposer.midi.ports import VIRTUAL
from livecomposer.model.card import name_of
from livecomposer.playing.soundfonts import all_soundfonts, find_soundfont
from livecomposer.settings import Settings
from livecomposer.weights.checkpoint_folder import model_folder

__all__ = ["Option", "choices", "known_models"]

Option = tuple[str, str]
"""A value of the setting, and what it is called."""


def choices(offer: Offer, models: Iterable[str]) -> Mapping[str, list[Option]]:
    """By the setting's name, the default first; reads disks. ``models``: paths beside those that ship."""
    return {
        "input": [("", "any keyboard"), *_ports(offer.sources), (VIRTUAL, "virtual port")],
        "output": [
            ("", "virtual port and synthesiser"),
            ("synth", "synthesiser"),
            (VIRTUAL, "virtual port"),
            *_ports(offer.targets),
            ("none", "none"),
        ],
        "model": _models(models),
        "soundfont": [("", _default_font()), *((str(path), path.stem) for path in all_soundfonts())],
    }


def known_models(*settings: Settings) -> list[str]:
    """The models that any of ``settings`` name."""
    return [name for each in settings for name in (each.model, each.small_model)]


def _ports(offered: Iterable[tuple[str, str]]) -> list[Option]:
    return [(name, name) for name in sorted({name for _, name in offered})]


def _models(known: Iterable[str]) -> list[Option]:
    """Checkpoints that ship, and those that are known and there; each once, no two called the same."""
    ships = model_folder()
    found: dict[Path, Option] = {ships.resolve(): ("", name_of(ships))}
    shipped = sorted(path.parent for path in ships.parent.glob("*/config.json"))
    for folder in (*shipped, *(Path(name) for name in known if name)):
        if folder.resolve() not in found and (folder / "config.json").is_file():
            name = name_of(folder)
            taken = any(name == words for _, words in found.values())
            found[folder.resolve()] = (str(folder), f"{name} ({folder})" if taken else name)
    return list(found.values())


def _default_font() -> str:
    try:
        return f"best: {find_soundfont().stem}"
    except SoundError:
        return "none found"
