"""All that the instrument knows and decides in one performance: the pure core of a session.

It holds the partner of the mode in force, lets another take its place when the mode changes or the engine is gone, and
remembers the exchanges, so that turns can be taken back. It is driven by calls alone, each with its moment: the same
calls in the same order, with the same ids drawn, give the same companion. That is what a replay does.
"""

from collections.abc import Callable

from livecomposer.beats import Beats
from livecomposer.companion.accompaniment import Accompaniment
from livecomposer.companion.freeze import Freeze
from livecomposer.companion.modes import Mode, mask_policy_of, mode_for, weights_mode
from livecomposer.companion.plan import Plan
from livecomposer.companion.requests import Feed, Step
from livecomposer.companion.rule_based import RuleBased
from livecomposer.companion.sampling import sampling_of
from livecomposer.companion.tape import Tape
from livecomposer.companion.turn_taking import TurnTaking
from livecomposer.companion.undo_history import Exchange, UndoHistory
from livecomposer.events import Event, NoteEvent, NoteOn
from livecomposer.model.sampling import MaskPolicy, Sampling
from livecomposer.settings import Settings

__all__ = ["Companion"]

_LATELY = 10.0
"""How much of what the performer did a new partner is told, to know the phrase that goes on (seconds)."""


class Companion:
    """Asked as its partners are. Where :meth:`hear` or :meth:`adapt` is ``True``, the player gives up its future."""

    def __init__(self, settings: Settings, *, seed: int) -> None:
        self.settings = settings
        self.pulse: Callable[[float], Beats | None] = lambda _: None
        """The beats at a moment, while they run."""
        self._seed = seed
        self._mode = mode_for(settings, seed=seed)
        self._mode.pulse = self._beats
        self._resting: Mode | None = None  # the one of the other nature
        self._stand_in: RuleBased | None = None  # plays while the engine is away
        self._exchanges = UndoHistory()
        self._undone: Exchange | None = None  # the last one, while nothing has been played since
        self._freeze = Freeze()

    @property
    def plan(self) -> Plan | None:
        """What the engine's answers go into."""
        return None if self._stand_in is not None else self._mode.plan

    @property
    def playing(self) -> bool:
        """Whether the companion has a turn, or plays along."""
        return self.plan is not None or (self._stand_in is not None and not self._stand_in.idle)

    @property
    def turns(self) -> int:
        """How many there were."""
        return self._mode.turns

    @property
    def foresight(self) -> tuple[int, int]:
        """Plans that were drawn while playing along, and keys that came as foreseen, so that the plan stood."""
        both = [one for one in (self._mode, self._resting) if isinstance(one, Accompaniment)]
        return sum(one.plans for one in both), sum(one.kept for one in both)

    @property
    def decided_at(self) -> float | None:
        """When the last one was decided."""
        return self._mode.decided_at

    @property
    def idle(self) -> bool:
        """Whether nothing is going on."""
        return self._mode.idle if self._stand_in is None else self._stand_in.idle

    @property
    def needs_stand_in(self) -> bool:
        """Whether the companion plays along, and nobody stands in for it."""
        return self._stand_in is None and isinstance(self._mode, Accompaniment)

    @property
    def on_the_bar(self) -> bool:
        """Whether the turn waits for a bar line."""
        return self._mode.on_the_bar

    @property
    def sampling(self) -> Sampling:
        """How the next id is drawn."""
        return sampling_of(self.settings)

    @property
    def engine_mode(self) -> tuple[int, MaskPolicy]:
        """What the weights are to be told, and what a mask must not distort."""
        return weights_mode(self.settings), mask_policy_of(self.settings)

    @property
    def exchange(self) -> Exchange | None:
        """The last one."""
        return self._exchanges.last

    def settle(self, settings: Settings) -> None:
        """Before anything is heard: the settings with what was measured meanwhile, of the same mode."""
        self._mode.adapt(settings)
        self.settings = settings

    def adapt(self, settings: Settings, now: float) -> bool:
        """Play with ``settings`` from now on. Raises :class:`SettingError`, and then nothing has changed."""
        swaps = weights_mode(settings) != weights_mode(self.settings)
        (self._mode if self._stand_in is None or swaps else self._stand_in).adapt(settings)
        if self._stand_in is not None:
            self._mode.adapt(settings)
        self.settings = settings
        if swaps:
            self._silence(now)
            self._swap(now)
        return swaps

    def hear(self, event: Event) -> bool:
        """Take in what the performer did."""
        if self._freeze.keeps(event):
            return False
        turns = self.turns
        if not (isinstance(self._mode, TurnTaking) and self._mode.is_trigger(event)):
            self._exchanges.hear(event)
            self._undone = None if isinstance(event, NoteOn) else self._undone
        if self._stand_in is not None and isinstance(self._mode, Accompaniment):
            self._mode.overhear(event)
            return self._stand_in.hear(event)
        had_turn = self._mode.plan is not None
        gives_way = self._mode.hear(event)
        if gives_way and had_turn:
            self._exchanges.cut(event.time)
        self._notice(turns)
        return gives_way

    def freeze(self, now: float, *, on: bool) -> None:  # noqa: ARG002 - every call has its moment
        """Listen no more to what is struck from now on, or listen again."""
        self._freeze.on = on

    def want(self, now: float) -> Feed | Step | None:
        """What to ask of the engine now."""
        if self._stand_in is not None:
            return None
        turns = self.turns
        wanted = self._mode.want(now)
        self._notice(turns)
        return wanted

    def accept(self, wanted: Step, id_: int, now: float) -> tuple[bool, float | None]:
        """Take in an answer. Whether it was still wanted, and how many seconds a new plan took, if one is there."""
        if self.plan is not wanted.plan:
            return False, None
        wanted.plan.accept(id_)
        return True, self._mode.replanned(now)

    def commit(self, now: float) -> list[NoteEvent]:
        """What the player must have now; and what has changed by itself is noticed."""
        turns = self.turns
        if self._stand_in is not None and isinstance(self._mode, Accompaniment):
            due = self._stand_in.commit(now)
            for event in due:
                self._mode.overhear(event)
        else:
            due = self._mode.commit(now)
            self._mode.look(now)
        self._exchanges.play(due)
        self._notice(turns)
        return due

    def next_look(self, now: float) -> float | None:
        """The next moment at which :meth:`commit` or :meth:`want` may have something new if nothing happens."""
        return (self._mode if self._stand_in is None else self._stand_in).next_look(now)

    def give_way(self, now: float) -> None:
        """The companion falls silent."""
        self._silence(now)

    def halt(self, now: float) -> None:
        """The same, and the phrase in progress is not answered: a clock was stopped."""
        self._silence(now)
        self._mode.halt(now)

    def trigger(self, now: float) -> bool:
        """Take over now; ``False`` where the companion plays already, or nothing was played yet."""
        turns = self.turns
        done = self._stand_in is None and self._mode.take_over(now)
        self._notice(turns)
        return done

    def begin(self, now: float) -> bool:
        """Open a piece from nothing; ``False``, and nothing has changed, while somebody stands in for the engine."""
        if self._stand_in is not None:
            return False
        self._begin(now)
        return True

    def undo(self, now: float) -> bool:
        """Take the companion's last turn back; ``False`` where there is none."""
        gone = self._take_back(now)
        self._undone = gone or self._undone
        return gone is not None

    def reroll(self, now: float) -> bool:
        """The same, and play another from the same place; one that has just been undone is played anew."""
        gone = self._undone or self._take_back(now)
        if gone is not None and self._stand_in is None:
            self._play_again(gone, now)
        return gone is not None

    def lost(self, now: float) -> bool:
        """The engine is gone: whoever takes turns listens on, whoever plays along is stood in for."""
        played = self.plan is not None
        if played:
            self._silence(now)
        if self.needs_stand_in:
            self._stand_in = RuleBased(self.settings, self._seed)
            for event in self._lately(now):
                self._stand_in.hear(event)
        return played

    def found(self, now: float) -> bool:
        """The engine is back, and knows nothing."""
        stood_in = self._stand_in is not None
        if stood_in:
            self._silence(now)
            self._stand_in = None
        self._mode.lost()
        return stood_in

    def engine_changed(self, model: str, now: float) -> None:
        """Another engine plays from now on, with ``model``: here nothing changes."""

    def write_down(self) -> None:
        """Hand on what was written down of the calls, if anything is."""

    def _begin(self, now: float) -> None:
        self._silence(now)
        before, turns = self._mode.tape.copy(), self.turns
        self._mode.begin(now)
        self._notice(turns, before=before)

    def _play_again(self, gone: Exchange, now: float) -> None:
        if gone.opens and not gone.interrupted:
            self._begin(now)
            return
        turns = self.turns
        self._mode.answer_again(now, None if gone.interrupted else gone.plan)
        self._notice(turns)

    def _silence(self, now: float) -> None:
        if self._stand_in is not None:
            self._stand_in.give_way(now)
        self._mode.give_way(now)
        self._exchanges.cut(now)

    def _swap(self, now: float) -> None:
        """Let the partner of the other nature go on from the same tape."""
        before = self._mode
        self._mode = self._resting or mode_for(self.settings, seed=self._seed)
        self._resting, self._stand_in = before, None
        self._mode.adapt(self.settings)
        self._mode.pulse = self._beats
        self._mode.inherit(before.tape, before.constraints, turns=before.turns, lately=self._lately(now))

    def _take_back(self, now: float) -> Exchange | None:
        gone = self._exchanges.take_back()
        if gone is not None:
            self._silence(now)
            tape = gone.tape.copy()
            tape.adapt(input_duration=self.settings.input_duration)
            for event in gone.heard:
                tape.add(event)
            self._mode.rewind(tape)
        return gone

    def _notice(self, turns: int, *, before: Tape | None = None) -> None:
        """Remember an exchange that has just begun, if there are more than ``turns``.

        ``before``: the tape that it forgot, where it opened a piece.
        """
        mode = self._mode
        if mode.turns == turns:
            return
        self._undone = None
        start = mode.call_began
        self._exchanges.begin(
            (mode.decided_at or 0.0) if start is None else start,
            tape=before or mode.tape.copy(),
            plan=mode.plan,
            together=isinstance(mode, Accompaniment),
            opens=before is not None,
        )

    def _lately(self, now: float) -> list[Event]:
        recent = [event for event in self._exchanges.recent if event.time > now - _LATELY]
        alive = recent and recent[-1].time > now - self.settings.phrase_wait_max
        return recent if alive else []

    def _beats(self, now: float) -> Beats | None:
        return self.pulse(now)
