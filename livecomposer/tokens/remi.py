"""A third vocabulary, for research: REMI (Huang & Yang 2020, "Pop Music Transformer", section 3), told by MidiTok.

MidiTok (Fradet et al. 2021) is the baseline's own tokenizer, used as it comes. REMI counts in bars; the music here is
timed in seconds, and most of it was performed without any. So a tempo is taken for granted: 120 quarters a minute in
four quarters, whatever is played. A bar is two seconds counted from the music's beginning, and means nothing musical.

Its 200 positions are steps of 10 ms, and loudness has 32 bins: each note's onset, pitch and velocity are told as
exactly as the 388 events tell them, so bits a note of the two can be held against each other; nats a token cannot. A
note's length is as exact up to two seconds; a longer one is told to 100 ms, and as 12 s at most. Who plays is not told,
nor tempo, bar lengths, chords or programs.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

from livecomposer.errors import CorpusError
from livecomposer.events import Note, Role, untangle
from livecomposer.tokens.stream import notes_of_ids
from livecomposer.tokens.vocabulary import velocity_bin, velocity_of_bin
from livecomposer.units import STEPS_PER_SECOND, seconds_to_steps, steps_to_seconds

__all__ = ["BOS", "FINGERPRINT", "LAYOUT", "PAD", "PITCHES", "SIZE", "decode", "encode", "encoded_anew"]

_BEAT = STEPS_PER_SECOND // 2  # steps, at 120 beats a minute
_FINE, _LONGEST = 4, 24  # beats: up to which lengths are exact, and at all
_COARSE = 5  # lengths a beat above that
_PITCHES, _VELOCITIES = 128, 32

LAYOUT = (
    *("PAD_None", "BOS_None", "Bar_None"),
    *(f"Pitch_{pitch}" for pitch in range(_PITCHES)),
    *(f"Velocity_{127 * (bin_ + 1) // _VELOCITIES}" for bin_ in range(_VELOCITIES)),
    *(f"Duration_{step // _BEAT}.{step % _BEAT}.{_BEAT}" for step in range(1, _FINE * _BEAT)),
    *(f"Duration_{at // _COARSE}.{at % _COARSE}.{_COARSE}" for at in range(_FINE * _COARSE, _LONGEST * _COARSE + 1)),
    *(f"Position_{step}" for step in range(4 * _BEAT)),
)
"""MidiTok's name of each id."""
PAD, BOS = range(2)
SIZE = len(LAYOUT)
PITCHES = slice(3, 3 + _PITCHES)
"""Ids of which each note has one."""
FINGERPRINT = sha256(";".join(LAYOUT).encode()).hexdigest()[:12]
"""Saved beside weights, as the other vocabularies' are."""


def encode(notes: Iterable[Note], *, origin: float = 0.0) -> list[int]:
    """The ids of ``notes``, the first bar at ``origin`` (seconds); no BOS. None of no notes.

    Raises :class:`CorpusError` where MidiTok is missing, or of a version that lays its ids out otherwise.
    """
    from symusic import Note as Written
    from symusic import Score, Track

    tokenizer = _tokenizer()
    track: Any = Track()
    for note in notes:
        start, end = (seconds_to_steps(moment - origin) for moment in (note.start, note.end))
        velocity = velocity_of_bin(velocity_bin(note.velocity))
        track.notes.append(Written(start, max(1, end - start), note.pitch, velocity))
    if not track.notes:
        return []
    score: Any = Score(_BEAT)
    score.tracks.append(track)
    return list(tokenizer.encode(score)[0].ids)


def decode(ids: Sequence[int], *, origin: float = 0.0) -> list[Note]:
    """The notes that ``ids`` tell, the first bar at ``origin`` (seconds); a note that is not told whole is none.

    Raises :class:`CorpusError` as :func:`encode` does.
    """
    score = _tokenizer().decode([list(ids)])
    per_step = score.ticks_per_quarter / _BEAT
    return untangle(
        Note(
            origin + steps_to_seconds(round(note.start / per_step)),
            origin + steps_to_seconds(round(note.end / per_step)),
            note.pitch,
            note.velocity,
            Role.PERFORMER,
        )
        for track in score.tracks
        for note in track.notes
    )


def encoded_anew(ids: Iterable[int]) -> list[int]:
    """What ``ids`` of the default vocabulary tell, in this one; their beginning is a bar's."""
    return encode(notes_of_ids(ids, origin=0.0))


@cache
def _tokenizer() -> Any:
    try:
        from miditok import REMI, TokenizerConfig
    except ImportError as error:
        raise CorpusError("MidiTok is not installed; pip install 'livecomposer[research]'") from error
    config = TokenizerConfig(
        pitch_range=(0, _PITCHES - 1),
        beat_res={(0, _FINE): _BEAT, (_FINE, _LONGEST): _COARSE},
        num_velocities=_VELOCITIES,
        special_tokens=["PAD", "BOS"],
        use_time_signatures=False,
        use_pitchdrum_tokens=False,
    )
    tokenizer = REMI(config)
    if tuple(tokenizer.vocab) != LAYOUT:
        raise CorpusError(
            f"MidiTok has {len(tokenizer)} ids, wanted {SIZE} others; pip install 'livecomposer[research]'"
        )
    return tokenizer
