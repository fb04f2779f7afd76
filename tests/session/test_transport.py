"""Whose beat it is, and what the companion makes of it, on a clock that is moved by hand."""

import random

import pytest

from livecomposer.beats import Beats
from livecomposer.clocks import ManualClock
from livecomposer.companion.accompaniment import Accompaniment
from livecomposer.companion.turn_taking import TurnTaking, answer_bars
from livecomposer.events import NoteOff, NoteOn, notes_of_events
from livecomposer.session.transport import Transport
from livecomposer.settings import Settings, changed
from tests.session.players import Mind, phrase, play

HORIZON = 0.03
TICK, START, STOP = b"\xf8", b"\xfa", b"\xfc"


def settings_of(**values):
    """Call and response with some settings changed."""
    return changed(Settings(), {"mode": "respond", "horizon": HORIZON, "phrase_wait": 0.4, **values})


def transport_of(*, began=0.0, **values):
    """A transport with some settings changed."""
    return Transport(settings_of(**values), began=began)


def follow(transport, tempo, beats, *, begin=0.0, late=lambda: 0.0, source=0):
    """An incoming clock for so many beats; the moment of the next tick."""
    spacing = 60.0 / tempo / 24
    for i in range(round(24 * beats)):
        transport.hear(TICK, begin + i * spacing + late(), source)
    return begin + round(24 * beats) * spacing


def follow_both(transport, beats, *, begin):
    """Clocks of 120 from input 0, which beats so often, and of 90 from input 1, mixed; when they are over."""
    ticks = [(begin + i * 60.0 / 120 / 24, 0) for i in range(round(24 * beats))]
    ticks += [(begin + i * 60.0 / 90 / 24, 1) for i in range(round(24 * beats * 90 / 120))]
    for moment, source in sorted(ticks):
        transport.hear(TICK, moment, source)
    return begin + beats * 60.0 / 120


def duet_by(pulse, **values):
    """A duet that plays by ``pulse``."""
    duet = TurnTaking(settings_of(**values), seed=1)
    duet.pulse = pulse
    return duet


def answer_to(duet, events, *, until):
    """The notes of the companion."""
    return notes_of_events([event for _, event in play(duet, ManualClock(), events, until=until)])


def test_without_a_clock_there_are_no_beats():
    """The companion answers when it likes."""
    assert transport_of().pulse(1.0) is None


@pytest.mark.parametrize("values", [{"clock": "out"}, {"clock": "both"}, {"metronome": "on"}, {"count_in": 1}])
def test_what_needs_a_beat_starts_our_own(values):
    """At the tempo that is set, from the moment it began on."""
    beats = transport_of(began=5.0, tempo=90.0, **values).pulse(6.0)
    assert (90.0, 5.0, -4 * values.get("count_in", 0)) == (beats.tempo, beats.moment, beats.beat)


def test_our_own_tempo_changes_without_losing_the_beat():
    """Twice as fast from the third beat on."""
    transport = transport_of(metronome="on", tempo=60.0)
    transport.adapt(settings_of(metronome="on", tempo=120.0), 3.0)
    assert 5.0 == transport.pulse(4.0).beat_at(4.0)


def test_an_incoming_clock_leads_once_it_has_started():
    """Its ticks alone, which many a keyboard sends all day, do not."""
    transport = transport_of(metronome="on", tempo=90.0)
    now = follow(transport, 120.0, 4)
    assert 90.0 == transport.pulse(now).tempo
    transport.hear(START, now)
    now = follow(transport, 120.0, 4, begin=now)
    assert 120.0 == pytest.approx(transport.pulse(now).tempo)
    assert 4.0 == pytest.approx(transport.pulse(now).beat_at(now))


@pytest.mark.parametrize("clock", ["off", "out"])
def test_an_incoming_clock_is_followed_only_if_it_may_be(clock):
    """By the setting of that name."""
    transport = transport_of(clock=clock)
    transport.hear(START, 0.0)
    now = follow(transport, 87.0, 4)
    assert "off" != clock or transport.beats(now) is None
    assert "out" != clock or transport.beats(now).tempo == 120.0


