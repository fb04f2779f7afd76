"""What each command prints, on real files and a tiny model."""

import asyncio
import json

from livecomposer import performances
from livecomposer.control.cli import main
from livecomposer.control.surfaces.osc_in import Responder, received
from livecomposer.faults import Faults
from livecomposer.midi import files
from tests.control.desks import NotedDesk
from tests.session.minds import tiny_checkpoint
from tests.session.players import phrase


def printed(capsys, *arguments):
    """The JSON that a command prints."""
    assert 0 == main([str(argument) for argument in arguments])
    return json.loads(capsys.readouterr().out)


def test_continue_prints_what_it_did(capsys, tmp_path):
    """The keys that programs rely on."""
    model = tiny_checkpoint(tmp_path / "tiny")
    out = tmp_path / "out.mid"
    source = performances.path("gymnopedie")
    report = printed(capsys, "continue", source, "-o", out, "--seconds", 2, "--seed", 9, "--model", model, "--json")
    assert {"seed", "model", "prompt_notes", "notes", "seconds", "tokens"} <= set(report)
    assert (9, 2.0) == (report["seed"], report["seconds"])


def test_a_continuation_lasts_twenty_seconds_unless_told_otherwise(capsys, tmp_path):
    """Longer than a turn in a session, since nobody waits to play again."""
    model = tiny_checkpoint(tmp_path / "tiny")
    source, out = performances.path("gymnopedie"), tmp_path / "out.mid"
    report = printed(capsys, "continue", source, "-o", out, "--model", model, "--json")
    assert 20.0 == report["seconds"]
    assert report["start"] + 20.0 >= files.read(out).seconds > report["start"] + 18.0


def test_a_seed_is_drawn_and_told(capsys, tmp_path):
    """So that what was good can be had again."""
    model = tiny_checkpoint(tmp_path / "tiny")
    source, out = performances.path("gymnopedie"), tmp_path / "out.mid"
    report = printed(capsys, "continue", source, "-o", out, "--seconds", 1, "--model", model, "--json")
    assert report["seed"] >= 0


def test_render_writes_sound_and_picture(capsys, tmp_path):
    """And says where they are."""
    wav, png = tmp_path / "out.wav", tmp_path / "out.png"
    arguments = ["render", performances.path("gymnopedie"), "-o", wav, "--picture", png]
    assert 0 == main([str(argument) for argument in arguments])
    assert [str(wav), str(png)] == [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()]
    assert wav.stat().st_size > 1_000_000
    assert png.stat().st_size > 5_000


def test_jam_with_a_file_leaves_take_sound_and_picture(capsys, tmp_path):
    """The session ends by itself, and its meters are printed."""
    model, score = tiny_checkpoint(tmp_path / "tiny"), tmp_path / "score.mid"
    files.write(score, [files.Track("hands", tuple(phrase(0.1, notes=6, spacing=0.15)))])
    quick = ["--extension-duration", 1, "--phrase-wait", 0.3, "--output", "none", "--model", model, "--json"]
    report = printed(capsys, "jam", "--input", score, "--record", tmp_path / "takes", *quick)
    assert (1, 0) == (report["turns"], report["notes_on"])
    assert {".jsonl", ".mid", ".wav", ".png"} == {path.suffix for path in (tmp_path / "takes").iterdir()}


def test_ports_are_listed(capsys):
    """As names, or as an empty list."""
    report = printed(capsys, "ports", "--json")
    assert {"apis", "inputs", "outputs"} == set(report)


def test_doctor_answers_with_checks(capsys, tmp_path):
    """Each with its name, whether it is well, what was found and what to do."""
    report = printed(capsys, "doctor", "--model", tiny_checkpoint(tmp_path / "tiny"), "--json")
    assert report["ok"]
    assert all({"name", "ok", "found", "remedy"} == set(check) for check in report["checks"])


def test_prepare_then_train_then_evaluate(capsys, tmp_path):
    """The whole way from MIDI files to a figure, small."""
    folder = tmp_path / "music"
    folder.mkdir()
    for i in range(20):
        files.write(folder / f"{i}.mid", [files.Track("hands", tuple(phrase(0.0, notes=20 + i, first=40)))])
    (tmp_path / "run.toml").write_text(
        "layers = 1\nwidth = 32\nheads = 2\nhidden = 64\nwindow = 32\nvalidation_rows = 2\nvalidate_every = 2\n"
        "[[stages]]\nsteps = 4\nrows = 2\nlength = 32\n"
    )
    assert 0 == main(["prepare", str(folder), "-o", str(tmp_path / "shards")])
    arguments = ["--shards", str(tmp_path / "shards"), "--run", str(tmp_path / "run")]
    assert 0 == main(["train", str(tmp_path / "run.toml"), *arguments])
    assert (tmp_path / "run/curve.png").exists()
    capsys.readouterr()
    report = printed(capsys, "evaluate", tmp_path / "run/best", tmp_path / "shards/train.npz", "--json")
    keys = {"pieces", "tokens", "notes", "nll_per_token", "bits_per_note", "bits_per_second", "interval"}
    assert keys <= set(report)
    assert "run" == report["model"]
    assert 0 == main(["evaluate", str(tmp_path / "run/best"), str(tmp_path / "shards/train.npz")])
    assert "model: run" == capsys.readouterr().out.splitlines()[0]
    assert report["interval"][0] <= report["bits_per_note"] <= report["interval"][1]


def test_controls_prints_the_table_of_commands(capsys, tmp_path):
    """With what a file of settings binds."""
    config = tmp_path / "set.toml"
    config.write_text('[controls]\n"note:36@10" = "panic"\n')
    rows = {row["name"]: row for row in printed(capsys, "controls", "--config", config, "--json")}
    assert "/livecomposer/panic" == rows["panic"]["osc"]
    assert "note:36@10" in rows["panic"]["bound"]
    assert 0 == main(["controls"])
    assert len(rows) == len(capsys.readouterr().out.splitlines())


async def test_send_reaches_a_session_that_runs(capsys):
    """By the same names; what it is set to is printed."""
    dispatcher = NotedDesk()
    async with received(
        ("127.0.0.1", 0), Responder(dispatcher), silence=dispatcher.panic, notify=print, faults=Faults()
    ) as receiver:
        to = ["--to", "{}:{}".format(*receiver.address)]
        assert 0 == await asyncio.to_thread(main, ["send", "creative_risk", "1.5", *to])
        assert 0 == await asyncio.to_thread(main, ["send", "undo", *to])
        assert 2 == await asyncio.to_thread(main, ["send", "creative_risk", "9", *to])
    assert ["creative_risk = 1.5", "undo"] == capsys.readouterr().out.splitlines()
    assert [("creative_risk", 1.5, "osc"), ("undo", None, "osc")] == dispatcher.noted
