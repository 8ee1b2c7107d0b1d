"""Tokens verified a moment ago, so that a page full of requests costs one signature check."""

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256

from jwt import PyJWK

from openward_servicekit.auth.principal import Principal
from openward_servicekit.auth.tokens import TokenVerifier


@dataclass(frozen=True, slots=True)
class _Entry:
    principal: Principal
    key: PyJWK
    expires_at: float


@dataclass(slots=True, eq=False)
class RememberedTokens:
    """At most `capacity` by SHA-256, the longest unused leaving first; the tokens themselves are not kept.

    An entry serves until its token expires or the keys are fetched again: a withdrawn key takes its tokens
    with it. Only verified tokens enter, so garbage displaces nothing.
    """

    capacity: int = 1024
    _entries: OrderedDict[bytes, _Entry] = field(default_factory=OrderedDict, init=False)

    async def principal(self, token: str, verifier: TokenVerifier) -> Principal:
        """As the token says. Raises what `TokenVerifier.verify` raises."""
        digest = sha256(token.encode()).digest()
        entry = self._entries.get(digest)
        if entry is not None and await self._still_holds(entry, verifier):
            self._remember(digest, entry)
            return entry.principal
        self._entries.pop(digest, None)
        verified = await verifier.verify(token)
        principal = verified.claims.principal()
        self._remember(digest, _Entry(principal, verified.key, verified.claims.exp))
        return principal

    async def _still_holds(self, entry: _Entry, verifier: TokenVerifier) -> bool:
        if verifier.is_expired(entry.expires_at):
            return False
        return await verifier.keys.key(str(entry.key.key_id)) is entry.key

    def _remember(self, digest: bytes, entry: _Entry) -> None:
        self._entries[digest] = entry
        self._entries.move_to_end(digest)
        if len(self._entries) > self.capacity:
            self._entries.popitem(last=False)
