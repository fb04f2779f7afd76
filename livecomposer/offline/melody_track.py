"""Who is heard of a file that is accompanied, and what waiting for the engine costs."""

from time import perf_counter

from livecomposer.clocks import MonotonicClock
from livecomposer.engine.client import EngineClient
from livecomposer.errors import MidiFileError
from livecomposer.events import NoteOn
from livecomposer.midi.files import Recording
from livecomposer.offline.latency_model import Latency
from livecomposer.session.timing.engine_timing import rehearse
from livecomposer.tokens.vocabulary import VOCABULARY, Kind

__all__ = ["latency_of", "performer_of"]

_LONG_FEED = 512


def performer_of(recording: Recording, melody: str = "") -> Recording:
    """The part of ``recording`` that the companion hears: all of it, or the track called or numbered ``melody``.

    A name counts if it begins so, in capitals or not; numbers count from 1, tracks without events left out. Raises
    :class:`MidiFileError` for a track that is not there, or none alone, or that has no note.
    """
    if not melody:
        return recording
    wanted = melody.casefold()
    found = [
        track
        for number, track in enumerate(recording.tracks, 1)
        if wanted == str(number) or track.name.casefold().startswith(wanted)
    ]
    exact = [track for track in found if track.name.casefold() == wanted]
    if len(exact or found) != 1:
        there = ", ".join(f"{number} {track.name!r}" for number, track in enumerate(recording.tracks, 1))
        raise MidiFileError(f"melody {melody!r}: wanted one of the tracks {there}")
    performer = Recording(tuple(exact or found))
    if not any(isinstance(event, NoteOn) for event in performer.events):
        raise MidiFileError(f"melody {melody!r}: no playable note on that track; name another")
    return performer


async def latency_of(engine: EngineClient) -> Latency:
    """What feeds and steps cost here and now; raises :class:`EngineError`."""
    measured = await rehearse(engine, MonotonicClock())
    ids = [VOCABULARY.id(Kind.BOS), *(i % VOCABULARY.id(Kind.BOS) for i in range(_LONG_FEED))]
    began = perf_counter()
    await engine.feed(ids)
    beyond = perf_counter() - began - measured.feed.quantile(0.5)
    return Latency.measured(measured, fed_id_seconds=max(0.0, beyond / _LONG_FEED))
