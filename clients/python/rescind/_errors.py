class RescindError(Exception):
    """Of all errors of this package."""


class OpenError(RescindError):
    """The configuration cannot be: says what, why and what to do."""


class Refused(RescindError):
    """The token is not good; `reason` is a stable word: "revoked", "expired", "signature" …"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Stale(RescindError):
    """Nobody can vouch for the index now, and the policy is to refuse: not "revoked" and not "not
    revoked", but "cannot decide" (HTTP 503)."""

    def __init__(self) -> None:
        super().__init__("revocations cannot be checked now")
