"""Every setting of the instrument, in one table: name, default, range, unit and meaning.

The command line's options, the keys of a TOML file and the environment variables (``LIVECOMPOSER_CREATIVE_RISK``) are
all derived from these fields. Precedence: command line, then environment, then file, then default. Read once, then
frozen; a change is ``dataclasses.replace`` through :func:`changed`.
"""

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from livecomposer.errors import SettingError
from livecomposer.toml_files import read_toml

__all__ = [
    "ANY",
    "TOGETHER",
    "TURNS",
    "UNKNOWN",
    "Settings",
    "changed",
    "given_in",
    "load",
    "meaning_of",
    "musical",
    "range_of",
]

TABLES = ("controls",)
"""Tables of a file of settings that are none: others read them."""

ANY, TURNS, TOGETHER, UNKNOWN = "any", "turns", "together", "unknown"

ENVIRONMENT_PREFIX = "LIVECOMPOSER_"


def _number(
    default: float, low: float, high: float, unit: str, meaning: str, *, live: bool = False, music: str = ""
) -> Any:
    return _setting(default, meaning, live=live, music=music, range=(low, high), unit=unit)


def _choice(default: str, choices: tuple[str, ...], meaning: str, *, live: bool = False, music: str = "") -> Any:
    return _setting(default, meaning, live=live, music=music, choices=choices)


def _text(default: str, meaning: str, *, live: bool = False, found: bool = False, music: str = "") -> Any:
    return _setting(default, meaning, live=live or found, music=music, found=found)


