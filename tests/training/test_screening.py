"""What is let in as a piece of piano music."""

import pytest

from livecomposer.events import Note
from livecomposer.training.screening import MIN_NOTES, fault_of


def scale(count=40, *, every=0.5, pitch=60, span=12):
    """So many notes, one after the other, up and up again."""
    return [Note(i * every, (i + 1) * every, pitch + i % span, 64) for i in range(count)]


def later(notes, by):
    """The same notes later."""
    return [Note(n.start + by, n.end + by, n.pitch, n.velocity) for n in notes]


@pytest.mark.parametrize(
    "notes",
    [
        scale(),
        scale(MIN_NOTES),
        later(scale(), 600.0),
        [*scale(), *later(scale(), 70.0)],
        [Note(0.0, 300.0, 30, 64), *scale(20), *later(scale(20), 200.0)],
        [*scale(100), Note(100.0, 101.0, 5, 64)],
    ],
    ids=["scale", "shortest", "late", "rest", "held through", "one low note"],
)
def test_music_is_let_in(notes):
    """Silence before the first note, a rest, and one odd note do not count against a piece."""
    assert not fault_of(notes)


@pytest.mark.parametrize(
    ("fault", "notes"),
    [
        ("too short", scale(MIN_NOTES - 1)),
        ("too long", [*scale(4000), Note(0.0, 3601.0, 40, 64)][::-1]),
        ("a rest of over a minute", [*scale(), *later(scale(), 81.0)]),
        ("an absurd range", scale(pitch=5)),
        ("an absurd range", scale(span=2)),
        ("an absurd density", scale(200, every=0.001)),
        ("an absurd density", scale(16, every=20.0)),
    ],
)
def test_what_is_no_piece_says_why(fault, notes):
    """Each kind of absurdity has its name."""
    assert fault == fault_of(sorted(notes, key=lambda n: n.start))
