"""Figures follow from log probabilities by arithmetic; a decoder's come out as the full forward pass gives them."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from livecomposer.engine.native import NativeEngine
from livecomposer.errors import CheckpointError, CorpusError, EngineError
from livecomposer.evaluation.likelihood.bits_per_note import (
    as_json,
    decoder_log_probs,
    engine_log_probs,
    evaluate,
    evaluate_checkpoint,
)
from livecomposer.events import Role
from livecomposer.model import checkpoint
from livecomposer.model.decoder import Decoder, Shape
from livecomposer.model.variants import build
from livecomposer.tokens import remi
from livecomposer.tokens.vocabulary import VOCABULARY, Kind
from livecomposer.training.corpus import Shard

V = VOCABULARY.size
ON, OFF = VOCABULARY.first(Kind.NOTE_ON, Role.PERFORMER), VOCABULARY.first(Kind.NOTE_OFF, Role.PERFORMER)
COMPANION_ON = VOCABULARY.first(Kind.NOTE_ON, Role.COMPANION)
SHIFT, BOS = VOCABULARY.first(Kind.TIME_SHIFT), VOCABULARY.id(Kind.BOS)
NOTE = [ON + 60, SHIFT + 49, OFF + 60]  # half a second
TOLERANCE = 1e-4  # nats: the order of float32 sums differs


def shard(*pieces, names=None):
    """A shard of ``pieces``, lists of ids."""
    starts = np.cumsum([0, *map(len, pieces)]).astype(np.int64)
    ids = np.concatenate([np.array(piece, dtype=np.uint16) for piece in pieces])
    return Shard(ids, starts, tuple(names or (f"made/{i}" for i in range(len(pieces)))))


def uniform(ids):
    """Every id is as likely as any other."""
    return np.full(len(ids), -np.log(V))


def by_id(ids):
    """Nats that grow with the id: unreal, but different from piece to piece."""
    return -ids.astype(np.float64) / 100


def small_decoder(*, layers=2, window=16):
    """A decoder whose every branch says something, unlike a fresh one's."""
    torch.manual_seed(3)
    decoder = Decoder(Shape(vocabulary=V, layers=layers, width=32, heads=2, window=window, hidden=64))
    for weight in decoder.parameters():
        if weight.dim() == 2:
            torch.nn.init.normal_(weight, std=0.2)
    return decoder.eval()


def ids_of_length(length):
    """Chance ids (length,)."""
    return np.random.default_rng(length).integers(0, 388, length).astype(np.uint16)


def test_a_uniform_model_needs_log2_of_the_vocabulary_for_each_token():
    """Bits a note are log2(V) * tokens / notes, and every bootstrap sample agrees where pieces are alike."""
    found = evaluate(uniform, shard(NOTE * 3, NOTE * 5))
    assert (2, 24, 8) == (found.pieces, found.tokens, found.notes)
    assert pytest.approx(np.log(V)) == found.nll_per_token
    assert pytest.approx(np.log2(V) * 24 / 8) == found.bits_per_note
    assert pytest.approx(np.log2(V) * 24 / 4.0) == found.bits_per_second
    assert pytest.approx((found.bits_per_note, found.bits_per_note)) == found.interval


def test_notes_of_both_players_count():
    """A companion's note-on is a note like the performer's."""
    assert 2 == evaluate(uniform, shard([ON + 60, COMPANION_ON + 64])).notes


def test_the_interval_holds_the_figure_and_repeats_with_its_seed():
    """The bootstrap is as deterministic as its seed, and narrower with more pieces."""
    pieces = [[ON + i, SHIFT + i, OFF + i] * (1 + i % 4) for i in range(60)]
    first, again = (evaluate(by_id, shard(*pieces), seed=5) for _ in range(2))
    few = evaluate(by_id, shard(*pieces[::6]), seed=5)
    assert first == again
    assert first.interval != evaluate(by_id, shard(*pieces), seed=6).interval
    assert first.interval[0] < first.bits_per_note < first.interval[1]
    assert first.interval[1] - first.interval[0] < few.interval[1] - few.interval[0]


