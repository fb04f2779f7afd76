"""A journal played again: the same calls to a fresh companion, the same questions to a fresh engine.

What the companion does depends on nothing else, so it is the same, to the event; where it is not, the first difference
is named. Nothing waits: a replay takes as long as its engine does.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from math import ceil

from livecomposer.beats import Beats
from livecomposer.companion.companion import Companion
from livecomposer.companion.requests import Feed, Step
from livecomposer.companion.undo_history import whole
from livecomposer.engine.client import EngineClient
from livecomposer.errors import LivecomposerError
from livecomposer.events import Event, Role
from livecomposer.model.sampling import MaskPolicy, Sampling
from livecomposer.settings import changed
from livecomposer.takes.call_log import Call, beats_of, encoded_events, event_of
from livecomposer.takes.journal_reader import JournalContents
from livecomposer.tokens.vocabulary import VOCABULARY

__all__ = ["Difference", "Replay", "replay"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the replay first differs: seconds since the session began, and what."""

    moment: float
    what: str


@dataclass(slots=True)
class Replay:
    """What came of it: both players' events on the session's own clock, in seconds."""

    events: dict[Role, list[Event]] = field(default_factory=lambda: {role: [] for role in Role})
    ids: int = 0
    calls: int = 0
    ended: float = 0.0
    differences: int = 0
    first: Difference | None = None


async def replay(
    score: JournalContents,
    open_engine: Callable[[str], Awaitable[EngineClient]],
    *,
    progress: Callable[[float], None] = lambda _: None,
) -> Replay:
    """Play ``score`` with what ``open_engine`` gives for the name of a model, and hold it against what was written.

    Where an id differs, the one that was written is played on with. ``progress`` is told the share that is done.
    Raises :class:`EngineError`, and :class:`LivecomposerError` for calls that cannot be carried out.
    """
    hand = _Hand(score, open_engine)
    for number, call in enumerate(score.calls):
        try:
            await hand.play(call)
        except (ValueError, KeyError, TypeError, IndexError, AssertionError, AttributeError) as error:
            where = f"call {number}, {call.what} at {call.moment - score.began:.3f} s"
            raise LivecomposerError(f"{where}: cannot be carried out ({error}); the journal is damaged") from error
        progress((number + 1) / len(score.calls))
    hand.done.calls = len(score.calls)
    hand.done.ended = score.calls[-1].moment if score.calls else 0.0
    return hand.done


