"""Partners on the same excerpts: musicians are told from cheats."""

import json

import numpy as np
import pytest

from livecomposer.evaluation.music.accompaniment_comparison import (
    CHEATS,
    CURVED,
    REAL,
    baselines_of,
    compare,
    curves,
    play,
)
from livecomposer.evaluation.music.accompaniment_metrics import METRICS
from livecomposer.evaluation.music.excerpts import Excerpt
from livecomposer.events import Note, Role

CADENCE = ((0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7))


def excerpt(key, *, seconds=16.0):
    """A melody of two notes a second over four chords in ``key``; on the second beat it passes by the fourth."""
    performer, accompaniment = [], []
    for n in range(int(seconds / 4)):
        chord = CADENCE[n % 4]
        for beat in range(8):
            pitch = 72 + key + (5 if beat == 1 else chord[beat % 3])
            performer.append(Note(n * 4 + beat / 2, n * 4 + beat / 2 + 0.5, pitch, 64))
        accompaniment += [Note(n * 4.0, n * 4 + 4.0, 48 + key + step, 64, Role.COMPANION) for step in chord]
    return Excerpt(f"pack/{key}", seconds, tuple(performer), tuple(accompaniment))


EXCERPTS = [excerpt(key) for key in (0, 1, 6, 7, 3)]


def root_player(one):
    """Plays the root of every chord: right, but little."""
    return one.accompaniment[::3]


@pytest.fixture(scope="module")
def played():
    """What everybody plays."""
    return play(EXCERPTS, {"model": root_player, **baselines_of(EXCERPTS)})


@pytest.fixture(scope="module")
def compared(played):
    """What it is worth."""
    return compare(EXCERPTS, played, subject="model")


def mean(compared, metric, partner):
    """One cell."""
    return compared[metric]["partners"][partner]["mean"]


def test_all_metrics_of_all_partners(compared):
    """With their meaning, their unit, and which side is better."""
    assert [metric.name for metric in METRICS] == list(compared)
    assert all({"model", REAL, *CHEATS} == set(found["partners"]) for found in compared.values())


def test_the_drone_plays_the_tonic(played):
    """Of each excerpt, twelve semitones apart at most."""
    assert [0, 1, 6, 7, 3] == [notes[0].pitch % 12 for notes in played["drone"]]


def test_the_shuffled_companion_is_from_another_piece(played):
    """The next one's, around the corner."""
    assert [*(one.accompaniment for one in EXCERPTS[1:]), EXCERPTS[0].accompaniment] == played["shuffled"]


def test_harmony_met_and_told_sees_through_every_cheat(compared):
    """Real before the roots alone, and these before all who do not listen."""
    both = {name: mean(compared, "harmony_both", name) for name in (REAL, "model", *CHEATS)}
    assert 1.0 == both[REAL]
    assert 0.0 == both["silence"]
    assert max(both["shuffled"], both["drone"], both["silence"]) < both["model"] < 1.0
    assert [] == compared["harmony_both"]["cheats"]


def test_metrics_on_which_a_cheat_wins_name_it(compared):
    """Doubling is always consonant and on time; a drone is always there; silence wins nothing."""
    assert "unison" in compared["consonance"]["cheats"]
    assert "unison" in compared["pulse"]["cheats"]
    assert {"drone", "unison", "shuffled"} == set(compared["presence"]["cheats"])
    assert not any("silence" in found["cheats"] for found in compared.values())


def test_a_metric_without_a_better_side_names_who_cannot_be_told_apart(compared):
    """All excerpts are equally dense, so that the shuffled companion is as dense as the real one."""
    assert ["shuffled"] == compared["density"]["cheats"]
    assert [] == compared["density"]["cheats_above_subject"]


def test_cheats_above_the_subject(compared):
    """The roots are as present as anybody, and harmonious where the shuffled are not."""
    assert {"drone", "unison", "shuffled"} == set(compared["presence"]["cheats_above_subject"])
    assert [] == compared["harmony"]["cheats_above_subject"]


def test_differences_are_paired(compared):
    """Mean of differences, with an interval around it, over the pieces where both can be told."""
    less = compared["harmony_both"]["partners"]["shuffled"]["subject_less_this"]
    expected = mean(compared, "harmony_both", "model") - mean(compared, "harmony_both", "shuffled")
    assert pytest.approx(expected) == less["mean"]
    assert 0 < less["interval"][0] <= less["mean"] <= less["interval"][1]
    assert {"mean": None, "interval": None, "pieces": 0} == compared["harmony"]["partners"]["silence"][
        "subject_less_this"
    ]
    assert "subject_less_this" not in compared["harmony"]["partners"]["model"]


def test_the_interval_is_the_bootstrap_over_pieces():
    """Of one piece a point; of many within the extremes, and the same again with the same seed."""
    one = compare(EXCERPTS[:1], {"model": [root_player(EXCERPTS[0])], REAL: [EXCERPTS[0].accompaniment]}, subject=REAL)
    row = one["consonance"]["partners"]["model"]
    assert [row["mean"]] * 2 == pytest.approx(row["interval"])
    some = {"model": [one.accompaniment[: n + 1] for n, one in enumerate(EXCERPTS)], REAL: [()] * 5}
    first, again, other = (compare(EXCERPTS, some, subject="model", seed=seed) for seed in (1, 1, 2))
    low, high = first["density"]["partners"]["model"]["interval"]
    assert 1 / 16 < low < 3 / 16 < high < 5 / 16
    assert first == again != other


def test_curves_tell_the_change_of_key():
    """Until then a drone has the harmony as often as before; then it never has, and the real one always."""
    moved = [one.modulated(8.0) for one in EXCERPTS[:1]]
    partners = baselines_of(EXCERPTS)
    found = curves(moved, play(moved, partners), around=8.0)
    assert set(CURVED) == set(found)
    at = [point["at"] for point in found["harmony"]["drone"]]
    assert [-8.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0] == at
    drone, real = ([point["mean"] for point in found["harmony"][name]] for name in ("drone", REAL))
    assert 1.0 == drone[0]
    assert [0.0] * 3 == drone[-3:]
    assert [1.0] * 8 == real


def test_windows_begin_at_the_change():
    """Wherever it is; what is left at either end is no window."""
    found = curves(EXCERPTS[:1], {REAL: [EXCERPTS[0].accompaniment]}, around=7.5)
    assert [-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0] == [point["at"] for point in found["density"][REAL]]


def test_progress_counts_excerpts():
    """Up to all."""
    told = []
    play(EXCERPTS, {"model": root_player}, progress=told.append)
    assert [1, 2, 3, 4, 5] == told


def test_json_holds_no_nan(compared):
    """What cannot be told is null, for programs in other languages."""
    assert np.isfinite(json.loads(json.dumps(compared, allow_nan=False))["density"]["partners"]["silence"]["mean"])
