"""Which engine is chosen, and what is said of it."""

import pytest

from livecomposer.engine import native
from livecomposer.engine.backends import open_engine
from livecomposer.engine.eager import EagerEngine
from livecomposer.engine.gpt2 import Gpt2Engine
from livecomposer.engine.native import NativeEngine
from livecomposer.engine.recurrent import RecurrentEngine
from livecomposer.engine.variants import RebasingEngine, VariantEngine
from livecomposer.errors import EngineError
from tests.model.networks import GPT2, LSTM, VARIANTS, random_decoder


def test_the_compiled_engine_is_taken_where_it_is():
    """On a CPU the compiled engine computes in eight bits unless told otherwise."""
    engine, facts = open_engine(random_decoder(), device="cpu")
    assert isinstance(engine, NativeEngine)
    assert facts == {"backend": f"native ({native.instructions()})", "precision": "int8", "device": "cpu"}
    assert open_engine(random_decoder(), device="cpu", precision="float32")[1]["precision"] == "float32"


def test_without_it_pytorch_computes_and_says_what_to_do(monkeypatch):
    """Where nothing was compiled, the engine is PyTorch's, and a remedy is named."""
    monkeypatch.setattr(native, "available", lambda: False)
    engine, facts = open_engine(random_decoder(), device="cpu")
    assert isinstance(engine, EagerEngine)
    assert (facts["backend"], facts["precision"]) == ("eager", "float32")
    assert "C compiler" in facts["remedy"]


def test_no_compiled_part_is_an_error_where_it_is_asked_for(monkeypatch):
    """The compiled engine by name, where it is not, is refused in a sentence."""
    monkeypatch.setattr(native, "native_library", lambda: None)
    with pytest.raises(EngineError, match="install a C compiler"):
        NativeEngine(random_decoder())


@pytest.mark.parametrize(
    ("shape", "kind", "backend"),
    [
        (VARIANTS["relative"], VariantEngine, "eager relative"),
        (VARIANTS["xl"], VariantEngine, "eager xl"),
        (VARIANTS["alibi"], VariantEngine, "eager alibi"),
        (VARIANTS["absolute"], RebasingEngine, "eager absolute"),
        (LSTM, RecurrentEngine, "eager lstm"),
        (GPT2, Gpt2Engine, "eager gpt2"),
    ],
)
def test_every_other_network_is_played_by_pytorch(shape, kind, backend):
    """What the compiled engine does not know plays all the same, and the facts say what it is."""
    engine, facts = open_engine(random_decoder(shape), device="cpu")
    assert kind is type(engine)
    assert {"backend": backend, "precision": "float32", "device": "cpu"} == facts
    assert 3 == engine.feed([1, 2, 3])
