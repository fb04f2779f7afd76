"""The compiled part of the engine, loaded where the package was installed with a C compiler at hand. Knows no torch."""

import ctypes
import sysconfig
from functools import cache
from pathlib import Path

__all__ = ["NativeShape", "available", "instructions", "native_library"]

_LIBRARY = Path(__file__).with_name("_native" + str(sysconfig.get_config_var("EXT_SUFFIX")))


class NativeShape(ctypes.Structure):
    """As ``lc_shape`` in native_code/native.h."""

    _fields_ = (
        *((name, ctypes.c_int32) for name in ("layers", "width", "heads", "hidden", "vocabulary", "slots")),
        *((name, ctypes.c_int32) for name in ("weights", "cache", "threads")),
        *((name, ctypes.c_float) for name in ("eps", "rotary_base")),
    )


@cache
def native_library() -> ctypes.CDLL | None:
    """The compiled code, where the package was installed with a compiler at hand."""
    try:
        library = ctypes.CDLL(str(_LIBRARY))
    except OSError:
        return None
    pointer, int32, int64 = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64
    for name, result, arguments in (
        ("lc_create", pointer, (ctypes.POINTER(NativeShape),)),
        ("lc_free", None, (pointer,)),
        ("lc_load", None, (pointer, int32, int32, pointer)),
        ("lc_run", None, (pointer, pointer, int32, int64, int32, int32, int32, pointer)),
        ("lc_move", None, (pointer, int32)),
        ("lc_read", ctypes.c_uint64, (pointer,)),
        ("lc_weight_bytes", int64, (pointer,)),
        ("lc_instructions", ctypes.c_char_p, ()),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def available() -> bool:
    """Whether the package was installed with its compiled part."""
    return native_library() is not None


def instructions() -> str:
    """The vector instructions in use: ``avx512``, ``avx2`` or ``plain`` (whatever the compiler took); '' without."""
    library = native_library()
    return library.lc_instructions().decode() if library is not None else ""
