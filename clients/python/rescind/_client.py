import atexit
import ctypes
import json
import os
import threading
import weakref
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Union

from . import _native
from ._errors import OpenError, Refused, Stale

# What a token's payload may be given as: parsed, or JSON text as it was signed.
Payload = Union[Mapping[str, Any], str, bytes]

# The words of is_revoked() for "revoked"; any other refuses the payload itself.
_REVOKED = frozenset((b"revoked", b"signed_out", b"compromised"))


class State(NamedTuple):
    term: int
    """With `number`: the position that the index has reached."""
    number: int
    staleness_ms: Optional[int]
    """How old its knowledge is; None: it cannot be said."""
    max_staleness_ms: int
    fresh: bool
    error: str
    """Why it is not fresh, as far as that is known; "" while it is."""
    shared: bool
    """The index of an agent, not this process's own."""
    on_stale: str
    revocations: int
    checks: int
    signatures: int
    """Of the checks: how many signatures they needed."""


class Claims:
    """Who an accepted token is; "" where it has no such claim."""

    __slots__ = ("_pointer", "_payload", "accepted_stale")

    accepted_stale: bool
    """Accepted only because the policy is to accept while nobody can vouch for the index."""

    def __init__(self, pointer: int, accepted_stale: bool) -> None:
        self._pointer = pointer
        self._payload: Optional[Dict[str, Any]] = None
        self.accepted_stale = accepted_stale

    def __del__(self) -> None:
        _native.claims_free(self._pointer)

    def __repr__(self) -> str:
        return f"<rescind.Claims sub={self.subject!r} jti={self.token_id!r}>"

    @property
    def issuer(self) -> str:
        return _native.claims_issuer(self._pointer).decode()

    @property
    def subject(self) -> str:
        return _native.claims_subject(self._pointer).decode()

    @property
    def token_id(self) -> str:
        return _native.claims_token_id(self._pointer).decode()

    @property
    def session_id(self) -> str:
        return _native.claims_session_id(self._pointer).decode()

    @property
    def client_id(self) -> str:
        return _native.claims_client_id(self._pointer).decode()

    @property
    def scope(self) -> str:
        return _native.claims_scope(self._pointer).decode()

    @property
    def expires_at(self) -> int:
        """Seconds since 1970."""
        return _native.claims_expires_at(self._pointer)

    @property
    def payload_json(self) -> bytes:
        """The whole payload as it was signed."""
        length = ctypes.c_size_t()
        text = _native.claims_payload(self._pointer, ctypes.byref(length))
        return ctypes.string_at(text, length.value)

    @property
    def payload(self) -> Dict[str, Any]:
        if self._payload is None:
            self._payload = json.loads(self.payload_json)
        return self._payload


# Set while a thread of the library's runs a callback: nothing may be ended there.
_thread = threading.local()


class _Handle:
    """The library's handle and its watches. Goes with the last call that uses it, so that no call
    finds it closed under its feet."""

    __slots__ = ("pointer", "process", "watches", "fired", "__weakref__")

    def __init__(self, config: bytes) -> None:
        error = ctypes.create_string_buffer(1024)
        self.process = os.getpid()
        self.watches: Dict["Watch", bool] = {}
        self.fired: List["Watch"] = []
        self.pointer = _native.open(config, len(config), error, len(error))
        if not self.pointer:
            raise OpenError(error.value.decode(errors="replace"))

    def __del__(self) -> None:
        # The threads of a process that has forked are not in its child.
        if not self.pointer or self.process != os.getpid():
            return
        if getattr(_thread, "calls_back", False):
            threading.Thread(target=_end, args=(self.pointer, self.watches)).start()
        else:
            _end(self.pointer, self.watches)


def _end(pointer: int, watches: Dict["Watch", bool]) -> None:
    for watch in watches:
        _native.unwatch(watch._pointer)
    _native.close(pointer)


