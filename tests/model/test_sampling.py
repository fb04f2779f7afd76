"""Drawing ids: technique, threshold, creative risk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from livecomposer.model.sampling import MaskPolicy, Sampling, sample

LOGITS = np.log(np.array([0.3, 0.3, 0.2, 0.1, 0.05, 0.05], dtype=np.float32))
ALL = np.ones(6, dtype=bool)
CHANCES = np.linspace(0, 1, 500, endpoint=False)

logits_of = arrays.arrays(np.float32, 12, elements=st.floats(-30, 30, width=32))
masks = arrays.arrays(np.bool_, 12).filter(np.any)
chances = st.floats(0, 1, exclude_max=True)
samplings = st.builds(
    Sampling,
    technique=st.sampled_from(["topk", "nucleus", "random"]),
    threshold=st.floats(0.01, 1),
    creative_risk=st.floats(0.01, 10),
)


def drawn(logits, sampling, mask=ALL):
    """Every id that some chance draws."""
    return {sample(logits, mask, sampling, chance) for chance in CHANCES}


@pytest.mark.parametrize(
    ("technique", "threshold", "kept"),
    [
        ("topk", 0.5, {0, 1, 2}),
        ("nucleus", 0.5, {0, 1}),
        ("random", 0.5, {0, 1, 2, 3, 4, 5}),
        ("topk", 1.0, {0, 1, 2, 3, 4, 5}),
        ("nucleus", 1.0, {0, 1, 2, 3, 4, 5}),
        ("topk", 1e-6, {0}),
        ("nucleus", 1e-6, {0}),
        ("topk", 0.34, {0, 1, 2}),
    ],
)
def test_a_threshold_keeps_a_fraction_of_ids_or_of_probability(technique, threshold, kept):
    """The threshold is a share of allowed ids under topk, of probability under nucleus, and nothing under random."""
    assert kept == drawn(LOGITS, Sampling(technique=technique, threshold=threshold))


def test_ids_come_as_often_as_they_are_likely():
    """Over evenly spread chances, each id is drawn in proportion to its probability."""
    ids = [sample(LOGITS, ALL, Sampling(technique="random"), chance) for chance in CHANCES]
    np.testing.assert_allclose([0.3, 0.3, 0.2, 0.1, 0.05, 0.05], np.bincount(ids) / len(ids), atol=0.004)


@settings(deadline=None)
@given(logits_of, masks, samplings, chances)
def test_a_masked_id_is_never_drawn(logits, mask, sampling, chance):
    """What the mask forbids cannot come out, and the same chance draws the same id again."""
    id_ = sample(logits, mask, sampling, chance)
    assert mask[id_]
    assert id_ == sample(logits, mask, sampling, chance)


@settings(deadline=None)
@given(logits_of, masks, samplings, chances, chances)
def test_a_greater_chance_never_draws_a_lower_id(logits, mask, sampling, one, other):
    """The id grows with the chance."""
    low, high = sorted((one, other))
    assert sample(logits, mask, sampling, low) <= sample(logits, mask, sampling, high)


@settings(deadline=None)
@given(logits_of, masks, chances, st.sampled_from([1e-6, 1e-300, 5e-324]))
def test_hardly_any_risk_draws_the_likeliest(logits, mask, chance, risk):
    """As creative risk goes to nothing, one of the likeliest ids is drawn."""
    sampling = Sampling(technique="random", creative_risk=risk)
    best = logits[mask].max()
    assert best - 1e-3 <= logits[sample(logits, mask, sampling, chance)]


def test_boundless_risk_draws_all_alike():
    """As creative risk grows, every id becomes equally likely."""
    ids = [sample(LOGITS, ALL, Sampling(technique="random", creative_risk=1e9), chance) for chance in CHANCES]
    np.testing.assert_allclose(1 / 6, np.bincount(ids) / len(ids), atol=0.004)


@pytest.mark.parametrize(("technique", "threshold"), [("topk", 0.5), ("nucleus", 0.45)])
def test_of_equals_the_lower_id_stays(technique, threshold):
    """Where equally likely ids meet the threshold, the lower ones are kept."""
    assert {0, 1, 2} == drawn(np.zeros(6, np.float32), Sampling(technique=technique, threshold=threshold))


def test_topk_counts_what_is_allowed():
    """Under topk the fraction is of the ids that the mask allows, not of all."""
    mask = np.array([False, False, True, True, True, True])
    assert {2, 3} == drawn(LOGITS, Sampling(technique="topk", threshold=0.5), mask)


@pytest.mark.parametrize(("threshold", "kept"), [(0.01, 2), (0.2, 26), (0.5, 65), (0.9, 117), (1.0, 130)])
def test_the_whole_dial_tells_under_topk(threshold, kept):
    """Of the 130 ids that a turn's mask leaves of 646, each stretch of the dial keeps its share."""
    mask = np.arange(646) % 5 == 0
    sampling = Sampling(technique="topk", threshold=threshold)
    ids = {
        sample(np.zeros(646, np.float32), mask, sampling, chance) for chance in np.linspace(0, 1, 500, endpoint=False)
    }
    assert kept == len(ids)


