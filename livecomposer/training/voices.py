"""Who leads: which notes of a piece are its melody, as far as names of tracks, hands or the top line tell.

The melody is marked on the ids of the whole piece, which stay what they are, so that a batch may hand it to either
player. The top line follows the skyline of Uitdenbogerd & Zobel 1999 ("Melodic Matching Techniques for Large Music
Databases"), held steady by the notes' lengths.
"""

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum

import numpy as np

from livecomposer.events import NoteEvent, NoteOff, NoteOn, Role, notes_of_events
from livecomposer.midi.files import Track
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.augment import Bools, Ids, moments, owners
from livecomposer.units import seconds_to_steps

__all__ = ["How", "led"]

Key = tuple[int, int]
"""A note: the step at which it starts, and its pitch."""


class How(IntEnum):
    """What told the melody from the rest."""

    NONE = 0
    MELODY = 1  # a track of its own
    HANDS = 2  # the right hand's
    SKYLINE = 3  # the top line of all that sounds


_NAMES = {
    How.MELODY: "melody melodie melodia melodic soprano sopran voice vocal vocals voc canto cantus gesang lead singer",
    How.HANDS: "right rh upper treble",
}
"""Words in the name of a track that leads, the surest first; digits and case do not count."""

_ON = VOCABULARY.ids_of(Kind.NOTE_ON, Role.PERFORMER)
_LEADS = {how: frozenset(words.split()) for how, words in _NAMES.items()}
_FEWEST, _MOST = 0.05, 0.95
"""Shares of a piece's notes between which a lead leaves music for two."""
_HANDS_APART = 5
"""Semitones between the middle pitches of two tracks without telling names, for them to count as hands."""


def led(tracks: Sequence[Track], ids: Ids, *, origin: float) -> tuple[Bools, How]:
    """For each of ``ids`` (N,), whether it begins or ends a note of the melody; and what told so.

    ``ids`` are what ``tracks`` sound like together, step 0 at ``origin`` (seconds). A note that lead and rest share
    is the lead's.
    """
    struck = [[event for event in track.events if isinstance(event, NoteOn)] for track in tracks]
    for how, leading in _candidates(tracks, struck):
        lead = _marked(ids, {_key(event, origin) for i in leading for event in struck[i]})
        if _leaves_two(ids, lead):
            return lead, how
    lead = _marked(ids, _skyline(tracks, origin))
    return (lead, How.SKYLINE) if _leaves_two(ids, lead) else (np.zeros(len(ids), np.bool_), How.NONE)


def _candidates(tracks: Sequence[Track], struck: Sequence[Sequence[NoteOn]]) -> Iterable[tuple[How, list[int]]]:
    words = [set(re.findall(r"[^\W\d_]+", track.name.lower())) for track in tracks]
    for how, leads in _LEADS.items():
        yield how, [i for i, said in enumerate(words) if said & leads]
    middles = [(float(np.median([event.pitch for event in events])), i) for i, events in enumerate(struck) if events]
    if len(middles) == 2 and abs(middles[0][0] - middles[1][0]) >= _HANDS_APART:
        yield How.HANDS, [max(middles)[1]]


def _key(event: NoteOn, origin: float) -> Key:
    return seconds_to_steps(event.time - origin), event.pitch


def _marked(ids: Ids, keys: set[Key]) -> Bools:
    """``ids`` that begin or end a note of ``keys``."""
    at, owner = owners(ids)
    begun = at[owner]
    spelled = np.array([step * 128 + pitch for step, pitch in keys], dtype=np.int64)
    lead = np.zeros(len(ids), np.bool_)
    lead[at] = np.isin(moments(ids)[begun] * 128 + ids[begun] % 128, spelled)
    return lead


def _leaves_two(ids: Ids, lead: Bools) -> bool:
    return bool(_FEWEST <= lead[ids < _ON.stop].mean() <= _MOST)


def _skyline(tracks: Sequence[Track], origin: float) -> set[Key]:
    """Notes that are the highest of all keys down for at least half of their length; no pedal, which blurs lines."""
    keys_moved: list[NoteEvent] = sorted(
        (event for track in tracks for event in track.events if isinstance(event, NoteOn | NoteOff)),
        key=lambda event: (event.time, isinstance(event, NoteOn)),
    )
    notes = notes_of_events(keys_moved)
    spans = [(seconds_to_steps(n.start - origin), seconds_to_steps(n.end - origin) + 1, n.pitch) for n in notes]
    top = np.zeros(max(end for _, end, _ in spans), np.int64)
    for start, end, pitch in spans:
        np.maximum(top[start:end], pitch, out=top[start:end])
    return {
        (start, pitch) for start, end, pitch in spans if 2 * np.count_nonzero(top[start:end] == pitch) >= end - start
    }
