"""How identity and permission say no. None of these tells the caller more than it may know."""

from openward_servicekit.errors import Forbidden, Unauthenticated, Unavailable

_CHALLENGE = 'Bearer realm="openward"'


class TokenMissing(Unauthenticated):
    """No bearer token: a challenge without an error code (RFC 6750, section 3.1)."""

    slug = "token-missing"

    def __init__(self) -> None:
        super().__init__("This needs an access token.", headers={"WWW-Authenticate": _CHALLENGE})


class TokenRejected(Unauthenticated):
    """The token is no good. `reason` is a slug for our log; the caller is not told which check failed."""

    slug = "invalid-token"

    def __init__(self, reason: str) -> None:
        super().__init__(headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'})
        self.reason = reason


class KeysUnavailable(Unavailable):
    """Tokens cannot be checked now, which says nothing about the caller: 503 and not 401."""

    slug = "identity-unavailable"


class PermissionDenied(Forbidden):
    slug = "permission-denied"

    def __init__(self, permission: str) -> None:
        super().__init__(f"This needs the permission {permission}.")


class DenialNotRecorded(Unavailable):
    """The answer is no, but it may not be given before it is on record."""

    slug = "denial-not-recorded"
