"""What each command does: gathers settings, calls a room, says what came of it."""

import argparse
import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from livecomposer.control.experiments.research_commands import audition, evaluate, prepare, train
from livecomposer.control.progress import bar
from livecomposer.control.typed_settings import preset_of, say, settings_of, without_effect
from livecomposer.errors import LivecomposerError
from livecomposer.session.panic_signal import signal_kept
from livecomposer.settings import ANY, TOGETHER, TURNS, UNKNOWN, Settings

__all__ = [
    "accompany",
    "audition",
    "begin",
    "bench",
    "calibrate",
    "continue_",
    "controls",
    "doctor",
    "evaluate",
    "jam",
    "ports",
    "prepare",
    "render",
    "replay",
    "send",
    "train",
]

_CONTINUATION_SECONDS = 20.0
"""How long a file is continued, or a piece is, unless settings say otherwise: nobody waits to play again."""


def jam(options: argparse.Namespace) -> int:
    """Play together until told to stop."""
    signal_kept()
    from livecomposer import performances
    from livecomposer.control.surfaces.frontends import frontends_of
    from livecomposer.control.surfaces.reload import reloading
    from livecomposer.control.web.panel_frontend import panel_frontend
    from livecomposer.session.lifecycle import perform

    settings = settings_of(options)
    frontends = frontends_of(settings, config=options.config, preset=preset_of(options), notify=say)
    again = [reloading(lambda: settings_of(options), settings)] if options.config else []
    seed = _seed(settings)
    say(f"seed {seed}")
    done = asyncio.run(
        perform(
            settings,
            seed=seed,
            record=None if options.no_record else options.record,
            duration=options.duration,
            fallback_performance=performances.path("phrases"),
            frontends=[*frontends, *again, panel_frontend],
            notify=say,
        )
    )
    if done.midi is not None:
        say(f"recorded {done.midi} ({done.turns} turns)")
        if done.simulated:
            _keep_sound_and_picture(done.midi, settings)
    for line in done.meters.lines():
        say(line)
    if options.json:
        facts = {"seed": seed, "turns": done.turns, "notes_on": done.notes_on}
        print(json.dumps({**facts, "horizon_ms": round(1000 * done.budget.horizon, 3), **done.meters.summary()}))
    return 0


def continue_(options: argparse.Namespace) -> int:
    """Continue a file."""
    from livecomposer.offline.file_commands import continue_file

    settings = settings_of(options, defaults=Settings(extension_duration=_CONTINUATION_SECONDS))
    if idle := without_effect(options, ANY, TURNS):
        say(f"{idle}: no effect here, for nobody plays along")
    seed = _seed(settings)
    with bar("composing", settings.extension_duration, unit="s") as progress:
        report = asyncio.run(
            continue_file(options.input_file, options.output_file, settings, seed=seed, progress=progress, notify=say)
        )
    if options.json:
        print(json.dumps(report))
    else:
        print(f"{options.output_file}: {report['notes']} notes in {report['seconds']:g} s, seed {seed}")
    return 0


def begin(options: argparse.Namespace) -> int:
    """Open a piece."""
    from livecomposer.offline.file_commands import begin_file

    settings = settings_of(options, defaults=Settings(extension_duration=_CONTINUATION_SECONDS))
    seed = _seed(settings)
    with bar("composing", settings.extension_duration, unit="s") as progress:
        report = asyncio.run(begin_file(options.output_file, settings, seed=seed, progress=progress))
    if options.json:
        print(json.dumps(report))
    else:
        print(f"{options.output_file}: {report['notes']} notes in {report['seconds']:g} s, seed {seed}")
    return 0


def accompany(options: argparse.Namespace) -> int:
    """Play along with a file."""
    from livecomposer.offline.file_commands import accompany_file, accompany_file_knowing, seconds_of

    settings = settings_of(options)
    if idle := without_effect(options, ANY, TOGETHER, *([] if options.offline else [UNKNOWN])):
        say(f"{idle}: no effect here, for {'all is known beforehand' if options.offline else 'nobody takes turns'}")
    seed = _seed(settings)
    how: dict[str, Any] = {"seed": seed, "melody": options.melody, "notify": say}
    with bar("playing along", seconds_of(options.input_file), unit="s") as progress:
        if options.offline:
            report = accompany_file_knowing(options.input_file, options.output_file, settings, **how, progress=progress)
        else:
            how["latency"] = options.latency
            done = accompany_file(options.input_file, options.output_file, settings, **how, progress=progress)
            report = asyncio.run(done)
    print(json.dumps(report) if options.json else f"{options.output_file}: {report['notes']} notes, seed {seed}")
    return 0