def test_packs_are_told_apart_by_the_first_part_of_the_name():
    """Each pack has its own figures, and together they are the whole."""
    found = evaluate(by_id, shard(NOTE, NOTE * 2, [*NOTE, ON + 1], names=["a/x/1", "b/2", "a/3"]))
    assert {"a": (2, 7, 3), "b": (1, 6, 2)} == {k: (p.pieces, p.tokens, p.notes) for k, p in found.packs.items()}
    assert pytest.approx(found.nll_per_token * 13) == sum(p.nll_per_token * p.tokens for p in found.packs.values())


def test_a_choice_of_pieces_is_the_seeds_own():
    """So many pieces, the same ones for the same seed; more than there are means all."""
    pieces = shard(*[NOTE * (1 + i) for i in range(20)])
    assert evaluate(by_id, pieces, pieces=5, seed=1) == evaluate(by_id, pieces, pieces=5, seed=1)
    assert evaluate(by_id, pieces, pieces=5, seed=1).tokens != evaluate(by_id, pieces, pieces=5, seed=2).tokens
    assert 20 == evaluate(by_id, pieces, pieces=99).pieces


@pytest.mark.parametrize("pieces", [0, -1])
def test_no_pieces_is_an_error(pieces):
    """Nothing scored is said so, instead of a division by zero."""
    with pytest.raises(CorpusError, match="wanted at least 1"):
        evaluate(uniform, shard(NOTE), pieces=pieces)


def test_no_note_is_an_error():
    """Bits a note of music without notes do not exist."""
    with pytest.raises(CorpusError, match="no note"):
        evaluate(uniform, shard([SHIFT, SHIFT]))


def test_the_json_has_the_promised_keys():
    """What programs rely on, and the packs without packs of their own."""
    found = json.loads(json.dumps(as_json(evaluate(uniform, shard(NOTE)))))
    promised = {"pieces", "tokens", "notes", "nll_per_token", "bits_per_note", "bits_per_second", "interval"}
    assert promised | {"packs"} == set(found)
    assert promised == set(found["packs"]["made"])
    assert 2 == len(found["interval"])


@pytest.mark.parametrize("length", [1, 5, 16, 17, 100, 1200])
def test_a_decoders_scores_are_those_of_the_full_forward_pass(length):
    """Pieces shorter and longer than the window and the chunk, within 1e-4 nats: rounding alone differs."""
    decoder, ids = small_decoder(), ids_of_length(length)
    line = torch.tensor([[BOS, *ids.tolist()]])
    with torch.inference_mode():
        full = torch.log_softmax(decoder(line[:, :-1])[0], dim=-1).gather(1, line[0, 1:, None])[:, 0]
    np.testing.assert_allclose(decoder_log_probs(decoder)(ids), full.numpy(), atol=TOLERANCE)


def test_a_token_out_of_reach_changes_nothing():
    """One layer with a window of 16 hears 15 tokens back and itself, so a score rests on the last 16 ids."""
    log_probs, ids = decoder_log_probs(small_decoder(layers=1)), ids_of_length(60)
    changed = ids.copy()
    changed[20] = (ids[20] + 1) % 388
    differs = np.flatnonzero(np.abs(log_probs(ids) - log_probs(changed)) > TOLERANCE)
    assert (20, 36) == (differs.min(), differs.max())


def test_a_checkpoint_is_scored_by_its_folder(tmp_path):
    """Weights and shard from disk give what the decoder itself gives."""
    decoder, pieces = small_decoder(), shard(NOTE * 9, NOTE * 4)
    checkpoint.save(tmp_path / "best", decoder, fingerprint=VOCABULARY.fingerprint)
    facts = {"starts": pieces.starts, "names": np.array(pieces.names), "fingerprint": np.array(VOCABULARY.fingerprint)}
    np.savez(tmp_path / "valid.npz", ids=pieces.ids, **facts)
    expected = replace(evaluate(decoder_log_probs(decoder), pieces))
    assert as_json(expected) == evaluate_checkpoint(tmp_path / "best", tmp_path / "valid.npz")


