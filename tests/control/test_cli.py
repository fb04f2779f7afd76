"""What may be typed, and what is answered to what may not."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from livecomposer import performances
from livecomposer.control.cli import build_parser, main
from livecomposer.errors import LivecomposerError
from livecomposer.events import NoteOn
from livecomposer.midi import files
from livecomposer.session.timing.meters import Meters
from livecomposer.settings import musical
from tests.session.minds import tiny_checkpoint
from tests.session.players import phrase

ROOT = Path(__file__).parents[2]
SOURCE = str(performances.path("gymnopedie"))


def refused(capsys, *arguments):
    """The one line that a bad command is answered with."""
    assert 2 == main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if not line.startswith(("seed ", "no ", "loading", "output"))]
    assert "" == out
    assert 1 == len(lines), err
    assert lines[0].startswith("livecomposer: ")
    return lines[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a readable MIDI file"),
        (b"this is no music", "not a readable MIDI file"),
        (b"MThd\0\0\0\6\0\2\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0", "type 2"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\xff\xff\0\x90", "not a readable MIDI file"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0", "no playable note"),
    ],
)
def test_a_file_that_is_no_music_is_refused(capsys, tmp_path, content, said):
    """Corrupt, empty, truncated, of type 2, or without a note: one line, exit code 2, and no output."""
    source = tmp_path / "in.mid"
    source.write_bytes(content)
    assert said in refused(capsys, "continue", source, "-o", tmp_path / "out.mid")
    assert said in refused(capsys, "render", source, "-o", tmp_path / "out.wav")
    assert ["in.mid"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--creative-risk", "9", "creative_risk = '9': wanted a number from 0.1 to 4"),
        ("--max-rest", "nan", "max_rest = 'nan': wanted a number from 0.05 to 30"),
        ("--seconds", "soon", "extension_duration = 'soon': wanted a number from 0.5 to 3600"),
        ("--sampling", "best", "sampling = 'best': wanted one of topk, nucleus, random"),
        ("--seed", "1.5", "seed = '1.5': wanted a whole number from -1 to"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(capsys, tmp_path, option, value, said):
    """The line names the key, the value and the range."""
    assert said in refused(capsys, "continue", SOURCE, "-o", tmp_path / "out.mid", option, value)


def test_an_unknown_setting_in_a_file_is_refused(capsys, tmp_path):
    """With the names that there are."""
    (tmp_path / "my.toml").write_text("swing = 120\n")
    line = refused(capsys, "jam", "--config", tmp_path / "my.toml")
    assert "unknown setting 'swing'" in line
    assert "creative_risk" in line


def test_an_unknown_preset_is_refused(capsys):
    """With the presets that there are."""
    assert "call-and-response" in refused(capsys, "jam", "--preset", "jazz")


def test_an_unknown_port_is_refused(capsys, tmp_path):
    """With the ports that there are."""
    model = tiny_checkpoint(tmp_path / "tiny")
    line = refused(capsys, "jam", "--model", model, "--output", "no such port", "--no-record")
    assert "'no such port'; there are: " in line


def test_a_missing_soundfont_is_refused(capsys, tmp_path):
    """And nothing is written."""
    line = refused(capsys, "render", SOURCE, "-o", tmp_path / "out.wav", "--soundfont", tmp_path / "none.sf2")
    assert "none.sf2" in line
    assert [] == list(tmp_path.iterdir())


def test_a_checkpoint_of_another_vocabulary_is_refused(capsys, tmp_path):
    """What is at the output's place stays."""
    model = tiny_checkpoint(tmp_path / "other", fingerprint="0123456789ab")
    (tmp_path / "out.mid").write_bytes(b"mine")
    assert "0123456789ab" in refused(capsys, "continue", SOURCE, "-o", tmp_path / "out.mid", "--model", model)
    assert b"mine" == (tmp_path / "out.mid").read_bytes()


def test_a_damaged_checkpoint_is_refused(capsys, tmp_path):
    """By the engine's process, in its words."""
    model = tiny_checkpoint(tmp_path / "tiny")
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "model.safetensors" in refused(capsys, "continue", SOURCE, "-o", tmp_path / "out.mid", "--model", model)


@pytest.mark.parametrize("command", ["jam", "continue", "accompany"])
@pytest.mark.parametrize("name", musical())
def test_whatever_shapes_the_music_live_shapes_it_on_files(command, name):
    """Every such setting is an option of all three."""
    files_ = ["in.mid", "-o", "out.mid"] if command != "jam" else []
    options = build_parser().parse_args([command, *files_, f"--{name.replace('_', '-')}=7"])
    assert "7" == getattr(options, name)


