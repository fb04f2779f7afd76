"""What may be typed, as a page to read: every command of the command line with its options, for docs/commands.md."""

import argparse
from collections.abc import Iterable, Mapping

__all__ = ["help_pages"]

_SETTINGS = "settings"
"""What the command line calls the group of options that are settings."""


def help_pages(parser: argparse.ArgumentParser) -> str:
    """What ``--help`` says of each command of ``parser``. A setting is explained at the first command that has it."""
    explained: set[str] = set()
    pages = []
    for name, command in _commands_of(parser).items():
        own, settings = _options_of(command)
        pages.append(_page(name, command.description or "", own, settings, explained))
        explained |= settings.keys()
    return "\n".join(pages)


def _page(
    name: str,
    meaning: str,
    own: Iterable[argparse.Action],
    settings: Mapping[str, argparse.Action],
    explained: set[str],
) -> str:
    usage = " ".join(["livecomposer", name, *(_spelled(one)[-1] for one in own if one.required)])
    fresh = [one for option, one in settings.items() if option not in explained]
    parts = [
        f"### {name}",
        meaning,
        f"```\n{usage}\n```",
        _table([one for one in own if one.help]),
        _table(fresh),
        _listed([option for option in settings if option in explained], explained),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(options: Iterable[argparse.Action]) -> str:
    lines = [f"| {', '.join(f'`{name}`' for name in _spelled(one))} | {one.help} |" for one in options]
    return "\n".join(["| option | |", "|---|---|", *lines]) if lines else ""


def _listed(known: list[str], explained: set[str]) -> str:
    if not known:
        return ""
    if len(known) == len(explained):
        return "Settings: all of those above."
    return f"Settings that are explained above: {', '.join(f'`{option}`' for option in known)}."


def _spelled(option: argparse.Action) -> list[str]:
    """Every way to write it, with what it takes; the longest last."""
    choices = "{" + ",".join(map(str, option.choices)) + "}" if option.choices else ""
    takes = "" if option.nargs == 0 else str(option.metavar or choices or option.dest.upper())
    return [f"{name} {takes}".strip() for name in sorted(option.option_strings, key=len)] or [takes]


def _commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """By name. argparse tells neither these nor the options of each in public."""
    found = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001
    return dict(found.choices)


def _options_of(parser: argparse.ArgumentParser) -> tuple[list[argparse.Action], dict[str, argparse.Action]]:
    """Its own, but for ``--help``, and by their names those that are settings."""
    own, settings = [], {}
    for group in parser._action_groups:  # noqa: SLF001
        for one in group._group_actions:  # noqa: SLF001
            if group.title == _SETTINGS:
                settings[one.option_strings[0]] = one
            elif not isinstance(one, argparse._HelpAction):  # noqa: SLF001
                own.append(one)
    return own, settings
