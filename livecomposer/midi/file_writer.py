"""Tracks as a new MIDI file, or as one part more of a file that was read. Pure: it is saved elsewhere."""

import re
from collections.abc import Callable, Iterable, Sequence
from math import ceil

import mido

from livecomposer.events import NoteOff, NoteOn
from livecomposer.messages import encode
from livecomposer.midi.file_chunks import END_OF_TRACK, META, META_LENGTHS, SYSEX, SYSEX_END, TimedMessage
from livecomposer.midi.file_conductor import TEMPO, TIME_SIGNATURE, exists
from livecomposer.midi.file_reader import DRUM_CHANNEL, in_range, name_of
from livecomposer.midi.recording import Source, Track
from livecomposer.units import DEFAULT_TEMPO_US

__all__ = ["extended_file", "new_file"]

_TICKS_PER_BEAT = 960
_USUAL_TEMPO, _USUAL_BAR = 60_000_000 / DEFAULT_TEMPO_US, 4  # hold where nothing is said
_ENOUGH_TICKS_PER_BEAT = 480  # to place notes by: about 1 ms each
_LARGEST_TICK = 0x0FFFFFFF
_MELODIC_CHANNELS = [channel for channel in range(16) if channel != DRUM_CHANNEL]
_RELEASE_VELOCITY = 64
_QUARTERS = 2  # a time signature's beats, as a power of two of them a whole note
_CLOCKS = b"\x18\x08"  # of a time signature: 24 clocks a click, 8 32nds a quarter
_NAME, _END = b"\xff\x03", bytes([META, END_OF_TRACK])
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f]")


def new_file(tracks: Sequence[Track], *, tempo: float = _USUAL_TEMPO, beats_per_bar: int = _USUAL_BAR) -> mido.MidiFile:
    """A type 1 file, one track a part, at ``tempo`` quarters a minute, each of 960 ticks.

    Parts take the channels in turn, the drum channel left out.
    """

    def tick_of(seconds: float) -> int:
        return round(seconds * _TICKS_PER_BEAT * tempo / 60)

    channels = [_MELODIC_CHANNELS[part % len(_MELODIC_CHANNELS)] for part in range(len(tracks))]
    parts = [_part(track, channel, tick_of) for track, channel in zip(tracks, channels, strict=True)]
    if (tempo, beats_per_bar) != (_USUAL_TEMPO, _USUAL_BAR):
        parts[0][1:1] = [(0, message) for message in _conductor(tempo, beats_per_bar)]
    return mido.MidiFile(type=1, ticks_per_beat=_TICKS_PER_BEAT, tracks=[_to_mido(part) for part in parts])


def _conductor(tempo: float, beats_per_bar: int) -> tuple[bytes, bytes]:
    quarter_us = round(60_000_000 / tempo).to_bytes(3, "big")
    return bytes([META, TEMPO]) + quarter_us, bytes([META, TIME_SIGNATURE, beats_per_bar, _QUARTERS]) + _CLOCKS


def extended_file(source: Source, track: Track, notify: Callable[[str], None] = lambda _: None) -> mido.MidiFile:
    """The file of ``source``, as type 1, and ``track``: at the end of the last track of its name, or as one more.

    All that has a meaning stays, message by message and at its tick: tempo, signatures, programs, controllers, drums,
    texts. Ticks that are too coarse to place notes by are divided. A new track takes a channel that no other has;
    ``notify`` hears where there is none, and of what is not kept.
    """
    finer = _finer(source)

    def tick_of(seconds: float) -> int:
        return round(source.tempo.to_ticks(seconds) * finer)

    parts = []
    for messages, releases in zip(source.chunks.tracks, source.releases, strict=True):
        missing = [(tick_of(end), _release(channel, key)) for channel, key, end in releases]
        parts.append(
            _joined([(tick * finer, clean) for tick, message in messages if (clean := _clean(message))], missing)
        )
    named = [at for at, messages in enumerate(source.chunks.tracks) if name_of(messages) == track.name]
    if named:
        part = parts[named[-1]]
        parts[named[-1]] = _joined(part, _part(track, _channel_of(part), tick_of)[1:])
    else:
        parts.append(_part(track, _free_channel(parts, track.name, notify), tick_of))
    if lost := sum(map(_is_split_sysex, (message for messages in source.chunks.tracks for _, message in messages))):
        notify(f"{lost} system-exclusive messages in several packets are not kept")
    division = source.chunks.division * finer
    return mido.MidiFile(type=1, ticks_per_beat=division, tracks=[_to_mido(part) for part in parts])