def test_a_continuation_keeps_to_scale_range_and_density(capsys, tmp_path):
    """As the companion does live; what asks for two who play together is said to have no effect."""
    model, out = tiny_checkpoint(tmp_path / "tiny"), tmp_path / "out.mid"
    controls = ["--scale", "C major", "--lowest", "60", "--highest", "72", "--density", "4", "--split", "66"]
    given = [*controls, "--follow-harmony", "1", "--seconds", "6", "--seed", "3", "--model", str(model)]
    assert 0 == main(["continue", SOURCE, "-o", str(out), *given])
    assert "split, follow_harmony: no effect here, for nobody plays along\n" in capsys.readouterr().err
    struck = [event for event in files.read(out).tracks[-1].events if isinstance(event, NoteOn)]
    assert {event.pitch for event in struck} <= {60, 62, 64, 65, 67, 69, 71, 72}
    assert 0 < len({event.time for event in struck}) <= 25


def test_an_accompaniment_says_what_has_no_effect_on_it(capsys, tmp_path):
    """Turns there are none, and who knows all beforehand has nothing to foresee."""
    model, source = tiny_checkpoint(tmp_path / "tiny"), tmp_path / "in.mid"
    files.write(source, [files.Track("tune", tuple(phrase(0.0, notes=4)))])
    given = ["--extension-duration", "3", "--beat-hint", "1", "--seed", "3", "--model", str(model), "--alone", "0.5"]
    for way, said in ((["--latency-ms", "20"], "nobody takes turns"), (["--offline"], "all is known beforehand")):
        assert 0 == main(["accompany", str(source), "-o", str(tmp_path / "out.mid"), *given, *way])
        names = "extension_duration" if said == "nobody takes turns" else "extension_duration, beat_hint"
        assert f"{names}: no effect here, for {said}\n" in capsys.readouterr().err


def test_a_continuation_honours_its_controls_in_the_file(capsys, tmp_path):
    """Seconds, longest rest and longest note hold in what was written; the prompt is kept."""
    model = tiny_checkpoint(tmp_path / "tiny")
    out = tmp_path / "out.mid"
    controls = ["--seconds", "5", "--max-rest", "0.3", "--max-note", "0.5", "--seed", "3", "--model", str(model)]
    assert 0 == main(["continue", SOURCE, "-o", str(out), *controls])
    *prompt, companion = files.read(out).tracks
    before = files.read(performances.path("gymnopedie")).tracks
    assert [len(track.events) for track in before] == [len(track.events) for track in prompt]
    assert "companion" == companion.name
    _assert_within(companion.events, max_rest=0.3, max_note=0.5, seconds=5.0)
    assert re.search(r"\d+ notes in 5 s, seed 3", capsys.readouterr().out)


def test_the_same_accompaniment_twice_is_the_same_file(capsys, tmp_path):
    """Its latency is stated, not measured on the spot: 10 ms, unless another is asked for, or this machine's own."""
    files.write(tmp_path / "in.mid", [files.Track("tune", tuple(phrase(0.0)))])
    common = ["--seed", "5", "--model", str(tiny_checkpoint(tmp_path / "tiny")), "--alone", "0.5", "--json"]
    told = []
    for name, *latency in (("a",), ("b",), ("c", "--latency-ms", "40"), ("d", "--latency-ms", "measured")):
        out = str(tmp_path / f"{name}.mid")
        assert 0 == main(["accompany", str(tmp_path / "in.mid"), "-o", out, *common, *latency])
        told.append(json.loads(capsys.readouterr().out))
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert [10.0, 10.0, 40.0, "measured"] == [report["latency_ms"] for report in told]
    assert [10.0, 10.0, 40.0] == [report["horizon_ms"] for report in told[:3]]


def test_begin_needs_no_input(capsys, tmp_path):
    """Of the length that is asked for; a scale that is none is refused in one line."""
    out, model = tmp_path / "out.mid", str(tiny_checkpoint(tmp_path / "tiny"))
    assert 0 == main(["begin", "-o", str(out), "--seconds", "3", "--seed", "3", "--model", model])
    assert re.search(r"\d+ notes in 3 s, seed 3", capsys.readouterr().out)
    assert 0 == main(["begin", "-o", str(out), "--seconds", "3", "--tempo", "80", "--model", model, "--json"])
    assert {"seed", "model", "notes", "seconds", "tokens", "tempo"} <= set(json.loads(capsys.readouterr().out))
    assert "H major" in refused(capsys, "begin", "-o", out, "--scale", "H major", "--model", model)


def _assert_within(events, *, max_rest, max_note, seconds, slack=0.002):
    struck, reached = {}, events[0].time
    for event in events:
        if hasattr(event, "velocity"):
            assert struck or event.time - reached <= max_rest + slack
            struck[event.pitch] = event.time
        else:
            assert event.time - struck.pop(event.pitch) <= max_note + slack
            reached = event.time
    assert {} == struck
    assert reached - events[0].time <= seconds + slack


