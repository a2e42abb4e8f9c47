"""FastAPI: who calls, by their bearer token.

    current_token = rescind.fastapi.current_token(r)

    @app.get("/orders")
    def orders(claims: Annotated[rescind.Claims, Depends(current_token)]): ...
"""

from typing import Annotated, Awaitable, Callable, Optional

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from . import Claims, Refused, Rescind, Stale


def current_token(r: Rescind, retry_after: int = 1) -> Callable[..., Awaitable[Claims]]:
    """A dependency: 401 without a good token (RFC 6750 3), 503 where that cannot be decided now."""
    scheme = HTTPBearer(bearerFormat="JWT", auto_error=False)

    # A coroutine: a check is shorter than the way to a thread of the pool.
    async def current(
        bearer: Annotated[Optional[HTTPAuthorizationCredentials], Depends(scheme)],
    ) -> Claims:
        if bearer is None:
            raise HTTPException(401, "a bearer token is required", {"WWW-Authenticate": "Bearer"})
        try:
            return r.verify(bearer.credentials)
        except Refused:
            raise HTTPException(
                401, "the access token is not valid",
                {"WWW-Authenticate": 'Bearer error="invalid_token"'}) from None
        except Stale as stale:
            raise HTTPException(503, str(stale), {"Retry-After": str(retry_after)}) from None

    return current
