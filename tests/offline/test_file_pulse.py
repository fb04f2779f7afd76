import pytest

from livecomposer.midi.files import Recording
from livecomposer.offline.file_pulse import pulse_of

BEATS = (0.0, 0.5, 1.0, 2.0, 3.0)  # 120 beats a minute, then 60


@pytest.mark.parametrize(
    ("now", "tempo", "beat"), [(0.2, 120.0, 0.4), (1.5, 60.0, 2.5), (10.0, 60.0, 11.0), (-1.0, 120.0, -2.0)]
)
def test_the_pulse_has_the_files_tempo_at_each_moment(now, tempo, beat):
    """Ahead of the first beat and beyond the last it goes on as it is there."""
    beats = pulse_of(Recording((), beats=BEATS))(now)
    assert (tempo, beat) == (beats.tempo, beats.beat_at(now))


@pytest.mark.parametrize(("quarters", "per_bar"), [(3.0, 3), (4.0, 4), (0.25, 1)])
def test_bars_are_as_the_file_says(quarters, per_bar):
    """In whole quarters, one at least."""
    assert per_bar == pulse_of(Recording((), beats=BEATS, quarters_per_bar=quarters))(0.0).per_bar


def test_a_file_without_beats_has_no_pulse():
    """Time is told in frames there."""
    assert pulse_of(Recording(()))(1.0) is None
