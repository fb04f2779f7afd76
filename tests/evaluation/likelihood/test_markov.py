"""The Markov model is a proper distribution everywhere, counts as the papers say, and repeats itself exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecomposer.evaluation.likelihood.markov import MarkovModel, Recall
from livecomposer.tokens.vocabulary import VOCABULARY
from livecomposer.training.corpus import Shard

V = VOCABULARY.size
FORGETFUL = None


def shard(*pieces):
    """A shard of ``pieces``, lists of ids, in a pack called 'made'."""
    starts = np.cumsum([0, *map(len, pieces)]).astype(np.int64)
    ids = np.concatenate([np.array(piece, dtype=np.uint16) for piece in pieces])
    return Shard(ids, starts, tuple(f"made/{i}" for i in range(len(pieces))))


KNOWN = [*range(12), V - 1]  # all that the pieces and pasts below may hold


def distribution(model, past):
    """The probabilities (V,) of every id after ``past``; those outside ``KNOWN`` are alike, one stands for them."""
    found = np.exp([model.log_probabilities(np.array([*past, id_], np.uint16))[-1] for id_ in [*KNOWN, 300]])
    return np.concatenate((found, np.full(V - len(found), found[-1])))


def chance_pieces(seed, *, count=4, length=120, ids=9):
    """Pieces of few different ids, so that contexts come again."""
    return np.random.default_rng(seed).integers(0, ids, (count, length)).tolist()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 99),
    order=st.integers(0, 4),
    recall=st.sampled_from([None, Recall(longest=4), Recall((1,), 3, 0.3, 0.0), Recall((2, 3, 9), 6, 0.9, 5.0)]),
    past=st.lists(st.integers(0, 11) | st.just(V - 1), max_size=20),
)
def test_the_probabilities_of_all_ids_sum_to_one(seed, order, recall, past):
    """After any past, seen or unseen, at any order, with or without recall; and no id is impossible."""
    found = distribution(MarkovModel.train(shard(*chance_pieces(seed)), order, recall=recall), past)
    assert pytest.approx(1.0, abs=1e-6) == found.sum()
    assert found.min() > 0


def test_ids_that_were_never_seen_are_alike():
    """No id outside the pieces and the past is likelier than another, which the sum above relies on."""
    model = MarkovModel.train(shard(*chance_pieces(0)), 2)
    found = [model.log_probabilities(np.array([1, 2, 3, id_], np.uint16))[-1] for id_ in range(20, V - 2, 25)]
    assert {found[0]} == set(found)


def test_order_0_counts_what_an_id_follows():
    """Of the pairs (BOS, A), (A, B), (B, A), A follows 2 ids and B 1, less the discounts of Chen & Goodman by hand."""
    model = MarkovModel.train(shard([5, 6, 5]), 1, recall=FORGETFUL)
    # n1 = 1 (B), n2 = 1 (A), n3 = 0: Y = 1/3, D1 = 1 - 2 Y = 1/3, D2 = 2 - 0, kept 0.05 below the count.
    d1, d2 = 1 / 3, 1.95
    left = (d1 + d2) / 3 / V
    assert pytest.approx([(2 - d2) / 3 + left, (1 - d1) / 3 + left, left]) == unigrams(model, [5, 6, 7])


def unigrams(model, ids):
    """Probabilities of ``ids`` after an id that was never seen, where only order 0 speaks."""
    return [np.exp(model.log_probabilities(np.array([9, id_], np.uint16))[-1]) for id_ in ids]


def test_order_1_adds_what_followed_the_context():
    """P(B | A) = (c(AB) - D) / c(A) + backoff * P(B), all by hand for one piece A B A B."""
    model = MarkovModel.train(shard([5, 6, 5, 6]), 1, recall=FORGETFUL)
    # Pairs: (BOS, 5) once, (5, 6) twice, (6, 5) once; n1 = 2, n2 = 1, so Y = 1/2, D1 = 1 - 2 * 1/2 * 1/2 = 1/2 and
    # D2 = 2, kept 0.05 below the count.
    below = unigrams(model, [6])[0]
    expected = (2 - 1.95) / 2 + 1.95 / 2 * below
    assert pytest.approx(expected) == np.exp(model.log_probabilities(np.array([5, 6], np.uint16))[1])


def test_no_n_gram_reaches_across_two_pieces():
    """What ends one piece says nothing about what begins the next: both orders of two pieces give one model."""
    one = MarkovModel.train(shard([1, 2, 3, 1], [4, 5, 4]), 3)
    other = MarkovModel.train(shard([4, 5, 4], [1, 2, 3, 1]), 3)
    line = np.array([1, 2, 3, 1, 4, 5, 4], np.uint16)
    np.testing.assert_array_equal(one.log_probabilities(line), other.log_probabilities(line))


def test_context_beats_order_0_on_repetitive_music():
    """A loop of four ids is nearly certain to a model that hears one id back, and not to one that hears none."""
    loop = shard([1, 2, 3, 4] * 50)
    line = np.array([1, 2, 3, 4] * 10, np.uint16)
    none, one = (
        MarkovModel.train(loop, order, recall=FORGETFUL).log_probabilities(line)[1:].mean() for order in (0, 1)
    )
    assert none < np.log(0.3) < np.log(0.9) < one


def test_recall_learns_a_piece_that_training_never_saw():
    """A new loop is foretold after it has been heard once; without recall it stays a surprise."""
    trained = shard(*chance_pieces(1))
    line = np.array([20, 21, 22, 23, 24] * 8, np.uint16)
    without = MarkovModel.train(trained, 2, recall=FORGETFUL).log_probabilities(line)
    with_it = MarkovModel.train(trained, 2).log_probabilities(line)
    assert without[10:].max() < np.log(0.05) < np.log(0.5) < with_it[10:].mean()


def test_recall_hears_only_the_past():
    """Scores of a beginning are the same whatever comes after it."""
    model = MarkovModel.train(shard(*chance_pieces(2)), 2)
    line = np.array(chance_pieces(3, count=1)[0], np.uint16)
    np.testing.assert_array_equal(model.log_probabilities(line)[:50], model.log_probabilities(line[:50]))


def test_recall_by_hand():
    """After A B A, with one context of one id, B has (1 - d + (s + d) * below) / (1 + s)."""
    pieces = shard(*chance_pieces(4))
    line = np.array([5, 6, 5, 6], np.uint16)
    below = np.exp(MarkovModel.train(pieces, 1, recall=FORGETFUL).log_probabilities(line))[3]
    found = np.exp(MarkovModel.train(pieces, 1, recall=Recall((1,), 1, 0.4, 2.0)).log_probabilities(line))[3]
    assert pytest.approx((1 - 0.4 + (2.0 + 0.4) * below) / (1 + 2.0)) == found


def test_the_same_shard_gives_the_same_scores():
    """Training has no chance in it."""
    line = np.array(chance_pieces(5, count=1)[0], np.uint16)
    scores = [MarkovModel.train(shard(*chance_pieces(6)), 3).log_probabilities(line) for _ in range(2)]
    np.testing.assert_array_equal(*scores)


def test_the_order_is_what_was_asked_for():
    """``order`` counts the ids of context; of BOS and two ids no context is longer than two."""
    assert [0, 2] == [MarkovModel.train(shard([1, 2], [3, 4]), order).order for order in (0, 3)]
