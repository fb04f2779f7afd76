"""Frames there and back."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from livecomposer.engine.protocol import (
    HEADER,
    MAX_FRAME_BYTES,
    pack,
    pack_mask,
    payload_length,
    unpack,
    unpack_mask,
)
from livecomposer.errors import EngineError

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), values, max_size=5))
def test_a_message_comes_back(message):
    """What is packed is unpacked again, and the header tells how long it is."""
    frame = pack(message)
    assert len(frame) == HEADER.size + payload_length(frame[: HEADER.size])
    assert message == unpack(frame[HEADER.size :])


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_are_a_message_or_an_engine_error(payload):
    """Garbage never raises anything but EngineError."""
    message = None
    with suppress(EngineError):
        message = unpack(payload)
    assert message is None or isinstance(message, dict)


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x01", b"\x93\x01", b"\x81\xa1a\x01\x00", b"\x91" * 5000])
def test_what_is_no_message_is_refused(payload):
    """Nothing, nonsense, a bare number, half a list, a message too many and endless nesting are refused."""
    with pytest.raises(EngineError, match="a frame"):
        unpack(payload)


def test_an_absurd_length_is_refused():
    """A header of random bytes allocates nothing; the largest frame allowed passes."""
    assert MAX_FRAME_BYTES == payload_length(HEADER.pack(MAX_FRAME_BYTES))
    with pytest.raises(EngineError, match="4294967295"):
        payload_length(b"\xff\xff\xff\xff")


@settings(deadline=None)
@given(arrays.arrays(np.bool_, st.integers(1, 700)))
def test_a_mask_comes_back(mask):
    """A mask of any size survives, at an eighth of its bytes."""
    bits = pack_mask(mask)
    assert len(bits) == -(-len(mask) // 8)
    np.testing.assert_array_equal(mask, unpack_mask(bits, len(mask)))


@pytest.mark.parametrize("size", [8, 17, 646])
def test_a_mask_of_another_size_is_refused(size):
    """Bits for another vocabulary are an error, not a mask of something else."""
    with pytest.raises(ValueError, match="2 bytes"):
        unpack_mask(b"\xff\xff", size)