def test_every_command_has_help():
    """Each says what it does, and every setting its range."""
    commands = next(action.choices for action in build_parser()._actions if action.choices)
    for name, parser in commands.items():
        assert parser.description, name
    assert "0.1–4" in commands["continue"].format_help()


HELP = """
import contextlib, sys
from livecomposer.control.cli import main
for name in sys.argv[1:]:
    with contextlib.suppress(SystemExit):
        main([name, "--help"])
heavy = {"torch", "numpy", "mido", "rtmidi", "fluidsynth", "sounddevice", "tqdm", "matplotlib"}
sys.exit(", ".join(heavy & set(sys.modules)))
"""


def test_no_commands_help_loads_anything_heavy():
    """Help is instant."""
    names = next(action.choices for action in build_parser()._actions if action.choices)
    done = subprocess.run([sys.executable, "-c", HELP, *names], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "" == done.stderr.strip()
    assert len(names) == done.stdout.count("usage: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        *(
            (["jam", "--duration", text], f"--duration: {text!r}: wanted seconds")
            for text in ("0", "-1", "inf", "long")
        ),
        (["jam", "--swing", "120"], "unrecognized arguments: --swing 120"),
        (["continue", SOURCE], "required: -o/--output-file"),
        (
            ["accompany", SOURCE, "-o", "x.mid", "--latency-ms", "soon"],
            "'soon': wanted milliseconds from 0 to 10000, or",
        ),
        (["play"], "invalid choice: 'play'"),
        ([], "arguments are required: "),
    ],
)
def test_what_is_no_command_is_answered_in_one_line(capsys, arguments, said):
    """Exit code 2, before anything is opened, and where to read what may be typed."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert 2 == caught.value.code
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert line.endswith("--help")


def test_a_reader_that_has_gone_is_no_error():
    """As in ``livecomposer ports --json | true``."""
    command = [sys.executable, "-m", "livecomposer.control.cli", "ports", "--json"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (0, "") == (done.returncode, done.stderr)


def test_a_config_holds_where_the_command_line_is_silent(capsys, tmp_path):
    """Of ``continue`` too: it has no defaults of its own."""
    (tmp_path / "short.toml").write_text("extension_duration = 1.5\n")
    model = tiny_checkpoint(tmp_path / "tiny")
    out = ["-o", str(tmp_path / "out.mid"), "--model", str(model)]
    assert 0 == main(["continue", SOURCE, *out, "--config", str(tmp_path / "short.toml")])
    assert "notes in 1.5 s" in capsys.readouterr().out


def test_an_error_of_several_lines_is_told_in_one(capsys, monkeypatch):
    """Whatever a library says, the performer reads one line."""

    def fail(_options):
        raise LivecomposerError("first\n  second")

    monkeypatch.setattr("livecomposer.control.cli_commands.ports", fail)
    assert 2 == main(["ports"])
    assert "livecomposer: first second\n" == capsys.readouterr().err


def test_meters_are_what_json_promises():
    """The names of design do not change."""
    assert {"thru_ms", "takeover_ms", "late_ms"} <= set(Meters().summary())


@pytest.mark.parametrize(
    ("arguments", "panel"), [([], None), (["--panel"], "on"), (["--panel", "off"], "off"), (["--no-panel"], "off")]
)
def test_the_panel_is_asked_for_by_name_alone(arguments, panel):
    """With a value as any other setting, or without one."""
    assert panel == build_parser().parse_args(["jam", *arguments]).panel


def test_a_journal_that_is_none_is_one_line_and_two(tmp_path, capsys):
    """As all bad input."""
    (tmp_path / "x.jsonl").write_text("{}\n")
    assert 2 == main(["replay", str(tmp_path / "x.jsonl")])
    assert 1 == capsys.readouterr().err.count("\n")


@pytest.mark.parametrize(("same", "options", "code"), [(True, ["--check"], 0), (False, ["--check"], 1), (False, [], 0)])
def test_replay_fails_where_it_is_to_be_checked_and_differs(monkeypatch, capsys, same, options, code):
    """And names the first difference."""

    async def replayed(*_arguments, **_options):
        first = None if same else {"t": 1.5, "what": "another id"}
        told = {"notes": 1, "seconds": 2.0, "ids": 3, "seed": 4, "differences": 1, "broken": "", "same_engine": True}
        return {**told, "same": same, "first": first}

    monkeypatch.setattr("livecomposer.offline.replay_file.replay_file", replayed)
    assert code == main(["replay", "x.jsonl", *options])
    assert ("the same" if same else "1.5 s: another id") in capsys.readouterr().out