def test_a_stop_is_told_once():
    """And then nothing runs, though our own metronome is on: the song stands still."""
    transport = transport_of(metronome="on")
    transport.hear(START, 0.0)
    now = follow(transport, 120.0, 4)
    assert transport.hear(STOP, now)
    assert not transport.hear(STOP, now)
    assert transport.pulse(now) is None
    assert not transport.beats(now).running


def test_where_an_incoming_clock_vanishes_our_own_goes_on():
    """After half a second; without one of our own there are no beats."""
    with_own, without = transport_of(metronome="on", tempo=90.0), transport_of()
    for transport in (with_own, without):
        transport.hear(START, 0.0)
        now = follow(transport, 120.0, 4)
    assert (90.0, None) == (with_own.pulse(now + 1).tempo, without.pulse(now + 1))


def test_of_two_clocks_the_first_that_runs_leads_until_it_stops():
    """Its neighbour's ticks, start and stop are not taken for its own; then the neighbour leads, from where it is."""
    transport = transport_of()
    now = follow_both(transport, 4, begin=0.0)  # neither was started
    transport.hear(START, now, 1)
    now = follow_both(transport, 8, begin=now)
    assert (90.0, 6.0) == pytest.approx((transport.pulse(now).tempo, transport.pulse(now).beat_at(now)), abs=0.1)
    transport.hear(START, now, 0)
    now = follow_both(transport, 4, begin=now)
    assert 90.0 == pytest.approx(transport.pulse(now).tempo, abs=0.1)
    assert not transport.hear(STOP, now, 0)
    transport.hear(START, now, 0)
    now = follow_both(transport, 8, begin=now)
    assert transport.hear(STOP, now, 1)
    now = follow_both(transport, 4, begin=now)
    assert (120.0, 12.0) == pytest.approx((transport.pulse(now).tempo, transport.pulse(now).beat_at(now)), abs=0.1)


def test_where_the_clock_that_leads_falls_silent_another_that_runs_takes_its_place():
    """And keeps it when the first is back; all keep the bars that are set."""
    transport = transport_of()
    for source in (0, 1):
        transport.hear(START, 0.0, source)
    now = follow_both(transport, 4, begin=0.0)
    assert 120.0 == pytest.approx(transport.pulse(now).tempo, abs=0.1)
    now = follow(transport, 90.0, 4, begin=now, source=1)
    transport.adapt(settings_of(beats_per_bar=3), now)
    assert (90.0, 3) == pytest.approx((transport.pulse(now).tempo, transport.pulse(now).per_bar), abs=0.1)
    now = follow_both(transport, 4, begin=now)
    assert 90.0 == pytest.approx(transport.pulse(now).tempo, abs=0.1)


def test_two_taps_tell_a_tempo():
    """Who asked for it sets it."""
    transport = transport_of()
    assert [None, 120.0] == [transport.tap(1.0), transport.tap(1.5)]


@pytest.mark.parametrize("tempo", [60.0, 97.3, 120.0, 173.0])
def test_an_answer_begins_on_the_next_bar_line_and_lasts_whole_bars(tempo):
    """To the millisecond at the first note, whatever the grid of 10 ms; all has ended by the last bar line."""
    pulse = Beats(tempo=tempo, moment=0.2345)
    call = phrase(1.0, notes=8, spacing=0.25)
    answer = answer_to(duet_by(lambda _: pulse, max_rest=0.3), call, until=25.0)
    bar_line = pulse.moment_of(pulse.next_bar(call[-1].time + 0.3))
    bars = answer_bars(1.95, pulse, settings_of())
    assert bar_line == pytest.approx(answer[0].start, abs=0.001)
    assert bars * pulse.bar == pytest.approx(max(note.end for note in answer) - bar_line, abs=0.31)
    assert max(note.end for note in answer) <= bar_line + bars * pulse.bar + 0.006


def test_the_first_note_is_planned_long_before_its_bar_line():
    """The engine is asked as soon as the phrase has ended, so that the bar line finds the note ready."""
    duet, clock, mind = duet_by(lambda _: Beats(tempo=60.0, moment=0.0), plan_ahead=5.0), ManualClock(), Mind()
    play(duet, clock, phrase(0.1, notes=3), until=1.4, mind=mind)
    assert duet.on_the_bar
    assert 4.0 == duet.plan.events[0].time
    play(duet, clock, [], until=4.1, mind=mind)
    assert not duet.on_the_bar


