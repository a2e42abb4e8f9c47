"""rescind/rescind.h, in ctypes."""

import ctypes
import os
from ctypes import POINTER, c_char_p, c_int32, c_int64, c_size_t, c_uint64, c_void_p
from typing import Any, Callable

ACCEPTED, REFUSED, STALE = 0, 1, 2
UNKNOWN_STALENESS = 2**63 - 1


class Decision(ctypes.Structure):
    _fields_ = [
        ("verdict", c_int32),
        ("accepted_stale", c_int32),
        ("reason", c_char_p),
        ("claims", c_void_p),
    ]


class State(ctypes.Structure):
    _fields_ = [
        ("term", c_uint64),
        ("number", c_uint64),
        ("staleness_ms", c_int64),
        ("max_staleness_ms", c_int64),
        ("fresh", c_int32),
        ("shared", c_int32),
        ("on_stale", c_char_p),
        ("revocations", c_uint64),
        ("checks", c_uint64),
        ("signatures", c_uint64),
    ]


OnRevoked = ctypes.CFUNCTYPE(None, c_char_p, c_void_p)

# DEEPBIND: a Python that exports an OpenSSL of its own shall not lend it to the library, which was
# built against another.
_library = ctypes.CDLL(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "librescind.so"),
    mode=os.RTLD_NOW | os.RTLD_LOCAL | os.RTLD_DEEPBIND,
)


def _function(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_library, "rescind_" + name)
    function.restype = result
    function.argtypes = arguments
    return function


_Text = Callable[[int], bytes]

open = _function("open", c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)
close = _function("close", None, c_void_p)
verify = _function("verify", None, c_void_p, c_char_p, c_size_t, POINTER(Decision))
verify_at = _function(
    "verify_at", None, c_void_p, c_char_p, c_size_t, c_char_p, c_int64, POINTER(Decision))
is_revoked = _function(
    "is_revoked", None, c_void_p, c_char_p, c_size_t, c_char_p, POINTER(Decision))
claims_issuer: _Text = _function("claims_issuer", c_char_p, c_void_p)
claims_subject: _Text = _function("claims_subject", c_char_p, c_void_p)
claims_token_id: _Text = _function("claims_token_id", c_char_p, c_void_p)
claims_session_id: _Text = _function("claims_session_id", c_char_p, c_void_p)
claims_client_id: _Text = _function("claims_client_id", c_char_p, c_void_p)
claims_scope: _Text = _function("claims_scope", c_char_p, c_void_p)
claims_expires_at: Callable[[int], int] = _function("claims_expires_at", c_int64, c_void_p)
claims_payload = _function("claims_payload", c_void_p, c_void_p, POINTER(c_size_t))
claims_free = _function("claims_free", None, c_void_p)
watch = _function(
    "watch", c_void_p, c_void_p, c_char_p, c_size_t, c_char_p, OnRevoked, c_void_p)
unwatch = _function("unwatch", None, c_void_p)
state = _function("state", None, c_void_p, POINTER(State))
error = _function("error", None, c_void_p, c_char_p, c_size_t)
version: Callable[[], bytes] = _function("version", c_char_p)
