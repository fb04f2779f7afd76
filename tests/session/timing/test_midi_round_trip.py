"""The round trip through real ports, in processes of their own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from livecomposer.errors import PortError, SettingError
from livecomposer.midi import ports
from livecomposer.session.timing.midi_round_trip import Calibration, measure_loop
from livecomposer.settings import Settings
from tests.jack import jack_server, on_jack

COMMAND = [sys.executable, "-m", "livecomposer.control.cli", "calibrate", "--input", "virtual", "--output", "virtual"]


def calibrate(*options):
    """The command as a process."""
    return subprocess.Popen(
        [*COMMAND, *map(str, options)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def connect():
    """The command's own output to its own input."""
    listed = subprocess.run(["jack_lsp", "-p"], capture_output=True, text=True, check=True).stdout
    ends = [
        re.search(rf"^(livecomposer.*)\n\s+properties: {kind}", listed, re.MULTILINE) for kind in ("output", "input")
    ]
    subprocess.run(["jack_connect", *(end[1] for end in ends)], check=True, capture_output=True)


@on_jack
def test_a_loop_of_real_ports_is_measured_and_saved(tmp_path):
    """The notes come back, and the file gets what was printed."""
    saved = tmp_path / "own.toml"
    with jack_server(period=512):
        running = calibrate("--notes", 20, "--json", "--save", saved, "--patience", 60)
        assert "waiting for the first note" in running.stderr.readline()
        connect()
        out, said = running.communicate(timeout=120)
    assert 0 == running.returncode, said
    report = json.loads(out)
    assert 20 == report["count"] + report["lost"]
    assert 0 < report["p50"] <= report["p99"] <= report["max"]
    assert f"input_latency_ms = {report['input_latency_ms']}" in saved.read_text()


@on_jack
def test_ports_that_are_not_connected_end_it_with_one_line():
    """The exit code of bad input, and the remedy."""
    with jack_server(period=512):
        running = calibrate("--patience", 0.3)
        out, said = running.communicate(timeout=120)
    assert (2, "") == (running.returncode, out)
    assert "connect the output to the input" in said.splitlines()[-1]


def test_a_machine_without_ports_is_told_what_to_do(monkeypatch):
    """Rather than that some name does not fit."""
    monkeypatch.setattr(ports, "_PROBE", "")
    with pytest.raises(PortError, match="no MIDI input here; connect an interface"):
        measure_loop(Settings(), count=1, patience=0.1)


def test_no_notes_are_refused():
    """A count that measures nothing is said so."""
    with pytest.raises(SettingError, match="notes = 0: wanted 1 or more"):
        measure_loop(Settings(), count=0, patience=0.1)


def test_each_way_gets_half_of_the_median():
    """A loop cannot tell the two apart."""
    measured = Calibration.of([0.002, 0.003, 0.010], lost=0)
    assert {"input_latency_ms": 1.5, "output_latency_ms": 1.5} == pytest.approx(measured.settings, abs=0.01)
    assert (3, 10.0) == (measured.count, measured.max)


def test_the_lines_say_what_was_measured_and_what_to_write():
    """The last two are TOML."""
    lines = list(Calibration.of([0.004] * 9, lost=1).lines())
    assert "9 notes, 1 lost: median 4 ms, p99 4 ms, max 4 ms" in lines[0]
    assert ["input_latency_ms = 2", "output_latency_ms = 2"] == lines[-2:]
