"""What the commands do to a session that plays: its actions, its switches, its settings. In the loop's thread."""

from collections.abc import Callable
from pathlib import Path

from livecomposer.companion.companion import Companion
from livecomposer.errors import SettingError
from livecomposer.session.session import Session
from livecomposer.settings import Settings
from livecomposer.takes.folder import kept

__all__ = ["Actions"]


class Actions:
    """Done to ``session`` and its ``companion``; ``take`` is the journal of this take, where there is one."""

    def __init__(
        self, session: Session, companion: Companion, *, take: Path | None, notify: Callable[[str], None]
    ) -> None:
        self._session = session
        self._companion = companion
        self._take = take
        self._notify = notify

    def adapt(self, settings: Settings) -> None:
        """Play with ``settings`` from the next token on; raises :class:`SettingError`, and then nothing has changed."""
        self._session.adapt(settings)

    def act(self, name: str) -> None:
        """Do one of the actions of :mod:`.commands.table`; ``panic`` is done by :meth:`.Session.panic`."""
        session, companion = self._session, self._companion
        now, turns = session.now(), companion.turns
        match name:
            case "yield" if companion.playing:
                companion.give_way(now)
                session.take_back(now, "asked to yield")
            case "undo" | "reroll":
                done = companion.undo(now) if name == "undo" else companion.reroll(now)
                session.take_back(now, name) if done else self._notify(f"{name}: there is no turn to take back")
            case "trigger" if not companion.trigger(now) and not companion.playing:
                self._begin(now)
            case "begin":
                self._begin(now)
            case "keep":
                self._notify(f"keep: {kept(companion.exchange, now, beside=self._take)}")
        session.notice_turn(turns)
        session.wake()

    def switch(self, name: str, *, on: bool) -> None:
        """Turn something on or off; raises :class:`SettingError` where there is nothing to go round."""
        now = self._session.now()
        match name:
            case "mute":
                self._session.mute(now, on=on)
            case "freeze":
                self._companion.freeze(now, on=on)
            case "loop" if on:
                self._begin_loop(now)
            case "loop":
                self._session.loop_playback.end(now)
        self._session.wake()

    def _begin(self, now: float) -> None:
        if self._companion.begin(now):
            self._session.take_back(now, "a piece begins")
        else:
            self._notify("begin: a partner by rule plays until the engine is back; try again then")

    def _begin_loop(self, now: float) -> None:
        exchange, beats = self._companion.exchange, self._companion.pulse(now)
        parts = {} if exchange is None else exchange.parts(now)
        if not self._session.loop_playback.begin(parts, now=now, beats=beats):
            raise SettingError("loop: nothing was played together yet; wait for the companion's first turn")
