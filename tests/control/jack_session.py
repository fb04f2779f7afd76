"""A performance with its hands, as a program, which prints the creative risk of each token drawn, as it changes.

python jack_session.py MODEL CONFIG RECORD OSC: virtual ports on JACK; lines of what is told on standard error.
"""

import asyncio
import sys
from pathlib import Path

from livecomposer.control.surfaces.frontends import frontends_of
from livecomposer.engine.client import EngineClient
from livecomposer.session.lifecycle import perform
from livecomposer.settings import load


class Spied:
    """The engine's ``step``, which says what it is asked for."""

    def __init__(self, step):
        self._step = step
        self._last = 0.0

    async def ask(self, engine, mask, sampling, *more, **named):
        """As ``step``."""
        if sampling.creative_risk != self._last:
            self._last = sampling.creative_risk
            print(self._last, flush=True)
        return await self._step(engine, mask, sampling, *more, **named)


def main() -> None:
    """Play until told to stop."""
    model, config, record, osc = sys.argv[1:]
    spied = Spied(EngineClient.step)
    EngineClient.step = lambda *asked, **named: spied.ask(*asked, **named)  # noqa: PLW0108  # binds the engine
    settings = load(Path(config), environment={}, options={"model": model, "osc": osc})
    frontends = frontends_of(settings, config=Path(config), notify=notify)
    asyncio.run(perform(settings, seed=1, record=Path(record), frontends=frontends, notify=notify))


def notify(line: str) -> None:
    """Say it at once."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