def test_the_duet_wants_to_be_woken_while_it_waits_for_its_bar_line():
    """The bar line may come nearer."""
    duet, clock = duet_by(lambda _: Beats(tempo=60.0, moment=0.0), plan_ahead=5.0), ManualClock()
    play(duet, clock, phrase(0.1, notes=3), until=1.4)
    assert clock.now() < duet.next_look(clock.now()) <= clock.now() + 0.05


@pytest.mark.parametrize("tempo", [110.0, 60.0, 132.0])
def test_a_bar_line_that_moves_takes_the_answer_with_it(tempo):
    """The master changes its tempo while the answer waits."""
    first = Beats(tempo=60.0, moment=0.0)
    second = first.at_tempo(tempo, 1.5)
    duet = duet_by(lambda now: first if now < 1.5 else second, plan_ahead=5.0)
    answer = answer_to(duet, phrase(0.1, notes=3), until=9.0)
    assert second.moment_of(4) == pytest.approx(answer[0].start, abs=1e-9)


def test_a_song_that_jumps_is_answered_on_its_next_bar_line():
    """The bar line that was waited for lies behind, or far ahead."""
    first, second = Beats(tempo=60.0, moment=0.0), Beats(tempo=60.0, moment=1.5, beat=41.5)
    duet = duet_by(lambda now: first if now < 1.5 else second)
    assert 4.0 == pytest.approx(answer_to(duet, phrase(0.1, notes=3), until=9.0)[0].start)


def test_a_jittered_clock_is_answered_on_its_bar_line():
    """From tick to first note, with ticks up to 3 ms late: within 2 ms of the line through them."""
    transport, chance = transport_of(), random.Random(2)
    transport.hear(START, 0.0)
    duet, clock, mind = duet_by(transport.pulse), ManualClock(), Mind()
    waiting, due, committed = phrase(2.0, notes=6), 0.0, []
    while clock.now() < 8.0:
        clock.advance(0.005)
        while due <= clock.now():
            transport.hear(TICK, due + chance.uniform(0.0, 0.003))
            due += 60.0 / 87.0 / 24
        now = [event for event in waiting if event.time <= clock.now()]
        waiting = waiting[len(now) :]
        committed += play(duet, clock, now, until=clock.now() + 0.001, mind=mind, tick=0.001)
    bar = 4 * 60.0 / 87.0
    assert 2 * bar + 0.0015 == pytest.approx(committed[0][1].time, abs=0.002)


def test_who_plays_on_before_the_bar_line_was_not_finished():
    """The answer that waited is taken back unheard."""
    duet = duet_by(lambda _: Beats(tempo=60.0, moment=0.0))
    events = [*phrase(0.1, notes=3), NoteOn(2.0, 72, 80), NoteOff(2.2, 72)]
    assert [] == [event for _, event in play(duet, ManualClock(), events, until=3.5)]


def test_a_stop_ends_the_turn_and_the_phrase():
    """Neither what was planned nor an answer to what was just played is heard."""
    duet, clock = duet_by(lambda _: Beats(tempo=120.0, moment=0.0)), ManualClock()
    assert play(duet, clock, phrase(0.1, notes=3), until=3.0)
    duet.halt(3.0)
    assert duet.plan is None
    duet.hear(NoteOn(3.1, 60, 80))
    duet.halt(3.2)
    assert [] == play(duet, clock, [], until=8.0)


def test_a_stop_silences_who_plays_along():
    """Until the next key."""
    accompanist = Accompaniment(settings_of(mode="accompany"), seed=1)
    clock = ManualClock()
    play(accompanist, clock, phrase(0.1, notes=3), until=0.6)
    accompanist.halt(0.6)
    assert accompanist.plan is None
    assert [] == [event for _, event in play(accompanist, clock, [], until=3.0) if isinstance(event, NoteOn)]


def test_continue_does_not_wait_for_bars():
    """It goes on where the performer stopped."""
    answer = answer_to(duet_by(lambda _: Beats(tempo=60.0, moment=0.0), mode="continue"), phrase(0.1, notes=3), until=9)
    assert answer[0].start < 2.0
