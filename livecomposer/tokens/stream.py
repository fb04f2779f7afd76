"""From what a file or a tape holds to the ids a model reads, and back: one path for training and playing."""

from collections.abc import Iterable, Sequence

from livecomposer.events import Event, Note, NoteEvent, events_of_notes, notes_of_events, untangle
from livecomposer.tokens.codec import Decoder, Encoder, Sustain

__all__ = ["ids_of_notes", "notes_heard", "notes_of_ids"]


def notes_heard(tracks: Sequence[Sequence[Event]]) -> list[Note]:
    """What a listener hears of ``tracks`` (each in time order, in seconds), as notes of one keyboard in order of start.

    The sustain pedal is applied track by track; what it still holds at the end stops with its track. Tracks are then
    merged, and a key struck while it sounds ends its earlier note. Silence before the first note is kept.
    """
    return untangle(note for track in tracks for note in _sustained(track))


def ids_of_notes(notes: Iterable[Note], *, origin: float) -> list[int]:
    """The ids of ``notes``, step 0 at ``origin`` (seconds); no BOS, and no shift after the last event.

    Of notes that begin on one key within one step of 10 ms, one is told; no note is shorter than one step.
    """
    encoder = Encoder(origin=origin)
    ids = [id_ for event in events_of_notes(notes) for id_ in encoder.encode(event)]
    return ids + encoder.flush()


def notes_of_ids(ids: Iterable[int], *, origin: float) -> list[Note]:
    """The notes that ``ids`` tell, step 0 at ``origin`` (seconds); what still sounds ends at the last step."""
    decoder = Decoder(origin=origin)
    events = [event for id_ in ids if (event := decoder.decode(id_)) is not None]
    return notes_of_events(events, end=decoder.time)


def _sustained(track: Sequence[Event]) -> list[Note]:
    sustain = Sustain()
    events: list[NoteEvent] = [heard for event in track for heard in sustain.apply(event)]
    return notes_of_events(events, end=track[-1].time if track else 0.0)
