import pytest

from livecomposer.companion.scales import scale_of
from livecomposer.errors import SettingError


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("C major", {0, 2, 4, 5, 7, 9, 11}),
        ("a minor", {0, 2, 4, 5, 7, 9, 11}),
        ("Eb dorian", {3, 5, 6, 8, 10, 0, 1}),
        ("e phrygian", {0, 2, 4, 5, 7, 9, 11}),
        ("G mixolydian", {0, 2, 4, 5, 7, 9, 11}),
        ("b locrian", {0, 2, 4, 5, 7, 9, 11}),
        ("a harmonic minor", {9, 11, 0, 2, 4, 5, 8}),
        ("D blues", {2, 5, 7, 8, 9, 0}),
        ("  f#  Minor   pentatonic ", {6, 9, 11, 1, 4}),
        ("Cb lydian", {11, 1, 3, 5, 6, 8, 10}),
        ("B# whole tone", {0, 2, 4, 6, 8, 10}),
    ],
)
def test_a_scale_is_its_pitch_classes(text, classes):
    """Capitals and spaces do not matter; a sign belongs to the tonic."""
    assert classes == scale_of(text)


@pytest.mark.parametrize("text", ["C", "major", "H major", "C majr", "Cmajor", "C## major", "b", " ", "C major\nx"])
def test_an_unknown_scale_is_refused_in_one_line(text):
    """The message says what was got and which scales there are."""
    with pytest.raises(SettingError, match="dorian") as caught:
        scale_of(text)
    assert repr(text) in str(caught.value)
    assert "\n" not in str(caught.value)
