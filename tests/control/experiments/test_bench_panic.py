"""How long silence takes."""

import argparse
import json
from itertools import pairwise

import pytest

from livecomposer.control.experiments import bench_panic
from livecomposer.control.experiments.bench_panic import SilenceProbe, lines, run, stream
from livecomposer.errors import SettingError
from livecomposer.events import NoteOn
from tests.session.minds import tiny_checkpoint


def test_an_ear_tells_when_silence_was_made():
    """By all notes off on the highest channel, the first after it was asked for."""
    moments = iter([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    ear = SilenceProbe(lambda: next(moments))
    for data in (b"\x91\x3c\x50", b"\xb0\x7b\x00", b"\xb1\x7b\x00", b"\x91\x3c\x50", b"\xb1\x7b\x00"):
        ear.send(data)
    assert 3.0 == ear.silenced(1.5)
    assert ear.silenced(5.5) is None
    assert (1, 0) == (ear.begun(3.5, 4.5, 1), ear.begun(3.5, 4.5, 0))


def test_a_stream_never_rests_and_is_always_the_same():
    """No gap of 0.2 s, and no key struck while it is down by another hand."""
    music = stream(3.0, seed=1)
    assert music == stream(3.0, seed=1)
    struck = sorted({event.time for event in music if isinstance(event, NoteOn)})
    assert max(two - one for one, two in pairwise(struck)) < 0.2


def test_both_ways_are_measured_in_a_real_session(tmp_path, monkeypatch):
    """Each was heard, nothing is left on, and the table tells what the report has."""
    monkeypatch.setattr(bench_panic, "_LEAD_IN", 0.5)
    options = argparse.Namespace(panics=4, model=str(tiny_checkpoint(tmp_path / "tiny")), threads="")
    result = json.loads(json.dumps(run(options)))
    assert (2, 2, 0) == (result["cc_ms"]["count"], result["signal_ms"]["count"], result["notes_on"])
    assert 0 < result["cc_ms"]["p50"] <= result["cc_ms"]["max"]
    assert ["cc", "signal", "machine"] == [line.split()[0] for line in list(lines(result))[1:4]]


def test_fewer_than_one_each_is_refused():
    """Before anything is opened."""
    with pytest.raises(SettingError, match="panics = 1"):
        run(argparse.Namespace(panics=1, model="", threads=""))
