import numpy as np
import pytest

from livecomposer.companion.constraints import Constraints
from livecomposer.errors import SettingError
from livecomposer.events import Control, NoteOff, NoteOn, Role
from livecomposer.settings import Settings, changed


def constraints(*keys, began=None, **values):
    """Manners with some settings changed, which have heard ``keys`` (moment, pitch, velocity)."""
    made = Constraints(changed(Settings(), values), began=began)
    for key in keys:
        made.hear(NoteOn(*key))
    return made


def span(made):
    """Lowest and highest pitch for one who plays along."""
    limits = made.together(origin=0.0)
    return limits.lowest, limits.highest


def classes(limits, step=0):
    """The pitch classes that may begin at ``step``."""
    return {int(pitch) % 12 for pitch in np.flatnonzero(limits.pitches(step))}


def chart(tmp_path, text="tempo 60, 2/4\nC | A7 | N.C. |"):
    """The path of a chart, bars of two seconds."""
    path = tmp_path / "chart.txt"
    path.write_text(text)
    return str(path)


def refusal(**values) -> str:
    """The one line with which settings are refused."""
    with pytest.raises(SettingError) as caught:
        constraints(**values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_settings_are_passed_on():
    """Rest, length, voices, range and density are as set, whoever plays besides."""
    values = {"max_rest": 1.0, "max_note": 2.0, "polyphony": 3, "lowest": 40, "highest": 80, "density": 5.0}
    made = constraints((1.0, 60, 80), follow_dynamics=0.0, follow_harmony=0.0, **values)
    assert made.alone(origin=0.0) == made.together(origin=0.0)
    limits = made.alone(origin=0.0)
    assert (100, 200, 3, 40, 80, 5) == (
        limits.max_rest,
        limits.max_note,
        limits.polyphony,
        limits.lowest,
        limits.highest,
        limits.onsets,
    )


def test_the_companion_takes_the_other_side_of_the_split():
    """Below where the performer plays above, from the split on where the performer plays below; anywhere till then."""
    assert (30, 100) == span(constraints(split=60, lowest=30, highest=100))
    assert (30, 59) == span(constraints((1.0, 60, 80), split=60, lowest=30, highest=100))
    assert (60, 100) == span(constraints((1.0, 59, 80), split=60, lowest=30, highest=100))


def test_who_plays_along_the_split_changes_no_sides():
    """The median must go two semitones past it."""
    made = constraints((1.0, 61, 80), (1.1, 59, 80), (1.2, 58, 80), (1.3, 58, 80), split=60)
    assert (0, 59) == span(made)
    for i in range(4):
        made.hear(NoteOn(1.4 + i / 10, 57, 80))
    assert (60, 127) == span(made)


def test_only_what_was_struck_lately_takes_sides():
    """After two seconds one key is enough; silence, note-offs and pedals change nothing."""
    made = constraints(*[(1.0 + i / 10, 40, 80) for i in range(9)], split=60)
    for event in (NoteOff(2.0, 80), Control(2.0, 64, 127), NoteOn(3.9, 80, 80, Role.COMPANION)):
        made.hear(event)
    assert (60, 127) == span(made)
    made.hear(NoteOn(4.0, 72, 80))
    assert (0, 59) == span(made)


def test_whoever_plays_alone_has_both_sides():
    """The split, and the performer's loudness, are for playing along."""
    limits = constraints((1.0, 72, 20), split=60, follow_dynamics=1.0).alone(origin=0.0)
    assert (0, 127, 0, 31) == (limits.lowest, limits.highest, limits.softest, limits.loudest)


@pytest.mark.parametrize(
    ("follow", "softest", "loudest"), [(0.0, 0, 31), (0.25, 4, 31), (0.5, 8, 28), (0.75, 12, 24), (1.0, 16, 20)]
)
def test_the_more_the_dynamics_are_followed_the_nearer_they_are(follow, softest, loudest):
    """Around the mean bin, here 20; a little softer is always allowed."""
    limits = constraints((1.0, 60, 72), (1.5, 64, 88), follow_dynamics=follow).together(origin=0.0)
    assert (softest, loudest) == (limits.softest, limits.loudest)


def test_the_loudness_is_that_of_the_last_keys():
    """Four of them at least, however long ago; before the first key any loudness will do."""
    assert 31 == constraints(follow_dynamics=1.0).together(origin=0.0).loudest
    made = constraints(*[(float(i), 60, 120) for i in range(9)], follow_dynamics=1.0)
    assert 30 == made.together(origin=0.0).loudest
    for i in range(4):
        made.hear(NoteOn(20.0 + 5 * i, 60, 40))
    assert 10 == made.together(origin=0.0).loudest


@pytest.mark.parametrize("velocity", [1, 127])
def test_the_softest_and_the_loudest_performer_leave_something_to_play(velocity):
    """The bounds stay within the bins there are."""
    limits = constraints((1.0, 60, velocity), follow_dynamics=1.0).together(origin=0.0)
    assert 0 <= limits.softest <= velocity // 4 <= limits.loudest <= 31


SCALE = tuple((i / 4, pitch, 80) for i, pitch in enumerate((60, 62, 64, 65, 67, 69, 71)))


@pytest.mark.parametrize(("follow", "count"), [(0.0, 12), (0.5, 8), (0.6, 7), (1.0, 4)])
def test_the_more_the_harmony_is_followed_the_fewer_pitch_classes_are_left(follow, count):
    """Twelve of them, down to the four that fit best."""
    assert count == len(classes(constraints(*SCALE, follow_harmony=follow).together(origin=0.0)))


def test_a_followed_harmony_is_the_performers():
    """After a scale of C major its seven pitch classes are left."""
    assert {0, 2, 4, 5, 7, 9, 11} == classes(constraints(*SCALE, follow_harmony=0.6).together(origin=0.0))


def test_a_scale_goes_before_the_followed_harmony():
    """Who sets a scale gets it, whatever is played."""
    limits = constraints(*SCALE, scale="F# major", follow_harmony=1.0).together(origin=0.0)
    assert {6, 8, 10, 11, 1, 3, 5} == classes(limits)


def test_a_range_without_a_fitting_pitch_is_left_as_it_is():
    """A companion that is given one black key plays it, though it does not fit."""
    limits = constraints(*SCALE, follow_harmony=0.6, lowest=66, highest=66).together(origin=0.0)
    assert {6} == classes(limits)


def test_a_scale_holds_at_any_step():
    """In every octave, whether or not the performer has begun."""
    limits = constraints(scale="D minor").together(origin=0.0)
    assert {2, 4, 5, 7, 9, 10, 0} == classes(limits, 0) == classes(limits, 99_999)


def test_a_chart_begins_with_the_performers_first_key(tmp_path):
    """Its chords take turns from there, wherever the stream begins, and it goes round."""
    made = constraints((10.0, 60, 80), chords=chart(tmp_path))
    limits = made.together(origin=8.0)
    found = [classes(limits, step) for step in (200, 399, 400, 600, 800, 1000)]
    anything = set(range(12))
    assert [{0, 4, 7}, {0, 4, 7}, {9, 1, 4, 7}, anything, {0, 4, 7}, {9, 1, 4, 7}] == found
    assert found[0] == classes(constraints(began=3.0, chords=chart(tmp_path)).alone(origin=3.0), 0)


def test_a_scale_beside_a_chart_lends_its_notes(tmp_path):
    """All but those beside a chord tone that the scale does not have; without a chord, all of them."""
    limits = constraints((0.0, 60, 80), chords=chart(tmp_path), scale="C major").together(origin=0.0)
    white = {0, 2, 4, 5, 7, 9, 11}
    assert [white, white - {0, 2} | {1}, white] == [classes(limits, step) for step in (0, 200, 400)]


def test_other_settings_hold_from_then_on(tmp_path):
    """A scale may come and go while playing; what cannot be had changes nothing."""
    made = constraints((0.0, 60, 80), scale="C major")
    with pytest.raises(SettingError, match="scale = 'nonesuch'"):
        made.adapt(changed(Settings(), {"scale": "nonesuch", "polyphony": 1}))
    assert (12, {0, 2, 4, 5, 7, 9, 11}) == (made.alone(origin=0.0).polyphony, classes(made.alone(origin=0.0), 0))
    made.adapt(changed(Settings(), {"polyphony": 2}))
    assert (2, None) == (made.alone(origin=0.0).polyphony, made.alone(origin=0.0).harmony)


@pytest.mark.parametrize(
    ("values", "got"),
    [
        ({"scale": "C major", "lowest": 61, "highest": 61}, "scale C major"),
        ({"split": 20, "lowest": 40}, "any pitch"),
        ({"split": 100, "highest": 90}, "any pitch"),
        ({"scale": "C blues", "lowest": 58, "highest": 62, "split": 61}, "split 61"),
    ],
)
def test_a_range_that_leaves_nothing_is_refused(values, got):
    """Each side of the split must have a pitch of the scale; the message says which range and what was wanted."""
    message = refusal(**values)
    assert all(part in message for part in (got, "lowest", "highest", "wanted a wider range"))


def test_a_chord_outside_the_range_is_refused_with_its_bar(tmp_path):
    """Every bar must leave something to play."""
    assert "bar 2, A7" in refusal(chords=chart(tmp_path), lowest=60, highest=60)
