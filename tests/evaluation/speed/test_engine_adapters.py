"""Our own engines as the bench sees them."""

import pytest

from livecomposer.engine import native
from livecomposer.errors import EngineError
from livecomposer.evaluation.speed import engine_adapters as contenders
from tests.model.networks import random_decoder


@pytest.mark.parametrize("make", [contenders.eager, contenders.native_ones])
def test_an_engine_holds_takes_in_and_reads(make):
    """Each takes in ids one at a time behind those that it holds, and says what it is."""
    for contender in make(random_decoder(), 1):
        contender.hold([1, 2, 3])
        assert 4 == len(contender.take_in([4, 5, 6, 7]))
        assert contender.engine.position == 7
        contender.read_weights()
        assert {"backend", "precision", "params", "weights_mib"} <= contender.facts.keys()


def test_without_the_compiled_engine_there_is_a_reason(monkeypatch):
    """It is told what to install."""
    monkeypatch.setattr(native, "available", lambda: False)
    with pytest.raises(EngineError, match="C compiler"):
        next(contenders.native_ones(random_decoder(), 1))