class Watch:
    """Calls its callback once, as soon as its token is revoked; not any more once close() has
    returned. Lives until it is closed or its Rescind is, also where nobody keeps it."""

    def __init__(self, handle: _Handle, callback: Callable[[str], None]) -> None:
        self._handle = weakref.ref(handle)
        self._callback = callback
        self._pointer: Optional[int] = None
        self._native = _native.OnRevoked(self._fire)

    def _fire(self, reason: bytes, _: Any) -> None:
        _thread.calls_back = True
        handle = self._handle()
        try:
            self._callback(reason.decode())
        finally:
            if handle is not None:
                handle.fired.append(self)
            handle = None
            _thread.calls_back = False

    def close(self) -> None:
        handle = self._handle()
        if handle is None:
            return
        if getattr(_thread, "calls_back", False):
            self._callback = lambda reason: None
            handle.fired.append(self)  # ended by the next on_revoked()
        elif handle.watches.pop(self, None) is not None:
            _native.unwatch(self._pointer)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Rescind:
    """Opened by open(). Any thread may call anything at any time."""

    def __init__(self, config: Union[Mapping[str, Any], str]) -> None:
        text = config if isinstance(config, str) else json.dumps(config)
        self._handle: Optional[_Handle] = _Handle(text.encode())
        _opened.add(self)

    def verify(self, token: Union[str, bytes]) -> Claims:
        """Everything that a token has to be: of a configured issuer, signed by its key, for this
        audience, alive, not revoked. Raises Refused or Stale."""
        handle = self._handle
        if handle is None:
            raise _closed()
        data = token if isinstance(token, bytes) else token.encode("utf-8", "surrogatepass")
        decision = _native.Decision()
        _native.verify(handle.pointer, data, len(data), ctypes.byref(decision))
        return _accepted(decision)

    def verify_at(
        self, token: Union[str, bytes], position: Optional[str], wait_ms: int = 250
    ) -> Claims:
        """The same for a caller who knows of a revocation: `position` is the "term.number" of its
        header Revocation-Position; None, or what is none, is ignored. A token that would be
        accepted waits until the index has reached it, this thread with it and no other, for
        `wait_ms` and a second at most, 64 threads at once. Else `on_stale` decides: Stale, or
        `accepted_stale`. A coroutine hands it to a thread: `await asyncio.to_thread(…)`."""
        handle = self._handle
        if handle is None:
            raise _closed()
        data = token if isinstance(token, bytes) else token.encode("utf-8", "surrogatepass")
        decision = _native.Decision()
        _native.verify_at(
            handle.pointer, data, len(data), _text(position), wait_ms, ctypes.byref(decision))
        return _accepted(decision)

    def is_revoked(self, claims: Payload, kid: Optional[str] = None) -> bool:
        """For who has verified the token already: only whether it has been revoked. `claims` is its
        payload, `kid` that of its header. Raises Stale where that cannot be decided, and Refused
        where the payload is no JSON object, or has no `iss` or `exp`."""
        handle = self._handle
        if handle is None:
            raise _closed()
        data = _json(claims)
        decision = _native.Decision()
        _native.is_revoked(handle.pointer, data, len(data), _text(kid), ctypes.byref(decision))
        if decision.verdict == _native.ACCEPTED:
            return False
        if decision.verdict == _native.STALE:
            raise Stale()
        if decision.reason in _REVOKED:
            return True
        raise Refused(decision.reason.decode())

    def on_revoked(
        self, claims: Payload, callback: Callable[[str], None], kid: Optional[str] = None
    ) -> Watch:
        """For what outlives a request (a WebSocket, a stream, a job): calls `callback` once with
        the reason, as soon as a token with this payload is revoked, at once where it is already.
        Not for its expiry. The call comes on a thread of the library's and has to be short: hand it
        over (`loop.call_soon_threadsafe`). Close the watch when the connection ends."""
        handle = self._handle
        if handle is None:
            raise _closed()
        while handle.fired:
            handle.fired.pop().close()
        data = _json(claims)
        watch = Watch(handle, callback)
        watch._pointer = _native.watch(
            handle.pointer, data, len(data), _text(kid), watch._native, None)
        if not watch._pointer:
            self.is_revoked(claims, kid)  # says why
            raise Refused("claim")
        handle.watches[watch] = True
        return watch

    def state(self) -> State:
        handle = self._handle
        if handle is None:
            raise _closed()
        state = _native.State()
        error = ctypes.create_string_buffer(1024)
        _native.state(handle.pointer, ctypes.byref(state))
        _native.error(handle.pointer, error, len(error))
        known = state.staleness_ms != _native.UNKNOWN_STALENESS
        return State(
            state.term, state.number, state.staleness_ms if known else None,
            state.max_staleness_ms, state.fresh != 0,
            error.value.decode(errors="replace"), state.shared != 0, state.on_stale.decode(),
            state.revocations, state.checks, state.signatures)

    def close(self) -> None:
        """Ends its watches too. Calls that are under way end well; later ones raise
        RuntimeError."""
        handle, self._handle = self._handle, None
        if handle is not None and handle.process == os.getpid():
            for watch in list(handle.watches):
                watch.close()

    def __enter__(self) -> "Rescind":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_opened: "weakref.WeakSet[Rescind]" = weakref.WeakSet()


# The library's threads must not call into an interpreter that is gone.
@atexit.register
def _close_all() -> None:
    for opened in list(_opened):
        opened.close()


def open(config: Union[Mapping[str, Any], str]) -> Rescind:
    """`config` is what docs/library.md describes, or the same as JSON text. Raises OpenError where
    it cannot be. Where the index or the feed is only not there yet, all is stale until it comes."""
    return Rescind(config)


def version() -> str:
    """Of the library."""
    return _native.version().decode()


def _accepted(decision: _native.Decision) -> Claims:
    if decision.verdict == _native.ACCEPTED:
        return Claims(decision.claims, decision.accepted_stale != 0)
    if decision.verdict == _native.STALE:
        raise Stale()
    raise Refused(decision.reason.decode())


def _closed() -> RuntimeError:
    return RuntimeError("this Rescind is closed")


def _json(claims: Payload) -> bytes:
    if isinstance(claims, bytes):
        return claims
    text = claims if isinstance(claims, str) else json.dumps(claims)
    return text.encode("utf-8", "surrogatepass")


def _text(text: Optional[str]) -> Optional[bytes]:
    return None if text is None else text.encode("utf-8", "surrogatepass")
