"""An accompaniment by one who knows what the performer will play: what a live one may come near, and not reach.

The stream is merged in time order: up to the performer's next event the companion may do what it likes, then that event
is put into the stream; nothing is planned twice, and no horizon is kept. A causal model cannot be told the future, so
the future chooses: of a few continuations, each a little longer than what is kept of it, the one stays under which the
keys that the performer strikes meanwhile are likeliest. (Importance resampling, as in a particle filter, reduced to the
best of a few; Doucet, de Freitas and Gordon 2001, chapter 1.) Pure but for the engine, which is asked directly.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from livecomposer.companion.constraints import Constraints
from livecomposer.companion.mask_policy import ACCOMPANIMENT_POLICY
from livecomposer.companion.sampling import sampling_of
from livecomposer.engine import Engine
from livecomposer.events import Note, NoteOn, Role, notes_of_events
from livecomposer.settings import Settings
from livecomposer.tokens.codec import Decoder
from livecomposer.tokens.grammar import Grammar, Mask
from livecomposer.tokens.vocabulary import VOCABULARY, Kind, velocity_bin
from livecomposer.units import seconds_to_steps

__all__ = ["CANDIDATES", "accompany_knowing"]

CANDIDATES = 4
_KEPT, _AHEAD = 100, 200  # steps of each continuation that are kept, and that are drawn
_SHIFTS, _VELOCITY = VOCABULARY.ids_of(Kind.TIME_SHIFT), VOCABULARY.first(Kind.VELOCITY)
_ON, _OFF = (VOCABULARY.ids_of(kind, Role.PERFORMER) for kind in (Kind.NOTE_ON, Kind.NOTE_OFF))


def accompany_knowing(
    performance: Sequence[Note],
    engine: Engine,
    settings: Settings,
    *,
    seed: int,
    candidates: int = CANDIDATES,
    progress: Callable[[float], None] = lambda _: None,
) -> list[Note]:
    """The companion's notes to ``performance`` (at least one note, in order of start).

    No note begins before the performer's first, or ``settings.alone`` seconds after the performer's last event. The
    same arguments and weights give the same notes. ``progress`` is told the seconds that are done.
    """
    origin = performance[0].start
    known = _known(performance, origin)
    latest = known[-1].step + seconds_to_steps(settings.alone)
    constraints = Constraints(settings, began=origin)
    stream = _Stream(known, latest, Grammar(constraints.together(origin=origin)))
    stream.grammar.begin()
    continuer = _Continuer(engine, settings, random.Random(f"{seed}:hindsight"))
    heard = 0
    while not stream.over:
        until = stream.grammar.step + _KEPT
        grown = [continuer.grow(stream.copy(), until=until, ahead=_AHEAD - _KEPT) for _ in range(candidates)]
        stream = max(grown, key=lambda one: one[0])[1]
        for one in known[heard : stream.passed]:
            if one.velocity:
                constraints.hear(NoteOn(origin + one.step / 100, one.pitch, one.velocity))
        heard = stream.passed
        stream.grammar.limits = constraints.together(origin=origin)
        progress(stream.grammar.step / 100)
    return _notes(stream.ids, origin)


@dataclass(frozen=True, slots=True, order=True)
class _Known:
    """The performer's event at a step; a note-off has no velocity, and comes first."""

    step: int
    velocity: int
    pitch: int

    def ids(self, grammar: Grammar) -> Iterator[int]:
        sounds = self.pitch in grammar.sounding(Role.PERFORMER)
        if sounds:
            yield _OFF.start + self.pitch
        if self.velocity:
            bin_ = velocity_bin(self.velocity)
            if bin_ != grammar.velocity:
                yield _VELOCITY + bin_
            yield _ON.start + self.pitch


def _known(performance: Sequence[Note], origin: float) -> list[_Known]:
    known = []
    for note in performance:
        start, end = (seconds_to_steps(moment - origin) for moment in (note.start, note.end))
        known += [_Known(start, note.velocity, note.pitch), _Known(max(end, start + 1), 0, note.pitch)]
    return sorted(known)


