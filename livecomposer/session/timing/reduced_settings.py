"""What the performer asks for, less what the instrument must give up meanwhile: all settings pass here. Pure."""

from collections.abc import Callable

from livecomposer.settings import Settings, changed

__all__ = ["ReducedSettings"]

_GIVEN_UP = ("plan_ahead", "input_duration")


class ReducedSettings:
    """``apply`` is given each change, the first settings included; where it raises, nothing has changed.

    Whoever asks for what, by whatever means, what is played with is what :meth:`_afforded` leaves of it.
    """

    def __init__(self, settings: Settings, apply: Callable[[Settings], None]) -> None:
        self._began = settings
        self.asked = settings
        """What the performer wants."""
        self._apply = apply
        self._most: dict[str, float] = {}

    def ask(self, settings: Settings) -> None:
        """The performer wants to play with ``settings``."""
        self._apply(self._afforded(settings, self._most))
        self.asked = settings

    def adapt(self, settings: Settings) -> None:
        """The ladder gives up what ``settings`` have less of than at the beginning; all else is the performer's."""
        given_up = {name: getattr(settings, name) for name in _GIVEN_UP}
        most = {name: value for name, value in given_up.items() if value < getattr(self._began, name)}
        self._apply(self._afforded(self.asked, most))
        self._most = most

    @staticmethod
    def _afforded(asked: Settings, most: dict[str, float]) -> Settings:
        return changed(asked, {name: min(getattr(asked, name), value) for name, value in most.items()})
