"""How like the real continuation others are: who is it, who is near, and who cheats."""

from dataclasses import replace
from math import isnan

import pytest

from livecomposer.evaluation.music.continuation_metrics import MEASURES, REAL, compare, scores, sets
from livecomposer.evaluation.music.prompts import prompts_of
from livecomposer.events import Note
from tests.evaluation.recitals import shard_of_pieces

PROMPTS = prompts_of(shard_of_pieces((60, 60, 60)), given=4.0, seconds=4.0)
NOISE = [Note(i * 0.07, i * 0.07 + 0.03, 30 + (i * 37) % 60, 10 + i % 90) for i in range(50)]
REALS = [one.real for one in PROMPTS]


def test_the_real_continuation_is_itself():
    """It covers all of itself, diverges by nothing and differs by nothing; noise is worse by every measure."""
    real, noise = scores(PROMPTS[0], PROMPTS[0].real), scores(PROMPTS[0], NOISE)
    for measure in MEASURES:
        if measure.better:
            assert pytest.approx(1.0 if measure.better > 0 else 0.0) == real[measure.name]
            assert measure.better * noise[measure.name] <= measure.better * real[measure.name]
    assert noise["interval_overlap"] < 0.5 < noise["onset_interval_kl"]
    assert {measure.name for measure in MEASURES} == set(real)


def test_of_silence_nothing_can_be_told():
    """Every number is nan, and counts for nobody."""
    assert all(isnan(value) for value in scores(PROMPTS[0], []).values())
    found = compare(PROMPTS, {"model": [[]] * 3, REAL: REALS}, subject="model")
    assert all(row["makers"]["model"]["mean"] is None for row in found.values())


def test_a_cheat_is_named():
    """Who plays what really comes next does no worse than the next stretch does; who plays noise is clearly worse."""
    next_ = [one.elsewhere for one in PROMPTS]
    made = {"model": REALS, "copy": REALS, "another": [NOISE] * 3, "elsewhere": next_, REAL: REALS}
    found = compare(PROMPTS, made, subject="model")
    for name in ("pitch_class_overlap", "duration_kl"):
        assert ["copy"] == found[name]["cheats"]
        assert ["copy"] == found[name]["cheats_above_subject"]
        assert "copy" not in found[name]["clearly_worse"]
    assert "another" in found["duration_kl"]["clearly_worse"]
    assert "cheats" not in found["groove"]
    assert "subject_less_this" not in found["groove"]["makers"]["model"]


def test_a_piece_without_a_next_stretch_is_left_out_of_the_differences():
    """They are of the pieces where both can be told."""
    made = {"model": REALS, "elsewhere": [(), *REALS[1:]], REAL: REALS}
    row = compare(PROMPTS, made, subject="model")["interval_overlap"]["makers"]["elsewhere"]
    assert (2, 2) == (row["pieces"], row["subject_less_this"]["pieces"])


def test_whole_sets_are_compared():
    """Real ones are among themselves as they are; noise lies elsewhere; of too few nothing is said."""
    prompts = [replace(one, name=str(i)) for i, one in enumerate(PROMPTS * 2)]
    made = {"model": [NOISE] * 6}
    found = sets(prompts, made)["pitch_class"]
    assert pytest.approx(1.0) == found[REAL]["overlap"]
    assert pytest.approx(0.0, abs=1e-9) == found[REAL]["kl"]
    assert found["model"]["overlap"] < 0.9
    assert {"overlap": None, "kl": None} == sets(PROMPTS[:2], {"model": [NOISE] * 2})["pitch_class"]["model"]
