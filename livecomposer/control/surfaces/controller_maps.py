"""Maps of controllers: the ones that ship, the performer's own, and which of them are in force.

A map is a TOML file: ``ports``, parts of the names that its ports go by, and the table ``[controls]`` of
:mod:`livecomposer.control.surfaces.bindings`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from livecomposer.control.surfaces.bindings import Address, Controls, Layer, layer_of
from livecomposer.errors import SettingError
from livecomposer.places import beside, own
from livecomposer.settings import Settings
from livecomposer.toml_files import named_files, read_toml

__all__ = ["DEFAULT", "ControllerMap", "chosen", "controls_of", "maps", "own_file", "read"]

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ControllerMap:
    """One controller: the file's name, parts of its ports' names, and what is bound."""

    name: str
    ports: tuple[str, ...]
    layer: Layer

    def is_at(self, port: str) -> bool:
        """Whether ``port`` is one of this controller's."""
        return any(part.casefold() in port.casefold() for part in self.ports)


def maps() -> dict[str, Path]:
    """The maps that ship, by name."""
    return named_files(beside("config/controllers"))


def read(path: Path) -> ControllerMap:
    """One map, or the controls in a file of settings; raises :class:`SettingError`."""
    content = read_toml(path, wanted="a map such as those in config/controllers/")
    ports = content.get("ports", [])
    if not isinstance(ports, list) or not all(isinstance(part, str) and part for part in ports):
        raise SettingError(f'{path}: ports = {ports!r}: wanted a list of parts of port names, ["nanoKONTROL2"]')
    return ControllerMap(path.stem, tuple(ports), layer_of(content.get("controls", {}), where=str(path)))


def chosen(wanted: str, inputs: Iterable[str]) -> ControllerMap:
    """The map called ``wanted``, or of a file; where none is wanted, that of the first input known, or the default.

    Raises :class:`SettingError`.
    """
    shipped = maps()
    if wanted.endswith(".toml"):
        return read(Path(wanted))
    if wanted:
        if wanted not in shipped:
            raise SettingError(f"controller = {wanted!r}: wanted one of {', '.join(shipped)}, or a FILE.toml")
        return read(shipped[wanted])
    known = [read(path) for name, path in shipped.items() if name != DEFAULT]
    found = next((one for port in inputs for one in known if one.is_at(port)), None)
    return found or read(shipped[DEFAULT])


def own_file(config: Path | None) -> Path:
    """Where bindings that are learned are kept: the file of settings that was given, or the performer's own."""
    return config or own("controls.toml")


def controls_of(
    controller: ControllerMap, settings: Settings, *, config: Path | None, preset: Path | None = None
) -> Controls:
    """What is bound: the controller's map, over it those of ``preset``, the performer's own, and those in ``config``.

    What ``settings.trigger`` names stays the trigger's, unless ``config`` says otherwise. Raises
    :class:`SettingError`.
    """
    layers: list[Layer] = [controller.layer]
    if preset is not None:
        layers.append(read(preset).layer)
    if (mine := own_file(None)).exists():
        layers.append(read(mine).layer)
    layers.append(_trigger_of(settings.trigger))
    if config is not None:
        layers.append(read(config).layer)
    return Controls(layers)


def _trigger_of(trigger: str) -> Layer:
    kind, _, number = trigger.strip().partition(":")
    kinds = {"cc": "cc", "pedal": "cc", "key": "note"}
    return {Address(kinds[kind], int(number)): None} if kind in kinds and number.isdigit() else {}
