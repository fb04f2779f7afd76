"""The offline twin of ``continue``: a file in, the same file and the companion's continuation out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from livecomposer.companion.constraints import Constraints
from livecomposer.companion.sampling import sampling_of
from livecomposer.companion.turn_plan import TurnPlan
from livecomposer.events import Note, events_of_notes, notes_of_events
from livecomposer.midi.files import Recording, Track
from livecomposer.offline.companion_track import companion_track
from livecomposer.offline.simulation import Mind
from livecomposer.settings import Settings
from livecomposer.tokens.codec import Encoder
from livecomposer.tokens.stream import notes_heard
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.units import STEPS_PER_SECOND

__all__ = ["Continuation", "continue_recording", "turn_played"]


@dataclass(frozen=True, slots=True)
class Continuation:
    """What came of it: the companion's part, and what it was made from."""

    track: Track
    prompt: tuple[Note, ...]
    notes: tuple[Note, ...]
    start: float
    seconds: float
    tokens: int


async def continue_recording(
    recording: Recording,
    engine: Mind,
    settings: Settings,
    *,
    seed: int,
    progress: Callable[[float], None] = lambda _: None,
) -> Continuation:
    """Continue ``recording`` for ``settings.extension_duration`` seconds from its last sound on.

    The model hears the last ``settings.input_duration`` seconds. The same recording, settings, weights and ``seed``
    give the same notes. ``progress`` is told the seconds that are done.
    """
    heard = notes_heard([track.events for track in recording.tracks])
    end = max(note.end for note in heard)
    prompt = _last(heard, end - settings.input_duration)
    origin = prompt[0].start
    ids = _context(prompt, origin, end)
    limits = Constraints(settings, began=heard[0].start).alone(origin=origin)
    seconds = settings.extension_duration
    plan = TurnPlan(ids, origin=origin, seconds=seconds, settings=settings, seed=f"{seed}:0", limits=limits)
    start = plan.start
    notes = await turn_played(plan, engine, settings, progress=progress)
    return Continuation(
        track=companion_track(notes, settings, start=start, end=start + seconds),
        prompt=tuple(prompt),
        notes=notes,
        start=start,
        seconds=seconds,
        tokens=plan.tokens,
    )


async def turn_played(
    plan: TurnPlan, engine: Mind, settings: Settings, *, progress: Callable[[float], None]
) -> tuple[Note, ...]:
    """The notes of a turn, all of it drawn from ``engine``; ``progress`` is told the seconds that are done."""
    sampling = sampling_of(settings)
    await engine.feed(plan.context)
    while not plan.planned:
        plan.accept(await engine.step(plan.mask(plan.start), sampling, plan.chance()))
        progress(plan.reached - plan.start)
    return tuple(notes_of_events(plan.events))


def _last(notes: list[Note], since: float) -> list[Note]:
    """What sounds at ``since`` or later; a note that had begun before begins there."""
    return [replace(note, start=max(note.start, since)) for note in notes if note.end > since]


def _context(prompt: list[Note], origin: float, end: float) -> list[int]:
    """BOS and the prompt, up to the first whole step at which all of it has ended."""
    encoder = Encoder(origin=origin)
    ids = [id_ for event in events_of_notes(prompt) for id_ in encoder.encode(event)]
    last_step = ceil((end - origin) * STEPS_PER_SECOND - 1e-6)
    return [VOCABULARY.id(Kind.BOS), *ids, *encoder.flush(), *encoder.advance(origin + last_step / STEPS_PER_SECOND)]
