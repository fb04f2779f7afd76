"""MIDI clock in and out, with jitter drawn from a seed."""

import random

import pytest

from livecomposer.beats import Beats
from livecomposer.midi.clock import TICKS_PER_BEAT, ClockReader, ClockWriter, is_clock_message

TICK, START, CONTINUE, STOP = (bytes([status]) for status in (0xF8, 0xFA, 0xFB, 0xFC))


def song_position(sixteenths):
    """A song position pointer."""
    return bytes([0xF2, sixteenths & 0x7F, sixteenths >> 7])


def tick_for(reader, tempo, beats, *, begin=0.0, late=lambda: 0.0):
    """Ticks for so many beats, each ``late()`` seconds late; the moment of the next tick."""
    spacing = 60.0 / tempo / TICKS_PER_BEAT
    count = round(beats * TICKS_PER_BEAT)
    for i in range(count):
        moment = begin + i * spacing
        reader.hear(TICK, moment + late())
    return begin + count * spacing


def delays(*, milliseconds, seed=1):
    """Delays evenly spread up to so many milliseconds, as a driver's period gives them."""
    chance = random.Random(seed)
    return lambda: chance.uniform(0.0, milliseconds / 1000)


@pytest.mark.parametrize("tempo", [60.0, 120.0, 173.0])
@pytest.mark.parametrize("jitter_ms", [0.0, 3.0, 10.0])
def test_the_tempo_is_read_through_jitter(tempo, jitter_ms):
    """Within half a per cent after four beats, each tick anything up to 10 ms late."""
    reader = ClockReader()
    late = delays(milliseconds=jitter_ms)
    reader.hear(START, 0.0)
    now = tick_for(reader, tempo, 4, late=late)
    worst = 0.0
    for _ in range(8 * TICKS_PER_BEAT):
        now = tick_for(reader, tempo, 1 / TICKS_PER_BEAT, begin=now, late=late)
        worst = max(worst, abs(reader.beats(now).tempo / tempo - 1))
    assert worst < 0.005


@pytest.mark.parametrize("tempo", [60.0, 120.0, 173.0])
def test_the_next_bar_line_is_foreseen_within_a_millisecond_or_two(tempo):
    """Ticks 0 to 3 ms late are 1.5 ms late on average; the line through them is as late, and hardly more."""
    reader = ClockReader()
    reader.hear(START, 0.0)
    now = tick_for(reader, tempo, 6.5, late=delays(milliseconds=3.0))
    beats = reader.beats(now)
    assert 8 == beats.next_bar(now)
    assert 8 * 60.0 / tempo + 0.0015 == pytest.approx(beats.moment_of(8), abs=0.0015)


def test_the_song_begins_at_the_first_tick_after_its_start():
    """Ticks before it tell the tempo and do not count."""
    reader = ClockReader()
    now = tick_for(reader, 120.0, 2.25)
    standing = reader.beats(now)
    assert (False, 0.0, False) == (standing.running, standing.beat_at(now), reader.started)
    reader.hear(START, now - 0.001)
    assert 0.0 == pytest.approx(reader.beats(now).beat_at(now))
    now = tick_for(reader, 120.0, 3, begin=now)
    assert (True, 3.0) == (reader.beats(now).running, pytest.approx(reader.beats(now).beat_at(now)))


def test_a_stop_keeps_the_place_and_a_continue_goes_on_from_it():
    """Though the clock ticks on meanwhile, as many do."""
    reader = ClockReader()
    reader.hear(START, 0.0)
    now = tick_for(reader, 120.0, 3)
    reader.hear(STOP, now - 0.001)
    now = tick_for(reader, 120.0, 1.5, begin=now)
    assert (False, 3.0) == (reader.beats(now).running, reader.beats(now).beat_at(now + 5))
    reader.hear(CONTINUE, now - 0.001)
    now = tick_for(reader, 120.0, 1, begin=now)
    assert 4.0 == pytest.approx(reader.beats(now).beat_at(now))


def test_a_song_position_counts_from_the_next_continue():
    """In sixteenths: the 18th is in the middle of the fifth beat."""
    reader = ClockReader()
    now = tick_for(reader, 120.0, 1)
    reader.hear(song_position(18), now)
    assert 4.5 == reader.beats(now).beat_at(now)
    reader.hear(CONTINUE, now)
    now = tick_for(reader, 120.0, 1, begin=now)
    assert 5.5 == pytest.approx(reader.beats(now).beat_at(now))


def test_a_song_position_has_fourteen_bits():
    """The lower seven come first."""
    reader = ClockReader()
    now = tick_for(reader, 120.0, 1)
    reader.hear(song_position(1000), now)
    assert 250.0 == reader.beats(now).beat_at(now)


@pytest.mark.parametrize(("before", "after"), [(120.0, 173.0), (173.0, 60.0), (120.0, 124.0)])
def test_a_tempo_that_jumps_is_known_after_two_beats(before, after):
    """Roughly, and four beats later within half a per cent; and no beat is lost or won."""
    reader = ClockReader()
    reader.hear(START, 0.0)
    late = delays(milliseconds=2.0)
    now = tick_for(reader, before, 9, late=late)
    now = tick_for(reader, after, 2, begin=now, late=late)
    assert after == pytest.approx(reader.beats(now).tempo, rel=0.012)
    assert 11.0 == pytest.approx(reader.beats(now).beat_at(now), abs=0.02)
    now = tick_for(reader, after, 4, begin=now, late=late)
    assert after == pytest.approx(reader.beats(now).tempo, rel=0.005)


