"""What the settings name, opened, or refused before anything else is."""

import asyncio

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.errors import PortError, SoundError
from livecomposer.events import NoteOn
from livecomposer.playing.sinks import NullSink
from livecomposer.session import doors
from livecomposer.session.stage import perform
from livecomposer.settings import Settings, changed
from tests.fakes import FakeSink


def test_an_output_that_fails_to_open_leaves_none_open(monkeypatch, tmp_path):
    """What was opened before it is closed."""
    (tmp_path / "config.json").write_text("{}")
    first = FakeSink()

    def open_sink(wanted, *_):
        if wanted == "first":
            return first
        raise PortError(wanted)

    monkeypatch.setattr(doors, "_open_sink", open_sink)
    with pytest.raises(PortError, match="second"):
        asyncio.run(
            perform(changed(Settings(), {"model": str(tmp_path), "output": "first, second"}), seed=1, record=None)
        )
    assert 1 == first.closed


def test_without_a_name_what_there_is_is_opened_and_the_rest_told(monkeypatch):
    """A system without an audio device plays through its virtual port, and says what it lacks."""
    port, said = FakeSink(), []

    def open_sink(wanted, *_):
        if wanted == "virtual":
            return port
        raise SoundError("no audio device")

    monkeypatch.setattr(doors, "_open_sink", open_sink)
    assert [port] == list(doors.sinks(Settings(), ManualClock(), said.append))
    assert [f"output: {port.name}", "no sound: no audio device"] == said


def test_no_output_is_an_output():
    """``none`` takes everything and sounds nothing."""
    (sink,) = doors.sinks(changed(Settings(), {"output": "none"}), ManualClock(), print)
    assert isinstance(sink, NullSink)


def test_who_plays_in_place_of_a_person(monkeypatch, tmp_path):
    """A given performance before all, then a file that is named; the fallback only where no keyboard is connected."""
    given = [NoteOn(0.0, 60, 80)]
    assert tuple(given) == tuple(doors.simulated_performance(Settings(), None, given).events)
    monkeypatch.setattr(doors.ports, "inputs", lambda: ["keyboard"])
    assert doors.simulated_performance(Settings(), tmp_path / "never-read.mid", None) is None
    assert (
        doors.simulated_performance(changed(Settings(), {"input": "nord"}), tmp_path / "never-read.mid", None) is None
    )
