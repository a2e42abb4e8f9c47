"""Flask-JWT-Extended: its token_in_blocklist_loader.

    jwt.token_in_blocklist_loader(rescind.flask.token_in_blocklist(r))
"""

from typing import Any, Callable, Mapping

from werkzeug.exceptions import ServiceUnavailable

from . import Refused, Rescind, Stale


def token_in_blocklist(
    r: Rescind, retry_after: int = 1
) -> Callable[[Mapping[str, Any], Mapping[str, Any]], bool]:
    """True for a revoked token, and for one without `iss` or `exp`; 503 where that cannot be
    decided now."""

    def in_blocklist(header: Mapping[str, Any], payload: Mapping[str, Any]) -> bool:
        try:
            return r.is_revoked(payload, header.get("kid"))
        except Refused:
            return True
        except Stale as stale:
            raise ServiceUnavailable(str(stale), retry_after=retry_after) from None

    return in_blocklist