class _Hand:
    """Carries the calls out, one after the other."""

    def __init__(self, score: JournalContents, open_engine: Callable[[str], Awaitable[EngineClient]]) -> None:
        self.done = Replay()
        self._score = score
        self._open_engine = open_engine
        self._engine: EngineClient | None = None
        self._companion = Companion(score.settings, seed=int(score.header["seed"]))
        self._companion.pulse = self._pulse
        self._pulses = dict(_pulses(score.calls))
        self._asked = 0  # how often the pulse was
        self._beats: Beats | None = None
        self._began_with = self._spoken = self._companion.engine_mode
        self._wanted: tuple[Step, Sampling] | None = None

    async def play(self, call: Call) -> None:
        """Carry one call out."""
        now, companion = call.moment, self._companion
        match call.what:
            case "w":
                await self._want(now)
            case "i":
                await self._answer(int(call.with_), now)
            case "c":
                self._commit(call)
            case "h":
                event = event_of(call)
                self.done.events[Role.PERFORMER].append(event)
                if companion.hear(event):
                    self._cut(now)
            case "e":
                await self._change_engine(json.loads(call.with_))
            case "p":
                pass  # known beforehand
            case _:
                self._order(call)

    def _order(self, call: Call) -> None:
        now, companion = call.moment, self._companion
        match call.what:
            case "a":
                if companion.adapt(changed(companion.settings, json.loads(call.with_)), now):
                    self._cut(now)
            case "f":
                companion.freeze(now, on=call.with_ == "1")
            case "t":
                companion.trigger(now)
            case "y" | "s" | "n" | "u" | "r" | "l" | "b":
                orders = {
                    "y": companion.give_way,
                    "s": companion.halt,
                    "n": companion.begin,
                    "u": companion.undo,
                    "r": companion.reroll,
                    "l": companion.lost,
                    "b": companion.found,
                }
                if orders[call.what](now) is not False:
                    self._cut(now)
            case other:
                raise ValueError(f"{other!r} is no call")

    async def _want(self, now: float) -> None:
        wanted, sampling, mode = self._companion.want(now), self._companion.sampling, self._companion.engine_mode
        if wanted is None:
            return
        engine = await self._engine_in_mode(mode)
        if isinstance(wanted, Feed):
            await engine.feed(wanted.ids)
        else:
            self._wanted = wanted, sampling if self._score.format > 1 else _of_format_1(sampling, wanted)

    async def _answer(self, written: int, now: float) -> None:
        if self._wanted is None or self._engine is None:
            raise ValueError("an id that was not asked for")
        wanted, sampling = self._wanted
        self._wanted = None
        drawn = await self._engine.step(wanted.mask, sampling, wanted.chance)
        self.done.ids += 1
        if drawn != written:
            self._differs(now, f"the id {_named(written)} was drawn, now it is {_named(drawn)}")
            held = [*self._engine.ids[:-1], written]
            await self._engine.feed(held)
        self._companion.accept(wanted, written, now)

    def _commit(self, call: Call) -> None:
        due = self._companion.commit(call.moment)
        self.done.events[Role.COMPANION] += due
        played = encoded_events(due, at=call.at)
        if played != call.with_:
            self._differs(call.moment, f"{call.with_ or 'nothing'} was played, now it is {played or 'nothing'}")

    def _cut(self, now: float) -> None:
        """What was to come is not played; what sounds ends."""
        events = self.done.events[Role.COMPANION]
        self.done.events[Role.COMPANION] = whole(events, now)

    async def _engine_in_mode(self, mode: tuple[int, MaskPolicy]) -> EngineClient:
        if self._engine is None:
            self._engine = await self._open_engine(self._score.settings.model)
        if mode[0] != self._spoken[0]:
            await self._engine.set_mode(*mode)
            self._spoken = mode
        return self._engine

    async def _change_engine(self, model: str) -> None:
        engine = await self._open_engine(model)
        if self._spoken[0] != self._began_with[0]:
            await engine.set_mode(*self._spoken)
        if self._engine is not None and self._engine.ids:
            await engine.feed(self._engine.ids)
        self._engine = engine

    def _pulse(self, now: float) -> Beats | None:  # noqa: ARG002 - how often it was asked says it all
        self._beats = self._pulses.get(self._asked, self._beats)
        self._asked += 1
        return self._beats

    def _differs(self, now: float, what: str) -> None:
        self.done.differences += 1
        if self.done.first is None:
            self.done.first = Difference(now - self._score.began, what)


def _of_format_1(sampling: Sampling, wanted: Step) -> Sampling:
    """What keeps as many of the ids that ``wanted`` allows as topk did when it counted the whole vocabulary."""
    if sampling.technique != "topk":
        return sampling
    kept, allowed = ceil(sampling.threshold * VOCABULARY.size - 1e-9), int(wanted.mask.sum())
    return replace(sampling, threshold=min(1.0, kept / allowed))


def _pulses(calls: tuple[Call, ...]) -> Iterator[tuple[int, Beats | None]]:
    """After how many questions the pulse was another, and which."""
    for call in calls:
        if call.what == "p":
            count, _, beats = call.with_.partition(":")
            yield int(count), beats_of(beats)


def _named(id_: int) -> str:
    token = VOCABULARY.tokens[id_]
    by = "" if token.role is None else f" of the {token.role.name.lower()}'s"
    return f"{id_} ({token.kind.name.lower()} {token.value}{by})"
