"""Numbers on hand-made notes, known by arithmetic."""

from math import isnan, log2

import pytest

from livecomposer.evaluation.music.accompaniment_metrics import METRICS, scores, within
from livecomposer.events import Note, Role

SPAN = (0.0, 8.0)


def notes(*told):
    """Notes from (start, end, pitch)."""
    return [Note(start, end, pitch, 64, Role.COMPANION) for start, end, pitch in told]


MELODY = notes(*((float(n), n + 1.0, 72) for n in range(8)))  # a C every second
CHORDS = notes((0.0, 4.0, 48), (0.0, 4.0, 52), (4.0, 8.0, 53), (4.0, 8.0, 57))  # C E, then F A


def scored(companion, *, performer=MELODY, accompaniment=CHORDS, span=SPAN):
    """Every number."""
    return scores(performer, companion, accompaniment, span=span)


def test_every_metric_is_told_by_its_name():
    """In the order of the table, and none besides."""
    assert [metric.name for metric in METRICS] == list(scored(CHORDS))


@pytest.mark.parametrize(("interval", "good"), [*enumerate([1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0])])
def test_intervals_are_consonant_or_not(interval, good):
    """Below as above, and an octave away: unison, thirds, fourth, fifth, sixths."""
    for pitch in (72 + interval, 72 - interval, 60 - interval):
        assert good == scored(notes((0.0, 8.0, pitch)))["consonance"]


def test_consonance_is_weighted_by_time():
    """Three seconds of a fifth and one of a tritone: three quarters; time without a melody does not count."""
    companion = notes((0.0, 3.0, 65), (3.0, 4.0, 66), (9.0, 20.0, 66))
    assert 0.75 == scored(companion)["consonance"]
    assert 0.75 == scored(companion, span=(0.0, 30.0))["consonance"]


def test_harmony_reaches_a_second_around():
    """The chord changes at 4 s: its C is right until 5 s, the next one's F from 3 s on."""
    assert 5 / 8 == pytest.approx(scored(notes((0.0, 8.0, 60)))["harmony"])
    assert 5 / 8 == pytest.approx(scored(notes((0.0, 8.0, 65)))["harmony"])
    assert 0.0 == scored(notes((0.0, 8.0, 61)))["harmony"]


def test_time_without_a_known_harmony_is_left_out():
    """The real accompaniment rests for long: only the second after it still counts."""
    assert 1.0 == scored(notes((0.0, 8.0, 60)), accompaniment=notes((0.0, 2.0, 48)))["harmony"]
    assert isnan(scored(notes((4.0, 8.0, 60)), accompaniment=notes((0.0, 2.0, 48)))["harmony"])


def test_harmony_met_looks_from_the_other_side():
    """A C held throughout meets the C of the first chord alone: 4 of 16 seconds of notes."""
    result = scored(notes((0.0, 8.0, 60)))
    assert 0.25 == result["harmony_met"]
    assert 2 * (5 / 8) * 0.25 / (5 / 8 + 0.25) == pytest.approx(result["harmony_both"])


def test_the_real_accompaniment_is_its_own_harmony():
    """By definition."""
    result = scored(CHORDS)
    assert [1.0] * 3 == [result[name] for name in ("harmony", "harmony_met", "harmony_both")]


def test_the_pulse_is_onsets_and_their_middles():
    """On the beat, between two, within 40 ms, and not at a quarter: 3 of 4."""
    on_it = notes((1.0, 1.1, 60), (1.5, 1.6, 60), (2.03, 2.1, 60), (3.25, 3.3, 60))
    assert 0.75 == scored(on_it)["pulse"]


def test_chance_is_the_share_of_time_that_is_on_the_pulse():
    """Fifteen beats of 80 ms, the first one cut in half by the beginning of 8 s."""
    chance = (14 * 0.08 + 0.04) / 8
    assert 1 - chance == pytest.approx(scored(notes((1.0, 1.1, 60)))["pulse_gain"])


def test_onsets_spread_evenly_gain_nothing():
    """What falls on the pulse as often as chance has it is worth 0."""
    spread = notes(*((n * 0.01 + 0.005, n * 0.01 + 0.01, 60) for n in range(800)))
    assert abs(scored(spread)["pulse_gain"]) < 0.01


def test_no_middle_between_onsets_far_apart():
    """After 5 s the pulse is gone."""
    sparse = notes((0.0, 5.0, 72), (5.0, 8.0, 72))
    assert 0.0 == scored(notes((2.5, 3.0, 60)), performer=sparse)["pulse"]


def test_presence_is_of_the_performers_time():
    """Two overlapping notes are there once."""
    assert 3 / 8 == scored(notes((0.0, 2.0, 60), (1.0, 3.0, 64)))["presence"]


def test_density_register_and_overlap():
    """Notes a second; mean pitch by time; the share between the performer's lowest and highest."""
    companion = notes((0.0, 3.0, 60), (3.0, 4.0, 72))
    result = scored(companion)
    assert [2 / 8, 63.0 - 72.0, 0.25] == [result[name] for name in ("density", "register", "overlap")]


def test_variety_is_the_entropy_of_pairs_of_intervals():
    """Up 2, up 2, down 4, up 2: the pairs (2, 2), (2, -4), (-4, 2), each once; a repeated note has none."""
    tune = notes(*((n, n + 1, pitch) for n, pitch in enumerate([60, 62, 64, 60, 62])))
    assert log2(3) == pytest.approx(scored(tune)["variety"])
    assert 0.0 == scored(MELODY)["variety"]
    assert [3.0, 1.0] == [scored(one)["pitch_classes"] for one in (tune, MELODY)]


def test_silence_tells_nothing():
    """It is neither consonant nor dissonant, and certainly not there."""
    result = scored([])
    assert [0.0] * 4 == [result[name] for name in ("harmony_met", "harmony_both", "presence", "density")]
    rest = set(result) - {"harmony_met", "harmony_both", "presence", "density"}
    assert all(isnan(result[name]) for name in rest)


def test_a_span_sees_only_what_sounds_within_it():
    """Except that harmony and pulse reach around it."""
    companion = notes((0.0, 5.0, 48), (5.0, 6.0, 53), (6.0, 8.0, 54))
    result = scored(companion, span=(4.0, 6.0))
    assert 1.0 == result["harmony"]
    assert 0.5 == result["density"]
    assert 1.0 == result["consonance"]


def test_within_cuts():
    """Notes outside are gone, those across the edges are cut to them."""
    assert notes((2.0, 3.0, 60), (3.5, 4.0, 62)) == within(
        notes((0.0, 2.0, 59), (1.0, 3.0, 60), (3.5, 9.0, 62), (4.0, 5.0, 63)), (2.0, 4.0)
    )