def _finer(source: Source) -> int:
    """By how much the file's ticks are divided; never those of frames, which are fine enough."""
    division = source.chunks.division
    ticks = max((messages[-1][0] for messages in source.chunks.tracks if messages), default=0)
    finer = ceil(_ENOUGH_TICKS_PER_BEAT / division) if division > 0 else 1
    return finer if ticks * finer <= _LARGEST_TICK else 1


def _joined(one: Sequence[TimedMessage], other: Sequence[TimedMessage]) -> list[TimedMessage]:
    """Both in time order, with one end."""
    messages = [*one, *other]
    end = max((tick for tick, _ in messages), default=0)
    return [*sorted((each for each in messages if each[1] != _END), key=lambda each: each[0]), (end, _END)]


def _part(track: Track, channel: int, tick_of: Callable[[float], int]) -> list[TimedMessage]:
    """The messages of ``track``, its name first and its end last."""
    name = _CONTROL_CHARACTERS.sub(" ", track.name).encode("utf-8", errors="replace")
    messages: list[TimedMessage] = [(0, _NAME + name)]
    struck: dict[int, int] = {}
    tick = 0
    for event in track.events:
        tick = max(tick, tick_of(event.time))
        if isinstance(event, NoteOn):
            struck[event.pitch] = tick
        elif isinstance(event, NoteOff):
            tick = max(tick, struck.pop(event.pitch, -1) + 1)  # a note of no ticks would be odd to the next reader
        messages.append((tick, encode(event, channel=channel)))
    return [*messages, (max(tick, tick_of(track.end)), _END)]


def _release(channel: int, key: int) -> bytes:
    return bytes([0x80 | channel, key, _RELEASE_VELOCITY])


def _clean(message: bytes) -> bytes:
    """The message, as long as it should be and with values that exist; empty for one that says nothing."""
    if message[0] == META:
        kind, data = message[1], message[2:][: META_LENGTHS.get(message[1])]
        if kind == TIME_SIGNATURE and len(data) < 4:
            data += _CLOCKS[len(data) - 2 :]
        return message[:2] + data if len(data) == META_LENGTHS.get(kind, len(data)) and exists(kind, data) else b""
    if message[0] >= SYSEX:
        return b"" if _is_split_sysex(message) or not message[1:-1].isascii() else message
    data = in_range(message[1:])
    return data and message[:1] + data


def _is_split_sysex(message: bytes) -> bool:
    return message[0] == SYSEX_END or (message[0] == SYSEX and message[-1] != SYSEX_END)


def _channel_of(part: Sequence[TimedMessage]) -> int:
    return next((message[0] & 0x0F for _, message in part if message[0] < SYSEX), 0)


def _free_channel(parts: Iterable[Sequence[TimedMessage]], name: str, notify: Callable[[str], None]) -> int:
    used = {message[0] & 0x0F for part in parts for _, message in part if message[0] < SYSEX}
    if free := [channel for channel in _MELODIC_CHANNELS if channel not in used]:
        return free[0]
    last = _MELODIC_CHANNELS[-1]
    notify(f"every channel is in use; {name} shares channel {last + 1}")
    return last


def _to_mido(part: Iterable[TimedMessage]) -> mido.MidiTrack:
    track = mido.MidiTrack()
    now = 0
    for tick, message in part:
        track.append(_mido_message(message, tick - now))
        now = tick
    return track


def _mido_message(message: bytes, time: int) -> mido.Message:
    if message == _END:
        return mido.MetaMessage("end_of_track", time=time)
    if message[0] == META:
        return mido.UnknownMetaMessage(message[1], message[2:], time=time)
    if message[0] == SYSEX:
        return mido.Message("sysex", data=message[1:-1], time=time)
    return mido.Message.from_bytes(message, time=time)