def render(options: argparse.Namespace) -> int:
    """Render a file to sound."""
    from livecomposer.offline.file_commands import render_file

    settings = settings_of(options)
    with bar("rendering", 1.0, unit="") as progress:
        seconds = render_file(options.input_file, options.output_file, settings, progress=progress, notify=say)
    print(f"{options.output_file}: {seconds:.1f} s")
    if options.picture is not None:
        _draw(options.input_file, options.picture)
        print(f"{options.picture}: piano roll")
    return 0


def replay(options: argparse.Namespace) -> int:
    """Play a journal's companion again; exit code 1 if it is to be checked and differs."""
    from livecomposer.offline.replay_file import replay_file

    with bar("replaying", 1.0, unit="") as progress:
        work = replay_file(options.journal, options.output_file, model=options.model, progress=progress)
        report = asyncio.run(work)
    if options.json:
        print(json.dumps(report))
    else:
        print(_replayed(report))
    return int(options.check and not report["same"])


def _replayed(report: dict[str, Any]) -> str:
    line = f"{report['notes']} notes in {report['seconds']:g} s, {report['ids']} ids, seed {report['seed']}: "
    first = report["first"]
    differs = f"{report['differences']} differences, the first at "
    line += "the same" if first is None else f"{differs}{first['t']} s: {first['what']}"
    if not report["same_engine"]:
        line += "; computed by another engine than then"
    return f"{line}; {report['broken']}" if report["broken"] else line


def ports(options: argparse.Namespace) -> int:
    """List MIDI ports."""
    from livecomposer.control.machine_facts import midi_ports

    found = midi_ports()
    if options.json:
        print(json.dumps(found))
        return 0
    for kind in ("inputs", "outputs"):
        print(f"{kind}:")
        for name in found[kind] or ["(none)"]:
            print(f"  {name}")
    return 0


def controls(options: argparse.Namespace) -> int:
    """Print the table of commands, with what is bound to each."""
    from livecomposer.control import command_reference as reference
    from livecomposer.control.surfaces.controller_maps import DEFAULT, chosen, controls_of

    settings = settings_of(options)
    bound = controls_of(chosen(settings.controller or DEFAULT, []), settings, config=options.config)
    if options.json:
        print(json.dumps(reference.rows(bound)))
    else:
        print(reference.markdown(bound) if options.markdown else "\n".join(reference.text(bound)))
    return 0


def send(options: argparse.Namespace) -> int:
    """Have the session that runs do a command, by OSC."""
    from livecomposer.control.surfaces.osc_in import host_and_port
    from livecomposer.control.surfaces.osc_out import asked

    now = asked(host_and_port("to", options.to or settings_of(options).osc), options.name, options.value)
    print(options.name if now is None else f"{options.name} = {now}")
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Say what was found and what is missing; exit code 1 if jam could not run."""
    from livecomposer.control.doctor import checks, report

    found = checks(settings_of(options))
    ok = all(check.ok for check in found)
    if options.json:
        rows = [{"name": c.name, "ok": c.ok, "found": c.found, "remedy": c.remedy} for c in found]
        print(json.dumps({"ok": ok, "checks": rows}))
    else:
        print(report(found))
    return 0 if ok else 1


def bench(options: argparse.Namespace) -> int:
    """Measure."""
    signal_kept()
    from importlib import import_module

    what = import_module(f"livecomposer.control.experiments.bench_{options.what}")
    result = what.run(options)
    print(json.dumps(result) if options.json else "\n".join(what.lines(result)))
    return 0


def calibrate(options: argparse.Namespace) -> int:
    """Measure the round trip through a loop of MIDI ports."""
    from livecomposer.control.config_text import saved
    from livecomposer.session.timing.midi_round_trip import measure_loop

    measured = measure_loop(settings_of(options), count=options.notes, patience=options.patience, notify=say)
    print(json.dumps({**asdict(measured), **measured.settings}) if options.json else "\n".join(measured.lines()))
    if options.save is not None:
        saved(options.save, measured.settings)
        say(f"wrote {options.save}")
    return 0


def _seed(settings: Settings) -> int:
    return settings.seed if settings.seed >= 0 else random.SystemRandom().randrange(2**32)


def _draw(midi: Path, picture: Path) -> None:
    """Draw the piano roll of ``midi``, each track in its colour."""
    from livecomposer.evaluation.pictures import piano_roll
    from livecomposer.offline.file_commands import tracks_of_file

    piano_roll(tracks_of_file(midi), picture, title=midi.name)


def _keep_sound_and_picture(midi: Path, settings: Settings) -> None:
    from livecomposer.offline.file_commands import render_file

    attempts: list[tuple[str, Callable[[Path], Any]]] = [
        (".wav", lambda path: render_file(midi, path, settings)),
        (".png", lambda path: _draw(midi, path)),
    ]
    for suffix, make in attempts:
        path = midi.with_suffix(suffix)
        try:
            make(path)
            say(f"wrote {path}")
        except LivecomposerError as error:
            say(f"no {suffix[1:]}: {error}")
