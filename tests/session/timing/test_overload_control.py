"""The ladder in a session that is written down here."""

import pytest

from livecomposer.errors import CheckpointError
from livecomposer.session.timing.overload_control import OverloadControl
from livecomposer.session.timing.overload_ladder import BAD_IN_A_ROW, GOOD_IN_A_ROW, Load, OverloadLadder
from livecomposer.settings import Settings, changed
from livecomposer.weights.checkpoint_folder import model_folder

MODEL_ALONE = changed(Settings(), {"plan_ahead": 0.5, "input_duration": 1.0, "small_model": "small"})


class SessionDouble:
    """Settings and session at once: remembers what it is told; an engine is the name of its model."""

    def __init__(self, settings, *, absent=()):
        self.settings = settings
        self.lines = []
        self.engine = settings.model
        self.absent = set(absent)
        self.load = Load(horizon=0.03)
        self.overload = OverloadControl(OverloadLadder(settings), self.load, self, self, open_engine=self.open_engine)

    def adapt(self, settings):
        self.settings = settings

    def announce(self, line):
        self.lines.append(line)

    async def open_engine(self, model):
        if model in self.absent:
            raise CheckpointError(f"{model}: no checkpoint there")
        return model

    async def play_with(self, engine):
        self.engine = engine

    async def windows(self, count, *, good):
        """So many windows, all good or all bad."""
        for _ in range(count):
            for _ in range(10):
                self.load.stepped(0.0, seconds=0.001, before=0.0, reached=1.0 if good else 0.0)
            await self.overload.look()


async def test_what_is_given_up_reaches_the_companion_and_is_told():
    """One line, and other settings."""
    session = SessionDouble(Settings())
    await session.windows(BAD_IN_A_ROW, good=False)
    assert 0.5 == session.settings.plan_ahead
    assert ["the engine is behind: the companion plans 0.5 s ahead"] == session.lines


async def test_the_smaller_model_plays_and_gives_its_place_back():
    """Each time the performer is told."""
    session = SessionDouble(MODEL_ALONE)
    await session.windows(BAD_IN_A_ROW, good=False)
    assert "small" == session.engine
    await session.windows(GOOD_IN_A_ROW, good=True)
    assert "" == session.engine
    assert 2 == len(session.lines)


@pytest.mark.parametrize(("absent", "good", "plays"), [("small", False, ""), ("", True, "small")])
async def test_a_model_that_does_not_come_up_is_told_and_the_other_plays_on(absent, good, plays):
    """Down or up: the settings say what really plays."""
    session = SessionDouble(MODEL_ALONE, absent={absent})
    await session.windows(BAD_IN_A_ROW, good=False)
    await session.windows(GOOD_IN_A_ROW if good else 0, good=True)
    assert (plays, plays) == (session.engine, session.settings.model)
    assert "no other model plays: " in session.lines[-1]


async def test_a_model_that_is_chosen_plays_and_is_the_one_that_comes_back():
    """The ladder falls back from it, and returns to it."""
    session = SessionDouble(MODEL_ALONE)
    shipped = str(model_folder())
    assert "the companion plays with small" == await session.overload.choose(shipped)
    assert shipped == session.engine
    await session.windows(BAD_IN_A_ROW, good=False)
    assert "small" == session.engine
    await session.windows(GOOD_IN_A_ROW, good=True)
    assert shipped == session.engine


async def test_a_chosen_model_that_does_not_load_changes_nothing():
    """Neither what plays nor what the ladder returns to."""
    session = SessionDouble(MODEL_ALONE, absent={"broken"})
    with pytest.raises(CheckpointError):
        await session.overload.choose("broken")
    await session.windows(BAD_IN_A_ROW, good=False)
    await session.windows(GOOD_IN_A_ROW, good=True)
    assert "" == session.engine
