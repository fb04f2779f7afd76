"""Engines of others, at the same shape and with fresh weights where ours cannot be loaded, to be measured beside ours.

Each raises :class:`EngineError` with the reason where it cannot run; their libraries are optional and imported late.
"""

import contextlib
import io
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from livecomposer.errors import EngineError, one_line
from livecomposer.evaluation.speed.engine_adapters import EngineAdapter, facts_of, read, timed
from livecomposer.model.decoder import Block, Decoder, rotary, rotate

__all__ = ["StaticStep", "compiled", "gpt2", "notochord"]

_SPARE = 32
"""Slots of a static cache beyond the context, for the tokens that are measured."""
_PIANO = 1
_PITCHES = range(21, 109)


class StaticStep:
    """One token through the decoder with a static cache and no Python loop over time: what a compiler likes best.

    ``run`` is :meth:`step`, or what a compiler made of it. Modes are not told apart.
    """

    def __init__(self, decoder: Decoder, run: Callable[..., Tensor] | None = None) -> None:
        self._decoder = decoder
        self._run = run or self.step
        self._blocks = [block for block in decoder.blocks if isinstance(block, Block)]
        self.hold(1)

    def hold(self, context: int) -> None:
        """As if ``context`` tokens had been taken in, zeros all of them: their values do not matter to the time."""
        shape, size = self._decoder.shape, context + _SPARE
        slots = (shape.heads, size, shape.head_width)
        self._keys, self._values = ([torch.zeros(slots) for _ in range(shape.layers)] for _ in range(2))
        self._turns = rotary(torch.arange(size), shape.head_width)
        growing = [*((tensor, 1) for tensor in (*self._keys, *self._values)), *((turn, 0) for turn in self._turns)]
        for tensor, dimension in growing:
            torch._dynamo.mark_dynamic(tensor, dimension)  # noqa: SLF001
        self.position = context

    @torch.no_grad()
    def take_in(self, id_: int) -> Tensor:
        """Logits (V,) after one more token, of at most 32 since :meth:`hold`."""
        where = torch.tensor([self.position])
        self.position += 1
        return self._run(torch.tensor([id_]), where, *self._turns, self._keys, self._values)

    def step(  # noqa: PLR0917 - what a compiler sees is tensors, one by one
        self, id_: Tensor, where: Tensor, cos: Tensor, sin: Tensor, keys: list[Tensor], values: list[Tensor]
    ) -> Tensor:
        """Logits (V,) after ``id_`` (1,) at slot ``where`` (1,) of ``keys`` and ``values``, which it fills there.

        A tensor a layer: in one for all layers, a compiler that allows no writing in place copies it all every time.
        """
        shape = self._decoder.shape
        turn = cos[where], sin[where]
        mask = (torch.arange(keys[0].shape[1]) <= where)[None]
        x = self._decoder.embedding(id_)
        for number, block in enumerate(self._blocks):
            qkv = block.qkv(block.attention_norm(x)).view(3, shape.heads, 1, shape.head_width)
            q, k = rotate(qkv[:2], *turn)
            keys[number].index_copy_(1, where, k)
            values[number].index_copy_(1, where, qkv[2])
            seen = keys[number][None], values[number][None]
            y = functional.scaled_dot_product_attention(q[None], *seen, attn_mask=mask)
            x = x + block.out(y.reshape(1, shape.width))
            x = x + block.feedforward(x)
        return self._decoder.logits(x)[0]


def compiled(decoder: Decoder, threads: int) -> Iterator[EngineAdapter]:
    """``torch.compile`` of :class:`StaticStep`, default mode; the row says how long compiling took."""
    del threads  # they are PyTorch's own, when it is first run
    static = StaticStep(decoder)
    static = StaticStep(decoder, torch.compile(static.step))
    try:
        seconds = timed(lambda: static.take_in(0))
    except (RuntimeError, OSError) as error:
        raise EngineError(f"torch.compile failed ({one_line(error)}); it needs a C++ compiler") from error
    facts = facts_of("compile", decoder, compile_s=round(seconds, 1))
    yield EngineAdapter(
        facts=facts,
        hold=lambda ids: static.hold(len(ids)),
        take_in=lambda ids: [timed(partial(static.take_in, id_)) for id_ in ids],
    )