def test_a_tick_that_is_far_too_late_moves_nothing():
    """The machine was busy for 30 ms: an accident, and no new tempo."""
    reader, twin = ClockReader(), ClockReader()
    tick_for(reader, 120.0, 5)
    reader.hear(TICK, 2.5 + 0.030)
    now = tick_for(reader, 120.0, 1, begin=2.5 + 0.5 / TICKS_PER_BEAT)
    tick_for(twin, 120.0, 6 + 1 / TICKS_PER_BEAT)
    assert twin.beats(now).tempo == pytest.approx(reader.beats(now).tempo, rel=1e-9)
    assert twin.beats(now).moment == pytest.approx(reader.beats(now).moment, abs=1e-9)


@pytest.mark.parametrize("lost", [1, 3])
def test_ticks_that_are_lost_are_counted(lost):
    """All that follow come late by a whole number of ticks: the beat stays where it was."""
    reader, late = ClockReader(), delays(milliseconds=3.0)
    reader.hear(START, 0.0)
    now = tick_for(reader, 120.0, 5, late=late) + lost * 0.5 / TICKS_PER_BEAT
    for beats in (0.25, 4.0):
        now = tick_for(reader, 120.0, beats, begin=now, late=late)
        assert 2 * now == pytest.approx(reader.beats(now).beat_at(now), abs=0.01)


def test_a_clock_that_vanishes_is_gone_after_half_a_second():
    """And known again half a beat after it is back, at whatever tempo."""
    reader = ClockReader()
    reader.hear(START, 0.0)
    now = tick_for(reader, 120.0, 4)
    assert reader.beats(now + 0.4) is not None
    assert reader.beats(now + 0.6) is None
    now = tick_for(reader, 90.0, 1, begin=now + 3.0)
    assert 90.0 == pytest.approx(reader.beats(now).tempo, rel=1e-6)


def test_nothing_is_told_of_less_than_half_a_beat():
    """Nor of ticks too fast for any music."""
    reader, racer = ClockReader(), ClockReader()
    assert reader.beats(tick_for(reader, 120.0, 0.4)) is None
    assert racer.beats(tick_for(racer, 5000.0, 4)) is None


@pytest.mark.parametrize("data", [b"", b"\xf8\x00", b"\xf2\x01", b"\xf2\x80\x00", b"\x90\x3c\x40", b"\xfe", b"\xff"])
def test_what_is_no_clock_message_is_passed_over(data):
    """Active sensing, reset, notes and broken positions change nothing."""
    reader = ClockReader()
    now = tick_for(reader, 120.0, 2)
    before = reader.beats(now)
    reader.hear(data, now)
    assert not is_clock_message(data)
    assert before == reader.beats(now)


def told(writer, pulse, *, until, begin=0.0, step=0.02, ahead=0.08):
    """What is sent of ``pulse`` (a function of the moment) when it is asked for every 20 ms."""
    sent, now = [], begin
    while now < until:
        sent += writer.due(pulse(now), now, now + ahead)
        now += step
    return sent


@pytest.mark.parametrize("tempo", [60.0, 120.0, 173.0])
def test_what_is_sent_is_read_back_exactly(tempo):
    """A start, then 24 ticks to the beat, the first of them on the first beat."""
    pulse = Beats(tempo=tempo, moment=1.0)
    sent = told(ClockWriter(), lambda _: pulse, until=9.0)
    reader = ClockReader()
    for moment, data in sent:
        reader.hear(data, moment)
    assert START == sent[0][1]
    assert 1.0 == pytest.approx(sent[1][0])
    assert 1 == sum(data != TICK for _, data in sent)
    last = sent[-1][0]
    assert tempo == pytest.approx(reader.beats(last).tempo, rel=1e-6)
    assert pulse.beat_at(last) == pytest.approx(reader.beats(last).beat_at(last), abs=1e-6)


def test_a_song_in_progress_is_told_by_position_and_continue():
    """At the next sixteenth."""
    sent = told(ClockWriter(), lambda _: Beats(tempo=120.0, moment=0.0, beat=300.1), until=0.5)
    assert [song_position(1201), CONTINUE, TICK] == [data for _, data in sent[:3]]
    assert 0.075 == pytest.approx(sent[2][0])


def test_a_pulse_that_ends_is_told_by_one_stop():
    """Whether it stands or is gone; and a pulse that never ran is told by nothing."""
    writer = ClockWriter()
    told(writer, lambda _: Beats(tempo=120.0, moment=0.0), until=1.0)
    assert [STOP] == [data for _, data in told(writer, lambda _: None, begin=1.0, until=2.0)]
    assert [] == told(ClockWriter(), lambda _: Beats(tempo=120.0, moment=0.0, running=False), until=1.0)


def test_a_change_of_tempo_loses_no_tick():
    """As many ticks are sent as the beats that pass have."""
    first = Beats(tempo=100.0, moment=0.0)
    second = first.at_tempo(140.0, 1.203)
    sent = told(ClockWriter(), lambda now: first if now < 1.203 else second, until=4.0)
    moments = [moment for moment, data in sent if data == TICK]
    assert 1 + int(second.beat_at(moments[-1] + 1e-6) * TICKS_PER_BEAT) == len(moments)
    assert sorted(moments) == moments


def test_a_jump_of_the_song_is_told_by_stop_position_and_continue():
    """Followers go there too."""
    here, there = Beats(tempo=120.0, moment=0.0), Beats(tempo=120.0, moment=1.0, beat=64.0)
    sent = told(ClockWriter(), lambda now: here if now < 1.0 else there, until=2.0)
    others = [data for _, data in sent if data != TICK]
    assert [START, STOP, song_position(257), CONTINUE] == others
