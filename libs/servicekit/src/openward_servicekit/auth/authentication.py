"""From the Authorization header to a principal. No other header, and no query parameter, says who calls."""

import re
from dataclasses import dataclass, field
from typing import Final

import structlog

from openward_servicekit.auth.principal import Principal
from openward_servicekit.auth.refusals import TokenMissing, TokenRejected
from openward_servicekit.auth.remembered import RememberedTokens
from openward_servicekit.auth.tokens import TokenVerifier

_log: Final = structlog.get_logger(__name__)
#: RFC 6750, section 2.1; the scheme's case is free (RFC 9110, section 11.1).
_BEARER: Final = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*) *")


@dataclass(frozen=True, slots=True)
class Authenticator:
    """`await authenticate(header)` gives the caller."""

    verifier: TokenVerifier
    remembered: RememberedTokens = field(default_factory=RememberedTokens)

    async def __call__(self, authorization: str | None) -> Principal:
        """Raises TokenMissing, TokenRejected, or KeysUnavailable when no token can be checked now."""
        token = _bearer_token(authorization)
        try:
            return await self.remembered.principal(token, self.verifier)
        except TokenRejected as rejected:
            raise _logged(rejected) from None

    async def check(self) -> None:
        """For readiness: raises KeysUnavailable when no token can be checked."""
        await self.verifier.keys.check()


def _bearer_token(authorization: str | None) -> str:
    scheme = (authorization or "").partition(" ")[0]
    if authorization is None or scheme.lower() != "bearer":
        raise TokenMissing
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise _logged(TokenRejected("malformed-header"))
    return match[1]


def _logged(rejected: TokenRejected) -> TokenRejected:
    _log.info("token rejected", reason=rejected.reason)
    return rejected
