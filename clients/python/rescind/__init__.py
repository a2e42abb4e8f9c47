"""Is this token good, and has it been revoked?

    with rescind.open(config) as r:
        claims = r.verify(token)

A thin layer over the C ABI of librescind, which lies in this package: no rule is written twice. A
`Rescind` is opened once for the process (after it has forked, where it does) and shared by all of
its threads. A check asks nobody.
"""

from ._client import Claims, Rescind, State, Watch, open, version
from ._errors import OpenError, Refused, RescindError, Stale

__all__ = [
    "Claims", "OpenError", "Refused", "Rescind", "RescindError", "Stale", "State", "Watch", "open",
    "version",
]