@pytest.mark.parametrize(
    ("sampling", "mask", "said"),
    [
        (Sampling(), ~ALL, "allows no id"),
        (Sampling(technique="beam"), ALL, "'beam'"),
        (Sampling(creative_risk=0.0), ALL, "creative risk"),
        (Sampling(creative_risk=float("nan")), ALL, "creative risk"),
    ],
)
def test_nonsense_is_refused(sampling, mask, said):
    """An empty mask, an unknown technique and a risk of 0 are errors that say so."""
    with pytest.raises(ValueError, match=said):
        sample(LOGITS, mask, sampling, 0.5)


# Two kinds, {0, 1, 2} and {3, 4}; id 0 is said as id 1.
TWO_KINDS = MaskPolicy(kinds=np.array([0, 0, 0, 1, 1]), twins=np.array([1, 1, 2, 3, 4]))
EVEN = np.log(np.array([0.2, 0.2, 0.2, 0.1, 0.3])).astype(np.float32)


def shares(mask, policy):
    """How often each id comes over an even sweep of chances."""
    plain = Sampling(technique="random", threshold=1.0, creative_risk=1.0)
    drawn = [sample(EVEN, np.array(mask), plain, i / 1000, policy) for i in range(1000)]
    return [round(drawn.count(id_) / 1000, 2) for id_ in range(5)]


def test_what_is_forbidden_within_a_kind_is_left_to_the_rest_of_it():
    """The other kind gains nothing; without a language all that is allowed gains alike."""
    mask = [True, True, True, False, True]
    assert [0.0, 0.4, 0.2, 0.0, 0.4] == pytest.approx(shares(mask, TWO_KINDS), abs=0.011)
    assert [0.22, 0.22, 0.22, 0.0, 0.33] == pytest.approx(shares(mask, None), abs=0.011)


def test_a_twins_probability_is_spoken_in_its_own_name():
    """Though the other's id is forbidden."""
    assert [0.0, 0.4, 0.2, 0.1, 0.3] == pytest.approx(shares([False, True, True, True, True], TWO_KINDS), abs=0.011)


def test_a_kind_that_is_forbidden_altogether_leaves_its_share_to_the_others():
    """In their own proportions."""
    assert [0.0, 0.67, 0.33, 0.0, 0.0] == pytest.approx(shares([False, True, True, False, False], TWO_KINDS), abs=0.011)


@pytest.mark.parametrize("technique", ["topk", "nucleus", "random"])
@pytest.mark.parametrize("likely", [-1.0, -13.0, -14.2, -14.5, -14.8, -16.0])
def test_little_risk_and_a_mask_against_the_likeliest_draw_the_next(technique, likely):
    """Where what is left of a kind is too light to count beside what was forbidden, one that is left is drawn still."""
    logits, mask = np.array([0, likely, -20], dtype=np.float32), np.array([False, True, True])
    one_kind = MaskPolicy(kinds=np.zeros(3, dtype=np.int64), twins=np.arange(3))
    sampling = Sampling(technique=technique, threshold=0.3, creative_risk=0.02)
    assert sample(logits, mask, sampling, 0.5, one_kind) == 1


def test_what_is_forbidden_above_the_longest_shift_is_the_longest_shifts():
    """Whoever would wait longer than is allowed waits as long as is allowed, and the rest is as heavy as it was."""
    scale = MaskPolicy(kinds=np.array([0, 1, 1, 1, 1]), twins=np.arange(5), shifts=(1, 5))
    mask = np.array([True, True, True, False, False])
    weighted = scale.weighted(np.array([4.0, 1.0, 2.0, 3.0, 5.0]), mask)
    assert [4.0, 1.0, 10.0, 0.0, 0.0] == weighted.tolist()


def test_what_is_forbidden_between_two_shifts_is_the_nearest_ones():
    """The lower's of two that are as near; what is below the lowest is lost to the rest of its kind."""
    scale = MaskPolicy(kinds=np.zeros(8, dtype=np.int64), twins=np.arange(8), shifts=(1, 8))
    mask = np.array([True, False, True, False, False, False, True, False])
    assert [0, 1, 2, 2, 2, 6, 6, 6] == scale.heirs(mask).tolist()


def test_where_no_shift_is_allowed_none_is_heard():
    """And where all are, nothing changes."""
    scale = MaskPolicy(kinds=np.array([0, 1, 1]), twins=np.arange(3), shifts=(1, 3))
    weights = np.array([1.0, 2.0, 3.0])
    assert [1.0, 0.0, 0.0] == scale.weighted(weights, np.array([True, False, False])).tolist()
    assert [1.0, 2.0, 3.0] == scale.weighted(weights, np.ones(3, dtype=np.bool_)).tolist()