def test_the_engine_that_plays_is_scored_as_the_decoder_is():
    """One id after the other, past the window and piece after piece, it gives what the decoder gives."""
    decoder = small_decoder()
    log_probs = engine_log_probs(NativeEngine(decoder, precision="float32"))
    for ids in (ids_of_length(60), ids_of_length(17)):
        np.testing.assert_allclose(decoder_log_probs(decoder)(ids), log_probs(ids), atol=TOLERANCE)


def test_weights_of_another_vocabulary_are_refused(tmp_path):
    """Likelihoods under another table of tokens would mean nothing."""
    checkpoint.save(tmp_path / "best", small_decoder(), fingerprint="another")
    with pytest.raises(CheckpointError, match="another"):
        evaluate_checkpoint(tmp_path / "best", tmp_path / "valid.npz")


@pytest.mark.parametrize("name", ["absolute", "relative", "xl", "alibi"])
def test_every_architecture_is_scored_past_its_window(tmp_path, name):
    """From a folder on disk, whatever the positions, scores are those of the network; the compiled engine has none."""
    torch.manual_seed(3)
    shape = Shape(vocabulary=V, layers=2, width=32, heads=2, window=16, hidden=64, positions=name)
    network, ids = build(shape).eval(), ids_of_length(100)
    checkpoint.save(tmp_path / "best", network, fingerprint=VOCABULARY.fingerprint)
    line = torch.tensor([[BOS, *ids.tolist()]])
    with torch.inference_mode():
        full = torch.log_softmax(network(line[:, :-1])[0], dim=-1).gather(1, line[0, 1:, None])[:, 0]
    np.testing.assert_allclose(decoder_log_probs(checkpoint.load(tmp_path / "best"))(ids), full.numpy(), atol=TOLERANCE)
    with pytest.raises(EngineError, match="plays rope"):
        evaluate_checkpoint(tmp_path / "best", tmp_path / "valid.npz", precision="int8")


def test_bars_and_notes_are_counted_in_their_own_way():
    """Of the other vocabulary each pitch is a note, and a bar lasts two seconds."""
    found = evaluate(uniform, shard([0, 1, 40, 125, 0, 0, 5, 41, 121]), tokens="barnote")
    assert (9, 2) == (found.tokens, found.notes)
    assert pytest.approx(np.log2(V) * 9 / 6) == found.bits_per_second


def test_music_told_anew_is_counted_as_it_was():
    """Of REMI the ids that are scored are its own; notes and seconds are those of the piece, as for every other row."""
    told = []
    pieces = shard(NOTE * 9, NOTE * 4)
    found = evaluate(lambda ids: told.append(ids) or np.full(len(ids), -1.0), pieces, tokens="remi")
    assert [remi.encoded_anew(NOTE * 9), remi.encoded_anew(NOTE * 4)] == [ids.tolist() for ids in told]
    assert (sum(map(len, told)), 13) == (found.tokens, found.notes)
    assert pytest.approx(found.tokens / np.log(2) / 6.5) == found.bits_per_second


def test_a_checkpoint_that_tells_remi_is_scored_on_the_same_shard(tmp_path):
    """Its vocabulary is known by its fingerprint; what it is given first is REMI's own beginning."""
    torch.manual_seed(3)
    shape = Shape(vocabulary=remi.SIZE, layers=1, width=16, heads=2, window=16, hidden=16, architecture="gpt2")
    network, pieces = build(shape).eval(), shard(NOTE * 9, NOTE * 4)
    checkpoint.save(tmp_path / "best", network, fingerprint=remi.FINGERPRINT)
    facts = {"starts": pieces.starts, "names": np.array(pieces.names), "fingerprint": np.array(VOCABULARY.fingerprint)}
    np.savez(tmp_path / "test.npz", ids=pieces.ids, **facts)
    expected = evaluate(decoder_log_probs(network, first=remi.BOS), pieces, tokens="remi")
    assert as_json(expected) == evaluate_checkpoint(tmp_path / "best", tmp_path / "test.npz")
