"""The compiled engine: the same bits however it is fed, near the decoder in eight bits, on every kind of processor."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from livecomposer.engine import native
from livecomposer.engine.native import NativeEngine
from livecomposer.model.decoder import Shape
from tests.model.networks import SMALL, random_decoder

REAL = Shape(vocabulary=646, layers=3, width=128, heads=2, window=64, hidden=512)
IDS = np.random.default_rng(4).integers(0, SMALL.vocabulary, 300).tolist()
PRECISION = pytest.mark.parametrize("precision", native.PRECISIONS)


def logits_of(decoder, ids, *, at_once, **options):
    """What the engine says after ``ids``, taken in a few at once."""
    engine = NativeEngine(decoder, **options)
    for reached in [*range(at_once, len(ids), at_once), len(ids)]:
        engine.feed(ids[:reached])
    return engine.logits()


@PRECISION
@pytest.mark.parametrize("decoder", [random_decoder(), random_decoder(REAL, scale=0.1)], ids=["small", "real"])
def test_chunks_and_threads_change_no_bit(precision, decoder):
    """One id at a time, in any chunks, by one thread or several, the logits are the same to the bit."""
    expected = logits_of(decoder, IDS[:150], at_once=1, precision=precision)
    for at_once in (2, 3, 5, 7, 13, 64, 150):
        np.testing.assert_array_equal(expected, logits_of(decoder, IDS[:150], at_once=at_once, precision=precision))
    for threads in (2, 3):
        got = logits_of(decoder, IDS[:150], at_once=29, precision=precision, threads=threads)
        np.testing.assert_array_equal(expected, got)


@PRECISION
def test_a_rewind_changes_no_bit(precision):
    """Back and on again, the logits are those of going straight on."""
    engine = NativeEngine(random_decoder(), precision=precision)
    engine.feed(IDS[:100])
    engine.feed([*IDS[:90], 3, 3, 3])
    engine.feed(IDS[:100])
    np.testing.assert_array_equal(
        logits_of(random_decoder(), IDS[:100], at_once=100, precision=precision), engine.logits()
    )


def test_eight_bits_are_near_the_decoder():
    """The logits in int8 are those of the decoder to within 3 % of their spread, whatever the weights."""
    decoder = random_decoder(REAL, scale=0.1)
    ids = np.random.default_rng(1).integers(0, REAL.vocabulary, 200).tolist()
    expected = decoder(torch.tensor([ids]))[0, -1].numpy()
    off = logits_of(decoder, ids, at_once=50) - expected
    assert np.sqrt(np.mean(off**2)) < 0.03 * expected.std()


def test_weights_are_rounded_to_127_steps_of_their_row():
    """A decoder whose weights are such steps already is computed with them, not with others."""
    decoder = random_decoder(REAL, scale=0.1)
    with torch.no_grad():
        for weight in decoder.parameters():
            if weight.dim() == 2:
                step = weight.abs().amax(dim=1, keepdim=True) / 127
                weight.copy_((weight / step).round() * step)
            else:
                weight.fill_(1.0)
    expected = decoder(torch.tensor([IDS[:60]]))[0, -1].numpy()
    got = logits_of(decoder, IDS[:60], at_once=60, precision="int8", cache_precision="float32")
    np.testing.assert_allclose(expected, got, atol=2e-4 * np.abs(expected).max())


_SCRIPT = """
import numpy as np, sys
from livecomposer.engine import native
from tests.engine.test_native import IDS, REAL, logits_of
from tests.model.networks import random_decoder
found = [logits_of(random_decoder(REAL, scale=0.1), IDS[:100], at_once=31, precision=p) for p in native.PRECISIONS]
print(native.instructions())
print(" ".join(map(repr, np.concatenate(found).tolist())))
"""


@pytest.mark.parametrize("wanted", ["plain", "avx2"])
def test_every_kind_of_processor_says_the_same(wanted):
    """With older instructions, or none, the logits are the same but for the order of a float's last bits."""
    environment = {**os.environ, "LIVECOMPOSER_INSTRUCTIONS": wanted}
    done = subprocess.run([sys.executable, "-c", _SCRIPT], env=environment, capture_output=True, text=True, check=True)
    used, numbers = done.stdout.splitlines()
    if used != wanted:
        pytest.skip(f"this processor has no {wanted}")
    decoder = random_decoder(REAL, scale=0.1)
    expected = [logits_of(decoder, IDS[:100], at_once=31, precision=p) for p in native.PRECISIONS]
    np.testing.assert_allclose(np.concatenate(expected), np.array(numbers.split(), dtype=float), atol=2e-3)


def test_two_engines_in_two_threads_do_not_meet():
    """Engines of their own may compute at the same time; the GIL is free meanwhile."""
    decoder = random_decoder(REAL, scale=0.1)
    expected = logits_of(decoder, IDS, at_once=10)
    found = []
    threads = [threading.Thread(target=lambda: found.append(logits_of(decoder, IDS, at_once=10))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for logits in found:
        np.testing.assert_array_equal(expected, logits)


def test_it_knows_what_a_token_reads():
    """Eight bits a weight: the bytes are the weights, padded; reading them works with several threads."""
    engine = NativeEngine(random_decoder(REAL), threads=2)
    width, hidden = REAL.width, REAL.hidden
    told = REAL.layers * (4 * width * width + 2 * width * hidden) + REAL.vocabulary * width
    assert told <= engine.weight_bytes <= 1.1 * told
    engine.read_weights()
