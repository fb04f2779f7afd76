"""Engines' processes, opened in one way."""

import pytest

from livecomposer.errors import CheckpointError, EngineError
from livecomposer.session.engines import Engines, engine_line
from livecomposer.settings import Settings, changed
from tests.session.minds import tiny_checkpoint


def test_what_computes_is_one_line():
    """With what would be better, where something would."""
    assert "engine native, int8" == engine_line({"backend": "native", "precision": "int8"})
    line = engine_line({"backend": "eager", "precision": "float32", "remedy": "apt install g++"})
    assert "engine eager, float32, apt install g++" == line


async def test_all_that_were_opened_are_closed_at_the_end(tmp_path):
    """The latest is known, and a closed engine answers no more."""
    async with Engines(changed(Settings(), {"mode": "accompany"})) as engines:
        one = await engines.open(str(tiny_checkpoint(tmp_path / "tiny")))
        assert engines.latest is one
        assert one.hello["backend"]
        await one.feed([1, 2, 3])
    with pytest.raises(EngineError):
        await one.feed([1, 2, 3, 4])


async def test_a_folder_without_weights_is_refused_before_a_process_is_started(tmp_path):
    """By the line that names it."""
    async with Engines(Settings()) as engines:
        with pytest.raises(CheckpointError, match="no checkpoint there"):
            await engines.open(str(tmp_path))
        assert engines.latest is None
