"""Calls, written down."""

from livecomposer.beats import Beats
from livecomposer.clocks import ManualClock
from livecomposer.settings import Settings, changed
from livecomposer.takes.call_log import decoded
from livecomposer.takes.recording_companion import CallWriter, RecordingCompanion
from tests.session.players import phrase

SETTINGS = changed(Settings(), {"horizon": 0.03})


def recorded():
    """An ensemble, its writer, and the lines so far."""
    lines = []
    writer = CallWriter(lines.append)
    return RecordingCompanion(SETTINGS, seed=1, writer=writer), writer, lines


def calls_of(lines):
    """All calls in the lines."""
    return [call for line in lines for call in decoded(line["calls"], since=line["at"])]


def test_every_call_is_written_down_in_order():
    """With its moment."""
    companion, _, lines = recorded()
    for event in phrase(1.0, notes=1):
        companion.hear(event)
    companion.want(1.5)
    companion.commit(1.6)
    companion.freeze(1.7, on=True)
    order = companion.trigger, companion.undo, companion.reroll, companion.give_way, companion.halt, companion.begin
    for each in order:
        each(2.0)
    companion.lost(3.0)
    companion.found(3.5)
    companion.adapt(changed(SETTINGS, {"mode": "accompany"}), 4.0)
    companion.engine_changed("small", 5.0)
    companion.write_down()
    calls = calls_of(lines)
    assert "hhwcfturysnlbae" == "".join(call.what for call in calls if call.what != "p")
    assert [1.0, 1.2, 1.5, 1.6, 1.7] == [call.moment for call in calls[:5]]
    assert '{"mode":"accompany"}' == next(call.with_ for call in calls if call.what == "a")


def test_only_a_pulse_that_is_another_is_written_down():
    """With how often it was asked for before."""
    companion, _, lines = recorded()
    beats = Beats(tempo=120.0, moment=0.0)
    companion.pulse = lambda now: beats if now >= 5.0 else None
    companion.adapt(changed(SETTINGS, {"mode": "respond"}), 0.5)
    for event in phrase(1.0, notes=2):
        companion.hear(event)
    clock = ManualClock(1.0)
    while clock.now() < 6.0:
        clock.advance(0.1)
        companion.commit(clock.now())
    companion.write_down()
    assert 1 == sum(call.what == "p" for call in calls_of(lines))


def test_lines_are_numbered_and_none_is_empty():
    """A line that is missing can be told."""
    _, writer, lines = recorded()
    writer.write()
    for number in range(4500):
        writer.note("w", number / 1000)
    writer.write()
    assert [0, 1, 2] == [line["n"] for line in lines]
    assert 4500 == len(calls_of(lines))