def gpt2(decoder: Decoder, threads: int) -> Iterator[EngineAdapter]:
    """Hugging Face's GPT-2 of the same shape: what each token of ``generate`` takes, its cache kept."""
    del threads
    try:
        from transformers import DynamicCache, GPT2Config, GPT2LMHeadModel
    except ImportError as error:
        raise EngineError("transformers is not installed; pip install 'livecomposer[bench]'") from error
    shape = decoder.shape
    config: dict[str, Any] = {"n_layer": shape.layers, "n_embd": shape.width, "n_head": shape.heads}
    config |= {"n_inner": shape.hidden, "vocab_size": shape.vocabulary, "n_positions": 2 * shape.window}
    model: Any = GPT2LMHeadModel(GPT2Config(**config, bos_token_id=0, eos_token_id=None))
    model.eval()
    generation = _Generation(model, DynamicCache)
    yield EngineAdapter(facts=facts_of("gpt2", model), hold=generation.hold, take_in=generation.take_in)


class _Generation:
    """``generate`` with a streamer, which is told of every token as it comes; the cache is cut back in between."""

    def __init__(self, model: Any, new_cache: Callable[[], Any]) -> None:
        self._model = model
        self._new_cache = new_cache
        self._ids: list[int] = []
        self._cache: Any = None

    @torch.inference_mode()
    def hold(self, ids: Sequence[int]) -> None:
        if self._ids != list(ids):
            self._ids, self._cache = list(ids), self._new_cache()
            self._model(torch.tensor([self._ids]), cache=self._cache)

    def take_in(self, ids: Sequence[int]) -> list[float]:
        self._cache.crop(len(self._ids) - 1 - self._cache.get_seq_length())  # generate computes the last one itself
        streamer = _Streamer()
        given = torch.tensor([self._ids])
        count = len(ids) + 1
        self._model.generate(
            given,
            attention_mask=torch.ones_like(given),
            cache=self._cache,
            streamer=streamer,
            do_sample=True,
            min_new_tokens=count,
            max_new_tokens=count,
            pad_token_id=0,
        )
        return [after - before for before, after in zip(streamer.at[1:], streamer.at[2:], strict=False)]


class _Streamer:
    """A streamer that keeps nothing but the time: of the prompt, then of each token."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def put(self, value: Tensor) -> None:
        del value
        self.at.append(time.perf_counter())

    def end(self) -> None:
        pass


def notochord(decoder: Decoder, threads: int) -> Iterator[EngineAdapter]:
    """Notochord (Victor Shepardson), its own default shape: feeding one event and sampling the next, for one piano."""
    del decoder, threads
    try:
        from notochord import EventConstraints, NoPossibleEvents, Notochord
    except ImportError as error:
        hint = "pip install 'livecomposer[notochord]', which keeps PyTorch below 2.11"
        raise EngineError(f"notochord cannot be imported ({one_line(error)}); {hint}") from error
    model: Any = Notochord().eval()
    constraints = EventConstraints(note_on_map={_PIANO: set(_PITCHES)})

    def event(id_: int) -> None:
        model.feed(_PIANO, _PITCHES[id_ % len(_PITCHES)], 0.1, 64)
        with contextlib.suppress(NoPossibleEvents), contextlib.redirect_stdout(io.StringIO()):
            model.sample(constraints)

    yield EngineAdapter(
        facts=facts_of("notochord", model, per="event"),
        hold=lambda _: model.reset(),
        take_in=lambda ids: [timed(partial(event, id_)) for id_ in ids],
        read_weights=lambda: read(model),
        contextless=True,
    )
