"""Which clicks are due."""

from livecomposer.beats import Beats
from livecomposer.messages import ended_key, started_key
from livecomposer.playing.metronome import Metronome


def clicked(beats, *, until, clicks=True, metronome=None, step=0.02):
    """The clicks of ``beats`` (a value, or a function of the moment): moment and key of each, asked every 20 ms."""
    metronome = metronome or Metronome()
    due, now = [], 0.0
    while now < until:
        pulse = beats(now) if callable(beats) else beats
        due += metronome.due(pulse, now, now + 0.08, clicks=clicks)
        now += step
    return due


def struck(due):
    """Moments and keys of the note-ons."""
    return [(round(moment, 6), data[1]) for moment, data in due if started_key(data)]


def test_bar_lines_click_high_and_other_beats_low():
    """Once each, on the drum channel unless told otherwise, each click ended."""
    due = clicked(Beats(tempo=120.0, moment=0.0, per_bar=3), until=1.95)
    assert [(0.0, 76), (0.5, 77), (1.0, 77), (1.5, 76), (2.0, 77)] == struck(due)
    assert {9} == {data[0] & 15 for _, data in due}
    assert len(struck(due)) == sum(ended_key(data) is not None for _, data in due)


def test_off_it_still_counts_in():
    """Beats before the first are heard, those of the song are not."""
    due = clicked(Beats(tempo=120.0, moment=0.0, beat=-4.0), until=5.0, clicks=False)
    assert [(0.0, 76), (0.5, 77), (1.0, 77), (1.5, 77)] == struck(due)


def test_no_pulse_no_click():
    """Nor one that stands."""
    assert [] == clicked(None, until=2.0)
    assert [] == clicked(Beats(tempo=120.0, moment=0.0, running=False), until=2.0)


def test_a_pulse_that_sways_loses_and_repeats_no_click():
    """An incoming clock is known a little differently at each tick."""
    swaying = lambda now: Beats(tempo=120.0, moment=0.103 if round(now / 0.02) % 2 else 0.097)  # noqa: E731
    moments = [moment for moment, _ in struck(clicked(swaying, until=20.0))]
    assert 40 == len(moments)
    assert all(abs(moment - 0.1 - 0.5 * i) <= 0.0031 for i, moment in enumerate(moments))


def test_channel_and_keys_are_the_performers_choice():
    """They may change between two clicks."""
    metronome = Metronome(channel=3, high=40, low=41)
    ((_, data), _) = metronome.due(Beats(tempo=120.0, moment=0.0), 0.0, 0.1, clicks=True)
    assert bytes([0x93, 40]) == data[:2]
