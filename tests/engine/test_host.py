"""The process's loop, in this process."""

import io

import numpy as np
import pytest

from livecomposer.engine.cached import CachedEngine
from livecomposer.engine.eager import EagerEngine
from livecomposer.engine.host import Host, serve
from livecomposer.engine.protocol import ALIVE, HEADER, pack, pack_mask, payload_length, unpack
from livecomposer.engine.reference import ReferenceEngine
from livecomposer.errors import EngineError
from livecomposer.model.sampling import Sampling
from tests.model.networks import SMALL, random_decoder

DECODER = random_decoder()
MASK = np.ones(SMALL.vocabulary, dtype=bool)
STEP = {"op": "step", "mask": pack_mask(MASK), "sampling": ["random", 1.0, 1.0], "chance": 0.4}


@pytest.fixture
def host():
    """A host that knows nothing yet."""
    return Host(EagerEngine(DECODER), vocabulary=SMALL.vocabulary, hello={"model": "tiny"})


def drawn(ids, chance=0.4):
    """What the reference draws after ``ids``."""
    engine = ReferenceEngine(DECODER)
    engine.feed(ids)
    return engine.draw(MASK, Sampling(technique="random", threshold=1.0), chance)


def feed(host, keep, ids):
    """The reply to one feed."""
    return host.answer({"op": "feed", "keep": keep, "ids": ids})


def messages(replies):
    """All that was said, in order."""
    replies.seek(0)
    while header := replies.read(HEADER.size):
        yield unpack(replies.read(payload_length(header)))


def test_hello_is_what_it_was_given(host):
    """Hello tells what was loaded."""
    assert {"model": "tiny"} == host.answer({"op": "hello"})


def test_feed_and_step_go_hand_in_hand(host):
    """A drawn id is answered first and taken in after, so that a feed behind it computes only what is new."""
    assert feed(host, 0, [1, 2, 3])["computed"] == 3
    id_ = host.answer(STEP)["id"]
    assert drawn([1, 2, 3]) == id_
    host.after()
    last = host.answer(STEP)["id"]
    assert drawn([1, 2, 3, id_]) == last
    host.after()
    other = (last + 1) % SMALL.vocabulary
    assert feed(host, 4, [other])["computed"] == 1
    assert drawn([1, 2, 3, id_, other]) == host.answer(STEP)["id"]


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"op": "sing"},
        {"op": "feed"},
        {"op": "feed", "keep": 4, "ids": [1]},
        {"op": "feed", "keep": -1, "ids": [1]},
        {"op": "feed", "keep": 0, "ids": []},
        {"op": "feed", "keep": 3, "ids": [SMALL.vocabulary]},
        {"op": "feed", "keep": 3, "ids": [-1]},
        {"op": "feed", "keep": 3, "ids": ["x"]},
        {"op": "feed", "keep": 3, "ids": None},
        {"op": "step"},
        STEP | {"mask": b"\xff"},
        STEP | {"mask": pack_mask(~MASK)},
        STEP | {"sampling": ["beam", 1.0, 1.0]},
        STEP | {"sampling": ["random", 1.0, 0.0]},
        STEP | {"chance": "high"},
    ],
)
def test_a_request_that_fails_changes_nothing(host, request_):
    """Every bad request is answered with an error, after which the host goes on from where it was."""
    feed(host, 0, [1, 2, 3])
    assert isinstance(host.answer(request_)["error"], str)
    host.after()
    assert feed(host, 3, [4])["computed"] == 1
    assert drawn([1, 2, 3, 4]) == host.answer(STEP)["id"]


class FailingOnce(EagerEngine):
    """An engine whose first long feed runs out of memory half-way."""

    failed = False

    def feed(self, ids):
        """Take in a part, then fail, once."""
        if len(ids) > 3 and not self.failed:
            self.failed = True
            super().feed(ids[:2])
            raise RuntimeError("out of memory")
        return super().feed(ids)


def test_no_id_is_drawn_from_half_a_feed():
    """After a feed that failed inside the engine, a step is refused until a feed succeeds."""
    host = Host(FailingOnce(DECODER), vocabulary=SMALL.vocabulary, hello={})
    assert "error" in host.answer(STEP)
    feed(host, 0, [1, 2, 3])
    assert "out of memory" in feed(host, 3, [4])["error"]
    assert "feed first" in host.answer(STEP)["error"]
    assert "computed" in feed(host, 3, [4])
    assert drawn([1, 2, 3, 4]) == host.answer(STEP)["id"]


def test_serve_answers_until_the_input_ends(host):
    """One reply a request, in order; half a header at the end is the end."""
    requests = [{"op": "hello"}, {"op": "feed", "keep": 0, "ids": [1]}, STEP, {"op": "sing"}]
    replies = io.BytesIO()
    serve(host, io.BytesIO(b"".join(map(pack, requests)) + b"\x01"), replies)
    told = [sorted(reply) for reply in messages(replies)]
    assert [["model"], ["computed", "seconds"], ["id"], ["error"]] == told


def test_a_long_feed_gives_signs_of_life(host):
    """Between its chunks, before the reply; a short one needs none."""
    requests = [{"op": "feed", "keep": 0, "ids": [1] * (2 * SMALL.window + 1)}, {"op": "feed", "keep": 1, "ids": [2]}]
    assert SMALL.window < CachedEngine.largest_chunk
    replies = io.BytesIO()
    serve(host, io.BytesIO(b"".join(map(pack, requests))), replies)
    assert [ALIVE, ALIVE, 2 * SMALL.window + 1, 1] == [said.get("computed", said) for said in messages(replies)]


def test_serve_gives_up_on_garbage(host):
    """When the two sides have lost each other, there is nothing to answer."""
    with pytest.raises(EngineError):
        serve(host, io.BytesIO(b"\xff" * 32), io.BytesIO())


def test_another_mode_forgets_everything(host):
    """A step is refused until it is fed again, and a mask policy must be of the vocabulary's size."""
    feed(host, 0, [1, 2, 3])
    assert {"mode": 1} == host.answer({"op": "mode", "mode": 1})
    assert "feed first" in host.answer(STEP)["error"]
    assert 3 == feed(host, 0, [1, 2, 3])["computed"]
    assert "a mask policy of 1 ids" in host.answer({"op": "mode", "mode": 0, "policy": [[0], [0], [0, 0]]})["error"]
    assert "mode -1" in host.answer({"op": "mode", "mode": -1})["error"]
