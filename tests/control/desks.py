"""A desk over an instrument that only remembers what it was asked."""

from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.settings import Settings


class FakeInstrument:
    """Plays nothing; ``done`` is what it was asked, in order."""

    def __init__(self):
        self.done = []

    def act(self, name):
        """Remember the action."""
        self.done.append(name)

    def switch(self, name, *, on):
        """Remember the switch."""
        self.done.append((name, on))

    def adapt(self, settings):
        """Remember the settings."""
        self.done.append(settings)


class NotedDesk(Dispatcher):
    """A desk whose ``noted`` is what the journal would be told; panics are noted too."""

    def __init__(self, settings=None):
        self.noted = []
        self.panics = 0
        super().__init__(
            FakeInstrument(), settings or Settings(), panic=self.panic, note=lambda *what: self.noted.append(what)
        )

    def panic(self):
        """Count it."""
        self.panics += 1
