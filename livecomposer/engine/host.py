"""The engine's own process: ``python -m livecomposer.engine.host --model FOLDER``.

Reads requests from standard input, answers on what was standard output (which is redirected first, so that no stray
print can come between), and ends when its input does. A request that fails is answered with ``error``; the process
lives on. Ctrl-C is the parent's to handle.
"""

import argparse
import gc
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from livecomposer.engine import Engine
from livecomposer.engine.backends import PRECISIONS, open_engine
from livecomposer.engine.protocol import ALIVE, HEADER, pack, payload_length, unpack, unpack_mask
from livecomposer.errors import EngineError, LivecomposerError, one_line
from livecomposer.model import checkpoint
from livecomposer.model.sampling import MaskPolicy, Sampling

__all__ = ["Host", "main"]

_WARM_UP_CHUNKS = (1, 2, 5, 16, 64)
_CHUNKS_TRIED = 3


class Host:
    """Answers one request after the other. An id is drawn and sent before it is taken in, so that it is never late."""

    def __init__(self, engine: Engine, *, vocabulary: int, hello: dict[str, Any]) -> None:
        self.engine = engine
        self._vocabulary = vocabulary
        self._hello = hello
        self._ids: list[int] = []
        self._to_advance: int | None = None
        self._fed = False
        self._policy: MaskPolicy | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to one request; :meth:`after` must be called once it is sent."""
        try:
            match request.get("op"):
                case "hello":
                    return self._greet(request.get("policy"))
                case "feed":
                    return self._feed(request["keep"], request["ids"])
                case "step":
                    return self._step(request)
                case "mode":
                    return self._change_mode(request["mode"], request.get("policy"))
                case other:
                    return {"error": f"unknown request {other!r}"}
        except (ValueError, TypeError, KeyError, IndexError, RuntimeError, LivecomposerError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def _greet(self, policy: list[list[int]] | None) -> dict[str, Any]:
        if policy is not None:
            self._policy = self._checked(policy)
        return self._hello

    def _change_mode(self, mode: int, policy: list[list[int]] | None) -> dict[str, Any]:
        if type(mode) is not int or mode < 0:
            raise ValueError(f"mode {mode!r}; wanted a whole number of at least 0")
        spoken = None if policy is None else self._checked(policy)
        self._ids, self._fed, self._to_advance = [], False, None
        self.engine.set_mode(mode)
        self._policy = spoken
        return {"mode": mode}

    def _checked(self, policy: list[list[int]]) -> MaskPolicy:
        kinds, twins, (first, end) = (np.array(numbers, dtype=np.int64) for numbers in policy)
        if not len(kinds) == len(twins) == self._vocabulary or min(kinds.min(), twins.min()) < 0:
            raise ValueError(f"a mask policy of {len(kinds)} ids; wanted {self._vocabulary}")
        return MaskPolicy(kinds, twins, (int(first), int(end)))

    def after(self) -> None:
        """Do what the reply did not have to wait for."""
        if self._to_advance is not None:
            self.engine.advance(self._to_advance)
            self._to_advance = None

    def _feed(self, keep: int, ids: list[int]) -> dict[str, Any]:
        if not 0 <= keep <= len(self._ids):
            raise ValueError(f"keep {keep} of {len(self._ids)} ids")
        if ids and not 0 <= min(ids) <= max(ids) < self._vocabulary:
            raise ValueError(f"ids from {min(ids)} to {max(ids)}; wanted 0 to {self._vocabulary - 1}")
        began = time.perf_counter()
        wanted = self._ids[:keep] + ids
        self._fed = False  # until it succeeds: where it fails, the engine may hold anything
        computed = self.engine.feed(wanted)
        self._ids, self._fed = wanted, True
        return {"computed": computed, "seconds": time.perf_counter() - began}

    def _step(self, request: dict[str, Any]) -> dict[str, Any]:
        if not self._fed:
            raise ValueError("a step without a feed that succeeded; feed first")
        technique, threshold, creative_risk = request["sampling"]
        sampling = Sampling(technique=technique, threshold=threshold, creative_risk=creative_risk)
        mask = unpack_mask(request["mask"], self._vocabulary)
        id_ = self.engine.draw(mask, sampling, request["chance"], self._policy)
        self._to_advance = id_
        self._ids.append(id_)
        return {"id": id_}


def serve(host: Host, requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer until the input ends, with signs of life; raises :class:`EngineError` for a frame that is none."""

    def say(message: dict[str, Any]) -> None:
        replies.write(pack(message))
        replies.flush()

    host.engine.beat = lambda: say(ALIVE)
    while len(header := requests.read(HEADER.size)) == HEADER.size:
        say(host.answer(unpack(requests.read(payload_length(header)))))
        host.after()


def main(arguments: list[str] | None = None) -> int:
    """Load the weights, warm up, serve."""
    parser = argparse.ArgumentParser(prog="livecomposer.engine.host", description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default=PRECISIONS[0], choices=PRECISIONS)
    parser.add_argument("--mode", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    torch.set_num_threads(options.threads)
    try:
        host = _load(options)
    except LivecomposerError as error:
        return _refuse(replies, {"error": str(error), "fatal": not isinstance(error, EngineError)})
    except (RuntimeError, AssertionError) as error:  # what PyTorch raises for a device that is not there, or too small
        reason = one_line(error)
        return _refuse(replies, {"error": f"device {options.device!r} does not work ({reason}); try --device cpu"})
    with suppress(BrokenPipeError):  # the parent died in between
        serve(host, requests, replies)
    return 0


def _refuse(replies: BinaryIO, reply: dict[str, Any]) -> int:
    replies.write(pack(reply))
    replies.flush()
    return 2


def _load(options: argparse.Namespace) -> Host:
    model = options.model
    config = checkpoint.describe(model)
    decoder = checkpoint.load(model)
    chosen = {name: getattr(options, name) for name in ("mode", "device", "precision", "threads")}
    engine, engine_facts = open_engine(decoder, **chosen)
    for count in _WARM_UP_CHUNKS:
        engine.feed([0] * count)
        engine.feed([1])
    chunk_seconds = _chunk_seconds(engine)
    gc.collect()
    gc.freeze()  # what is loaded stays; looking through it again would cost a note its time
    facts: dict[str, Any] = {key: config[key] for key in ("vocabulary", "shape", "training") if key in config}
    hello: dict[str, Any] = {"model": str(model), "pid": os.getpid(), "chunk_seconds": chunk_seconds}
    return Host(engine, vocabulary=decoder.shape.vocabulary, hello={**hello, **engine_facts, **facts})


def _chunk_seconds(engine: Engine) -> float:
    """How long this engine works, on this machine, without a sign of life (seconds): the shortest of a few tries."""
    tries = []
    for id_ in range(_CHUNKS_TRIED):
        began = time.perf_counter()
        engine.feed([id_] * engine.largest_chunk)
        tries.append(time.perf_counter() - began)
    return min(tries)


if __name__ == "__main__":
    raise SystemExit(main())