def _setting(default: object, meaning: str, *, live: bool, music: str, **more: object) -> Any:
    return field(default=default, metadata={"meaning": meaning, "live": live or bool(music), "music": music, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a performer may set; ``live``: also while music plays; ``found``: so too, from what there is.

    ``music``: so too, and it shapes what the companion plays: always (``ANY``), its ``TURNS``, while both play
    (``TOGETHER``), or then as long as the future is ``UNKNOWN``.
    The first group are the controls of sampling.
    """

    sampling: str = _choice("nucleus", ("topk", "nucleus", "random"), "how the next event is drawn", music=ANY)
    threshold: float = _number(
        0.98, 0.01, 1.0, "", "topk: fraction of the allowed tokens kept; nucleus: probability kept", music=ANY
    )
    creative_risk: float = _number(1.0, 0.1, 4.0, "", "temperature: below 1 safer, above 1 wilder", music=ANY)
    input_duration: float = _number(30.0, 1.0, 300.0, "s", "how much of what was played the companion hears", music=ANY)
    extension_duration: float = _number(12.0, 0.5, 3600.0, "s", "how long the companion goes on", music=TURNS)
    max_rest: float = _number(1.5, 0.05, 30.0, "s", "longest silence of the companion", music=ANY)
    max_note: float = _number(4.0, 0.05, 30.0, "s", "longest note of the companion", music=ANY)

    mode: str = _choice("continue", ("continue", "respond", "accompany"), "who plays when", live=True)
    alone: float = _number(
        3.0, 0.5, 60.0, "s", "accompany: how long the companion plays on when you have stopped", music=TOGETHER
    )
    foresee: str = _choice(
        "on", ("on", "off"), "accompany: plan for what you will probably play; it is never sounded", music=UNKNOWN
    )
    seed: int = _number(-1, -1, 2**32 - 1, "", "same tape, same seed, same notes; -1 draws one and says which")
    polyphony: int = _number(12, 1, 64, "notes", "most notes the companion holds at once", music=ANY)

    lowest: int = _number(0, 0, 127, "", "lowest pitch of the companion; 60 is middle C", music=ANY)
    highest: int = _number(127, 0, 127, "", "highest pitch of the companion", music=ANY)
    split: int = _number(
        0, 0, 127, "", "accompany: the companion keeps to the side of this pitch you leave; 0: off", music=TOGETHER
    )
    density: float = _number(
        0.0, 0.0, 20.0, "/s", "most onsets of the companion, a chord counted once; 0 for any", music=ANY
    )
    follow_dynamics: float = _number(
        0.5, 0.0, 1.0, "", "accompany: how near to your loudness the companion stays", music=TOGETHER
    )
    follow_harmony: float = _number(
        0.6, 0.0, 1.0, "", "accompany: how near to your harmony the companion stays; 0 for any pitch", music=TOGETHER
    )
    scale: str = _text(
        "", "keeps the companion to a scale: C major, a minor, Eb dorian, D blues, ...; empty for any", music=ANY
    )
    chords: str = _text(
        "", "path of a chord chart the companion keeps to, from your first key on; empty for none", music=ANY
    )

    phrase_wait: float = _number(
        0.6, 0.15, 5.0, "s", "silence that ends a phrase, before it adapts to the player", live=True
    )
    phrase_wait_max: float = _number(
        2.0, 0.2, 20.0, "s", "a phrase ends after this silence whatever is held", live=True
    )
    trigger: str = _text("", "ends the phrase at once: cc:NUMBER, key:PITCH or pedal:NUMBER; empty for silence alone")

    horizon: float = _number(
        0.0, 0.0, 1.0, "s", "commit horizon: the plan is fixed this long before it sounds; 0 measures it at the start"
    )
    plan_ahead: float = _number(2.0, 0.1, 30.0, "s", "how far the companion plans", music=UNKNOWN)
    input_latency_ms: float = _number(0.0, 0.0, 500.0, "ms", "from key to driver, as livecomposer calibrate says")
    output_latency_ms: float = _number(
        0.0, 0.0, 500.0, "ms", "from driver to sound, as livecomposer calibrate says; 0 for what the output tells"
    )

    clock: str = _choice(
        "in", ("off", "in", "out", "both"), "MIDI clock: follow the one that comes in, send one out, or both", live=True
    )
    tempo: float = _number(120.0, 20.0, 300.0, "bpm", "quarter notes a minute where no clock leads", live=True)
    beats_per_bar: int = _number(4, 1, 16, "beats", "quarter notes a bar", live=True)
    answer_bars: int = _number(
        0, 0, 64, "bars", "respond: length of an answer while a clock runs; 0: as long as your call", live=True
    )
    beat_hint: float = _number(
        0.0, 0.0, 1.0, "", "accompany: how strongly a beat draws the companion to sixteenths; 0: freely", music=UNKNOWN
    )
    metronome: str = _choice("off", ("off", "on"), "a click on every beat", live=True)
    metronome_channel: int = _number(10, 1, 16, "", "MIDI channel of the clicks, on no one else's", live=True)
    metronome_high: int = _number(76, 0, 127, "", "key of the click on a bar line", live=True)
    metronome_low: int = _number(77, 0, 127, "", "key of the other clicks", live=True)
    count_in: int = _number(0, 0, 8, "bars", "clicks before our own beat begins")

    input: str = _text(
        "", "MIDI input: part of a port's name, 'virtual', or a FILE.mid as simulated performer", found=True
    )
    output: str = _text(
        "",
        "where it sounds: part of a port's name, 'virtual', 'synth', FILE.wav or 'none'; or several",
        found=True,
    )
    thru: str = _choice("on", ("on", "off"), "pass the performer's keys to the output")
    input_channel: int = _number(0, 0, 16, "", "MIDI channel that is listened to; 0 for all", live=True)
    zones: str = _text(
        "", "what keys do: 0-35 control, 36-59 sounds, 60-127 feeds (the companion hears); else they feed", live=True
    )
    velocity_curve: str = _text(
        "linear", "your touch: linear, soft, hard, gamma:X (below 1 louder) or fixed:VELOCITY", live=True
    )
    transpose: int = _number(0, -48, 48, "semitones", "your keys sound, and are heard, so much higher", live=True)
    performer_channel: int = _number(1, 1, 16, "", "MIDI channel on which you are passed on")
    companion_channel: int = _number(2, 1, 16, "", "MIDI channel on which the companion plays")
    performer_program: int = _number(-1, -1, 127, "", "program sent on your channel; -1 for none", live=True)
    companion_program: int = _number(-1, -1, 127, "", "program sent on the companion's channel; -1 for none", music=ANY)
    output_profile: str = _text(
        "", "how the output's instrument behaves: a name in config/devices/, a FILE.toml, or off; empty: by its name"
    )
    audio: str = _choice("auto", ("auto", "fluidsynth", "portaudio", "off"), "what carries the synthesiser's sound")
    audio_device: str = _text("", "part of the audio device's name; empty for the system's choice")
    gain: float = _number(0.6, 0.0, 5.0, "", "the synthesiser's gain")
    soundfont: str = _text("", "path of an .sf2 or .sf3; empty for the best one found", found=True)
    model: str = _text("", "path of a checkpoint folder; empty for the one that ships", found=True)
    small_model: str = _text("", "checkpoint folder to fall back on when the engine cannot keep up; empty for none")
    device: str = _choice("auto", ("auto", "cpu", "cuda"), "where the model runs")
    precision: str = _choice("int8", ("int8", "float32"), "of the weights on a CPU: int8 is fastest, float32 exact")
    threads: int = _number(1, 1, 64, "", "CPU threads of the engine")

    controller: str = _text(
        "", "map of knobs and buttons: a name in config/controllers/, or a FILE.toml; empty for what is plugged in"
    )
    osc: str = _text("127.0.0.1:8766", "where OSC is listened to, host:port; off for nowhere")
    osc_target: str = _text("", "where changes, notes, turns and meters are sent by OSC, host:port; empty for nowhere")
    panel: str = _choice("on", ("on", "off"), "jam: serve the page with which to see, play and shape the music")
    panel_address: str = _text(
        "127.0.0.1:8765", "where the page is served; any address that others can reach asks them for a token"
    )


_FIELDS: dict[str, Field[Any]] = {f.name: f for f in fields(Settings)}


def musical(*about: str) -> tuple[str, ...]:
    """The settings that shape what the companion plays: all of them, or those ``about`` ANY, TURNS and the like."""
    wanted = about or (ANY, TURNS, TOGETHER, UNKNOWN)
    return tuple(name for name, each in _FIELDS.items() if each.metadata["music"] in wanted)


def range_of(name: str) -> tuple[float, float] | None:
    """Lowest and highest value of a number, or ``None`` for anything else."""
    found: tuple[float, float] | None = _FIELDS[name].metadata.get("range")
    return found


def meaning_of(name: str) -> str:
    """One line on what a setting does, its range and unit included."""
    meta = _FIELDS[name].metadata
    detail = ""
    if "range" in meta:
        low, high = meta["range"]
        detail = f" ({low:.10g}–{high:.10g}{' ' + meta['unit'] if meta['unit'] else ''})"
    elif "choices" in meta:
        detail = f" ({', '.join(meta['choices'])})"
    return f"{meta['meaning']}{detail}"


def changed(settings: Settings, values: Mapping[str, object]) -> Settings:
    """Settings with some values replaced; raises :class:`SettingError` for an unknown name or an unfit value."""
    checked: dict[str, Any] = {name: _checked(name, value) for name, value in values.items()}
    after = replace(settings, **checked)
    if after.lowest > after.highest:
        raise SettingError(f"lowest = {after.lowest} is above highest = {after.highest}; wanted lowest <= highest")
    return after


def load(
    path: Path | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    options: Mapping[str, object] | None = None,
    defaults: Settings | None = None,
) -> Settings:
    """Settings from the defaults, then a TOML file, then the environment, then ``options``; later ones win."""
    from_environment = {
        name: environment[key] for name in _FIELDS if (key := ENVIRONMENT_PREFIX + name.upper()) in environment
    }
    given = {} if path is None else given_in(path)
    return changed(defaults or Settings(), {**given, **from_environment, **(options or {})})


def given_in(path: Path) -> dict[str, object]:
    """What a TOML file sets, unchecked; raises :class:`SettingError` for a file that is none."""
    found = read_toml(path, wanted="settings such as config/default.toml")
    return {name: value for name, value in found.items() if name not in TABLES}


def _checked(name: str, value: object) -> object:
    if name not in _FIELDS:
        raise SettingError(f"unknown setting {name!r}; wanted one of: {', '.join(_FIELDS)}")
    default, meta = _FIELDS[name].default, _FIELDS[name].metadata
    if "range" in meta:
        return _checked_number(name, value, type(default), meta["range"])
    if not isinstance(value, str):
        raise SettingError(f"{name} = {value!r}: wanted text in quotes: {meta['meaning']}")
    if "choices" in meta and value not in meta["choices"]:
        raise SettingError(f"{name} = {value!r}: wanted one of {', '.join(meta['choices'])}")
    return value


def _checked_number(name: str, value: object, kind: type, range_: tuple[float, float]) -> float:
    low, high = range_
    wanted = f"wanted {'a whole number' if kind is int else 'a number'} from {low:.10g} to {high:.10g}"
    try:
        if isinstance(value, bool):
            raise TypeError
        number: float = kind(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingError(f"{name} = {value!r}: {wanted}") from error
    if (isinstance(value, float) and number != value) or not low <= number <= high:  # nan fails the second
        raise SettingError(f"{name} = {value!r}: {wanted}")
    return number