@dataclass(slots=True)
class _Stream:
    """What has been played so far, and where in the performance it is."""

    known: Sequence[_Known]
    latest: int
    grammar: Grammar
    ids: tuple[int, ...] = (VOCABULARY.id(Kind.BOS),)
    passed: int = 0

    def copy(self) -> "_Stream":
        return replace(self, grammar=self.grammar.copy())

    def return_to(self, earlier: "_Stream") -> None:
        self.grammar, self.ids, self.passed = earlier.grammar.copy(), earlier.ids, earlier.passed

    @property
    def over(self) -> bool:
        rests = self.grammar.step >= self.latest and not self.grammar.sounding(Role.COMPANION)
        return rests and self.passed == len(self.known)

    @property
    def steps_left(self) -> int | None:
        """To the performer's next event."""
        return self.known[self.passed].step - self.grammar.step if self.passed < len(self.known) else None

    def accept(self, id_: int) -> None:
        self.grammar.accept(id_)
        self.ids += (id_,)


class _Continuer:
    def __init__(self, engine: Engine, settings: Settings, chance: random.Random) -> None:
        self._engine = engine
        self._chance = chance
        self._sampling = sampling_of(settings)

    def grow(self, stream: _Stream, *, until: int, ahead: int) -> tuple[float, _Stream]:
        """How likely (log) the performer's keys are under a continuation, and what of it comes before ``until``."""
        self._engine.feed(stream.ids)
        likelihood = 0.0
        kept: _Stream | None = None
        while not stream.over and stream.grammar.step < until + ahead:
            if kept is None and stream.grammar.step >= until:
                kept = stream.copy()
            likelihood += self._take_known(stream)
            if not stream.over:
                self._play(stream)
        return likelihood, kept or stream

    def _take_known(self, stream: _Stream) -> float:
        likelihood = 0.0
        while stream.steps_left is not None and stream.steps_left <= 0:
            known = stream.known[stream.passed]
            stream.passed += 1
            for id_ in known.ids(stream.grammar):
                if _ON.start <= id_ < _ON.stop:
                    likelihood += self._log_share(id_)
                self._take(stream, id_)
        return likelihood

    def _log_share(self, id_: int) -> float:
        """How likely this key is (log), given that the performer strikes one."""
        keys = self._engine.logits()[_ON].astype(np.float64)
        top = keys.max()
        return float(keys[id_ - _ON.start] - top - np.log(np.exp(keys - top).sum()))

    def _play(self, stream: _Stream) -> None:
        """The companion's next event, or time until the performer's next.

        Where the model expects an event of the performer's that is known not to come, time goes on past it: forbidden
        from the first, it would leave its likelihood to the companion's notes, and there would be far too many.
        """
        start = stream.copy()
        while not stream.over:
            id_ = self._draw(stream, stream.grammar.mask_both(latest=stream.latest))
            if _ON.start <= id_ < _ON.stop or _OFF.start <= id_ < _OFF.stop:
                id_ = self._instead(stream, start)
            self._take(stream, id_)
            if VOCABULARY.tokens[id_].role is not None or stream.steps_left == 0:
                return

    def _instead(self, stream: _Stream, start: _Stream) -> int:
        """A longer wait from ``start`` on; where no longer one is allowed, what the companion does at its end."""
        passed = stream.grammar.step - start.grammar.step
        waits = start.grammar.mask_both(latest=stream.latest, foresee=False)
        waits[: _SHIFTS.start + passed] = 0
        waits[_SHIFTS.stop :] = 0
        if not waits.any():
            return self._draw(stream, stream.grammar.mask_both(latest=stream.latest, foresee=False))
        stream.return_to(start)
        self._engine.feed(stream.ids)
        return self._draw(stream, waits)

    def _draw(self, stream: _Stream, mask: Mask) -> int:
        """The next id; a rest lasts no longer than until the performer's next event."""
        id_ = self._engine.draw(mask, self._sampling, self._chance.random(), ACCOMPANIMENT_POLICY)
        left = stream.steps_left
        return min(id_, _SHIFTS.start + left - 1) if left and _SHIFTS.start <= id_ < _SHIFTS.stop else id_

    def _take(self, stream: _Stream, id_: int) -> None:
        self._engine.advance(id_)
        stream.accept(id_)


def _notes(ids: Sequence[int], origin: float) -> list[Note]:
    decoder = Decoder(origin=origin)
    events = [event for id_ in ids if (event := decoder.decode(id_)) is not None]
    return notes_of_events([event for event in events if event.role is Role.COMPANION], end=decoder.time)
