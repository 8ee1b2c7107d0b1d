"""Access tokens (RFC 9068) checked as a resource server must: key, type, issuer, audience, time."""

import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jwt import PyJWK, PyJWS, PyJWTError
from pydantic import ValidationError

from openward_servicekit import strict_json
from openward_servicekit.auth.claims import Claims, Header
from openward_servicekit.auth.jwks import JwksCache
from openward_servicekit.auth.keys import ALGORITHMS
from openward_servicekit.auth.refusals import TokenRejected

MAX_TOKEN: Final = 8192
_JWS: Final = PyJWS(
    algorithms=ALGORITHMS, options={"verify_signature": True, "enforce_minimum_key_length": True}
)


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """The claims, and the key they were verified with."""

    claims: Claims
    key: PyJWK


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenVerifier:
    """`leeway` and `max_lifetime` in seconds; `clock` is wall-clock time in seconds since 1970."""

    keys: JwksCache
    issuer: str
    audience: str
    leeway: float = 10.0
    max_lifetime: float = 3600.0
    clock: Callable[[], float] = time.time

    async def verify(self, token: str) -> VerifiedToken:
        """Raises TokenRejected, or KeysUnavailable when the token cannot be checked now."""
        header = _header(token)
        key = await self.keys.key(header.kid)
        if key is None:
            raise TokenRejected("unknown-key")
        claims = _claims(_verified_payload(token, key))
        self._check_parties(claims)
        self._check_times(claims)
        return VerifiedToken(claims, key)

    def is_expired(self, expires_at: float) -> bool:
        return expires_at <= self.clock() - self.leeway

    def _check_parties(self, claims: Claims) -> None:
        if claims.iss != self.issuer:
            raise TokenRejected("issuer")
        if self.audience not in claims.audiences:
            raise TokenRejected("audience")
        # RFC 9068, section 5: a user must not be taken for a machine, nor a machine for a user.
        if claims.is_service and (claims.sub != claims.client_id or claims.patient or claims.ehr_id):
            raise TokenRejected("service-with-user")

    def _check_times(self, claims: Claims) -> None:
        soon = self.clock() + self.leeway
        if self.is_expired(claims.exp):
            raise TokenRejected("expired")
        if claims.iat > soon or (claims.nbf is not None and claims.nbf > soon):
            raise TokenRejected("not-yet-valid")
        if not 0 < claims.exp - claims.iat <= self.max_lifetime:
            raise TokenRejected("lifetime")


def _header(token: str) -> Header:
    if len(token) > MAX_TOKEN:
        raise TokenRejected("too-long")
    if not token.isascii() or token.count(".") != 2:
        raise TokenRejected("not-a-jws")
    encoded = token.partition(".")[0]
    try:
        return Header.model_validate(
            strict_json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        )
    except ValueError:  # also what pydantic and base64 raise
        raise TokenRejected("header") from None


def _verified_payload(token: str, key: PyJWK) -> bytes:
    """The algorithm is the key's; a token whose header says another one is refused."""
    try:
        payload: bytes = _JWS.decode(token, key, algorithms=[str(key.algorithm_name)])
    except (PyJWTError, ValueError, TypeError):
        raise TokenRejected("signature") from None
    return payload


def _claims(payload: bytes) -> Claims:
    try:
        return Claims.model_validate(strict_json.loads(payload))
    except ValidationError as error:
        place = error.errors(include_input=False, include_url=False)[0]["loc"]
        raise TokenRejected("-".join(("claim", *map(str, place[:1])))) from None
    except ValueError:
        raise TokenRejected("claims") from None
