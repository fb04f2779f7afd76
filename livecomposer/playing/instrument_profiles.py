"""Profiles of instruments: those that ship, and the performer's own, by name or by the output's."""

from collections.abc import Callable, Iterable
from pathlib import Path

from livecomposer.errors import SettingError
from livecomposer.places import beside, own
from livecomposer.playing.device import Device
from livecomposer.toml_files import named_files, read_toml

__all__ = ["device_of", "profile"]


def device_of(
    wanted: str,
    outputs: Iterable[str],
    *,
    folders: Iterable[Path] | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Device:
    """The profile called ``wanted`` (or in that file), or the first that is for one of ``outputs``; else a plain one.

    ``folders``: where profiles are, the performer's own before those that ship. ``off`` is the plain one. What is
    found is told; it holds for all outputs, whose messages are sent at one moment. Raises :class:`SettingError` for a
    profile that is not there or cannot be read.
    """
    found: dict[str, Path] = {}
    names = tuple(outputs)
    for folder in (own("devices"), beside("config/devices")) if folders is None else folders:
        found = named_files(folder) | found
    device = Device() if wanted == "off" else _named(wanted, found) if wanted else _fitting(found, names)
    if device.needs:
        notify(f"{device.describe()}{'; so are all outputs, by this one profile' if len(names) > 1 else ''}")
    return device


def profile(path: Path) -> Device:
    """The profile in a file; raises :class:`SettingError`."""
    return Device.parse(read_toml(path, wanted="a profile such as those in config/devices/"), name=path.stem)


def _named(wanted: str, found: dict[str, Path]) -> Device:
    path = Path(wanted) if wanted.endswith(".toml") else found.get(wanted)
    if path is None:
        raise SettingError(f"output_profile = {wanted!r}; wanted off, a FILE.toml or one of: {', '.join(found)}")
    return profile(path)


def _fitting(found: dict[str, Path], outputs: Iterable[str]) -> Device:
    known = [profile(path) for path in found.values()]
    fits = (each for name in outputs for each in known if each.port and each.port.casefold() in name.casefold())
    return next(fits, Device())
