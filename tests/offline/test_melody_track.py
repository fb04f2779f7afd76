"""Who is heard of a file, and what waiting for the engine costs."""

import pytest

from livecomposer.errors import MidiFileError
from livecomposer.events import Control
from livecomposer.midi.files import Recording, Track
from livecomposer.offline.melody_track import latency_of, performer_of
from tests.session.players import phrase

FILE = Recording(
    (
        Track("Violin", tuple(phrase(1.0))),
        Track("Violin II", tuple(phrase(2.0))),
        Track("pedals", (Control(1.0, 64, 127),)),
    )
)


@pytest.mark.parametrize(("melody", "name"), [("violin", "Violin"), ("2", "Violin II"), ("VIOLIN ii", "Violin II")])
def test_a_melody_is_named_or_numbered(melody, name):
    """A whole name before one that only begins so."""
    assert [name] == [track.name for track in performer_of(FILE, melody).tracks]


def test_without_a_melody_all_is_heard():
    """Every track."""
    assert performer_of(FILE) is FILE


@pytest.mark.parametrize(
    ("melody", "said"), [("oboe", "1 'Violin', 2 'Violin II', 3 'pedals'"), ("v", "wanted one"), ("ped", "no playable")]
)
def test_a_melody_that_is_not_there_is_refused(melody, said):
    """Or that is more than one, or silent: with the tracks that there are."""
    with pytest.raises(MidiFileError, match=said):
        performer_of(FILE, melody)


async def test_latencies_are_measured_with_the_engine_that_will_play():
    """Feeds and steps take some time, and it does not matter how much."""

    class Instant:
        """Answers at once, always the same."""

        async def feed(self, ids):
            assert ids

        async def step(self, _mask, _sampling, _chance):
            return 0

    latency = await latency_of(Instant())
    assert 0 <= latency.feed(0.5) <= latency.feed(1.0)
    assert latency.fed_id_seconds >= 0
