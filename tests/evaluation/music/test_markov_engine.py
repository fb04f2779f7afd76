"""A Markov model that plays foresees what it is scored with."""

import numpy as np
import pytest

from livecomposer.evaluation.likelihood.markov import MarkovModel, Recall
from livecomposer.evaluation.music.markov_engine import MarkovEngine
from livecomposer.events import Role
from livecomposer.model.sampling import MaskPolicy, Sampling
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.corpus import Shard

V, BOS = VOCABULARY.size, VOCABULARY.id(Kind.BOS)
LANGUAGE = MaskPolicy(kinds=np.array(VOCABULARY.kinds), twins=np.array(VOCABULARY.twins(Role.COMPANION)))
TO_COMPANION = VOCABULARY.first(Kind.NOTE_ON, Role.COMPANION)


def model_of(*pieces, order=4, recall=None):
    """Trained on lists of ids."""
    starts = np.cumsum([0, *map(len, pieces)]).astype(np.int64)
    ids = np.concatenate([np.array(piece, np.uint16) for piece in pieces])
    return MarkovModel.train(Shard(ids, starts, tuple(map(str, range(len(pieces))))), order, recall=recall)


@pytest.mark.parametrize("recall", [None, Recall(), Recall((1,), 3, 0.3, 0.5), Recall((2, 3, 9), 6, 0.9, 5.0)])
@pytest.mark.parametrize("order", [0, 3])
async def test_what_it_foresees_is_what_it_is_scored_with(order, recall):
    """After every id of a piece, the probability of the next one is the scored one; all sum to one."""
    chance = np.random.default_rng(1)
    model = model_of(*chance.integers(0, 9, (4, 120)).tolist(), order=order, recall=recall)
    piece = chance.integers(0, 11, 60).tolist()
    mind = MarkovEngine(model, LANGUAGE)
    found = []
    for at, id_ in enumerate(piece):
        await mind.feed([BOS, *piece[:at]])
        foreseen = mind.foreseen()
        assert pytest.approx(1.0, abs=1e-5) == foreseen.sum()
        found.append(foreseen[id_])
    np.testing.assert_allclose(np.exp(model.log_probabilities(np.array(piece))), found, rtol=1e-5)


async def test_both_players_are_one_to_it():
    """What it expects of the one it says as the other; and it goes back where it is given something else."""
    piece = [60, 256, 188, 64, 256, 192] * 10
    mind = MarkovEngine(model_of(piece), LANGUAGE)
    mask = np.zeros(V, np.bool_)
    mask[TO_COMPANION:] = mask[256:388] = True
    greedy = Sampling(technique="topk", threshold=0.001)
    assert 6 == await mind.feed([BOS, *piece[:6]])
    said = [await mind.step(mask, greedy, 0.5) for _ in range(6)]
    assert [id_ if id_ in range(256, 388) else id_ + TO_COMPANION for id_ in piece[:6]] == said
    assert 0 == await mind.feed([BOS, *piece[:6], *said])
    assert 2 == await mind.feed([BOS, *piece[:2]])
    assert piece[2] == mind.foreseen().argmax()
