"""What passes between the session and the engine's process: length-prefixed MessagePack frames. Pure."""

import struct
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from livecomposer.errors import EngineError

__all__ = ["ALIVE", "HEADER", "MAX_FRAME_BYTES", "pack", "pack_mask", "payload_length", "unpack", "unpack_mask"]

HEADER = struct.Struct("<I")
MAX_FRAME_BYTES = 16 * 2**20
"""More than the longest feed needs; a larger frame means that the two sides have lost each other."""


ALIVE: dict[str, Any] = {"alive": True}
"""A sign of life: no reply, but work on one goes on. May come at any time."""


def pack(message: dict[str, Any]) -> bytes:
    """A whole frame."""
    payload = msgpack.packb(message)
    return HEADER.pack(len(payload)) + payload  # type: ignore[no-any-return]


def payload_length(header: bytes) -> int:
    """Bytes that follow ``header``; raises :class:`EngineError` for an absurd number."""
    (length,) = HEADER.unpack(header)
    if length > MAX_FRAME_BYTES:
        raise EngineError(f"a frame of {length} bytes; wanted at most {MAX_FRAME_BYTES}; the engine is started again")
    return int(length)


def unpack(payload: bytes) -> dict[str, Any]:
    """The message in a payload; raises :class:`EngineError` where there is none."""
    try:
        message = msgpack.unpackb(payload)
    except (ValueError, msgpack.UnpackException) as error:
        raise EngineError(f"a frame that is no message ({error}); the engine is started again") from error
    if not isinstance(message, dict):
        raise EngineError(f"a frame with a {type(message).__name__}; wanted a message; the engine is started again")
    return message


def pack_mask(mask: npt.NDArray[np.bool_]) -> bytes:
    """A mask (V,) as bits."""
    return np.packbits(mask).tobytes()


def unpack_mask(bits: bytes, size: int) -> npt.NDArray[np.bool_]:
    """The mask (size,) in ``bits``; raises :class:`ValueError` for a mask of another size."""
    if len(bits) != -(-size // 8):
        raise ValueError(f"a mask of {len(bits)} bytes; wanted {-(-size // 8)}")
    return np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=size).astype(np.bool_)
