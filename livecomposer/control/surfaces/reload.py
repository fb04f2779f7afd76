"""SIGHUP reads the file of settings again, while music plays: what may change then changes, through the dispatcher.

So do the bindings in it, and whatever else frontends reread.
Only what is another in the file than when it was last read: a knob that was turned meanwhile keeps its place.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict

from livecomposer.errors import SettingError
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.session.commands.frontend_api import Frontend, FrontendApi
from livecomposer.session.commands.table import COMMANDS
from livecomposer.settings import Settings

__all__ = ["apply", "reloading"]

_SOURCE = "config"


def reloading(reread: Callable[[], Settings], settings: Settings) -> Frontend:
    """``settings``: as they were read last; ``reread`` may raise :class:`SettingError`, which is told.

    Where SIGHUP is ignored (nohup) it stays so. It still ends a session whose terminal was closed.
    """

    @asynccontextmanager
    async def hand(api: FrontendApi) -> AsyncIterator[None]:
        last, had_terminal = settings, _terminal()

        def reload() -> None:
            nonlocal last
            if had_terminal and not _terminal():
                os.kill(os.getpid(), signal.SIGTERM)
                return
            try:
                before, last = last, reread()
            except SettingError as error:
                api.notify(f"settings not read again: {error}")
                return
            for line in (*apply(api.dispatcher, before, last), *(reread() for reread in api.rereads)):
                if line:
                    api.notify(line)

        loop = asyncio.get_running_loop()
        if not hasattr(signal, "SIGHUP") or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            yield
            return
        try:
            loop.add_signal_handler(signal.SIGHUP, reload)
        except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
            yield
            return
        try:
            yield
        finally:
            loop.add_signal_handler(signal.SIGHUP, lambda: None)  # whoever stops on signals takes it away

    return hand


def apply(dispatcher: Dispatcher, before: Settings, after: Settings) -> list[str]:
    """Do at ``dispatcher`` what is another in ``after``; one line on what was done, and one on what was not."""
    was = asdict(before)
    new = {name: value for name, value in asdict(after).items() if value != was[name]}
    waiting = {name: value for name, value in new.items() if name in COMMANDS}
    refused: dict[str, str] = {}
    for _ in range(2):  # the lowest pitch may have to wait for the highest
        refused = {}
        for name, value in waiting.items():
            try:
                dispatcher.do(name, value, source=_SOURCE)
            except SettingError as error:
                refused[name] = str(error)
        waiting = {name: new[name] for name in refused}
    done = [f"{name} = {value}" for name, value in new.items() if name in COMMANDS and name not in refused]
    late = [name for name in new if name not in COMMANDS]
    return [
        f"settings read again: {', '.join(done) or 'nothing to change now'}",
        *refused.values(),
        *([f"needs a restart: {', '.join(late)}"] if late else []),
    ]


def _terminal() -> bool:
    try:
        return os.isatty(sys.stderr.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        return False
