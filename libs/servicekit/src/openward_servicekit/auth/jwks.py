"""The identity provider's keys, fetched when needed and kept for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from jwt import PyJWK

from openward_servicekit.auth.keys import read_key_set
from openward_servicekit.auth.refusals import KeysUnavailable

_log: Final = structlog.get_logger(__name__)
_NEVER: Final = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """Seconds. A withdrawn key dies within `ttl`; a new one is known within `min_gap` of its first use.

    `min_gap` is between fetches whatever tokens ask for, so that made-up key ids cannot flood the provider;
    `retry_gap` after a failed one. While the provider is away, keys serve for `max_stale`.
    """

    ttl: float = 300.0
    min_gap: float = 30.0
    retry_gap: float = 5.0
    max_stale: float = 3600.0
    timeout: float = 3.0


@dataclass(slots=True, eq=False)
class JwksCache:
    """`fetch` returns the body of the provider's `jwks_uri` and raises when it cannot.

    All callers share one fetch. Nobody waits for a provider that has just failed while there are keys to use.
    """

    fetch: Callable[[], Awaitable[bytes]]
    freshness: Freshness = field(default_factory=Freshness)
    clock: Callable[[], float] = time.monotonic
    _keys: dict[str, PyJWK] = field(default_factory=dict, init=False)
    _fetched_at: float = field(default=_NEVER, init=False)
    _tried_at: float = field(default=_NEVER, init=False)
    _failing: bool = field(default=False, init=False)
    _flight: asyncio.Task[None] | None = field(default=None, init=False)

    async def key(self, kid: str) -> PyJWK | None:
        """The key `kid`; None when the provider has none of that name. Raises KeysUnavailable."""
        await self._renew(unknown=kid not in self._keys)
        return self._keys.get(kid)

    async def check(self) -> None:
        """For readiness: raises KeysUnavailable unless there are keys to check tokens with."""
        await self._renew(unknown=False)

    async def _renew(self, *, unknown: bool) -> None:
        expired = self._age() > self.freshness.ttl
        outdated = self._age() > self.freshness.max_stale
        if self._flight is None and (expired or unknown) and self._may_fetch():
            self._flight = asyncio.create_task(self._load(), name="fetch the identity provider's keys")
        if self._flight is not None and (unknown or outdated or (expired and not self._failing)):
            # Shielded: a caller that goes away must not take the others' fetch along.
            await asyncio.shield(self._flight)
        if self._age() > self.freshness.max_stale:
            raise KeysUnavailable(retry_after=self.freshness.retry_gap)

    def _age(self) -> float:
        return self.clock() - self._fetched_at

    def _may_fetch(self) -> bool:
        gap = self.freshness.retry_gap if self._failing else self.freshness.min_gap
        return self.clock() - self._tried_at >= gap

    async def _load(self) -> None:
        self._tried_at = self.clock()
        try:
            async with asyncio.timeout(self.freshness.timeout):
                document = await self.fetch()
            self._keys = read_key_set(document)
            self._fetched_at, self._failing = self._tried_at, False
        except Exception as error:  # noqa: BLE001  whatever ails the provider, the keys at hand may serve
            self._failing = True
            _log.warning("identity provider's keys not fetched", error=type(error).__name__)
        finally:
            self._flight = None
