"""A query that is to be stored: by whom, what, and at which version, on record before EHRbase is told."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from openward_contracts.actor import Actor
from openward_servicekit.errors import Conflict

from clinical.domain.refusals import spoken
from clinical.domain.stored_version import WantedVersion


class QueryVersionExists(Conflict):
    slug = "query-version-exists"

    def __init__(self) -> None:
        super().__init__(
            "The stored query has this version already.", extensions=spoken("Version already exists")
        )


class QueryBeingStored(Conflict):
    slug = "query-being-stored"

    def __init__(self) -> None:
        super().__init__("Another version of the query is being stored.", retry_after=1)


@dataclass(frozen=True)
class Storing:
    """`name` is the qualified one; `key`: the Idempotency-Key, by which a repeated request is known."""

    name: str
    wanted: WantedVersion
    q: str
    kind: str
    actor: Actor
    key: str | None = None

    @property
    def sha256(self) -> bytes:
        """Tells this request from others of the same actor."""
        parts = (self.name, str(self.wanted), self.kind, self.key or "", self.q)
        return hashlib.sha256("\0".join(parts).encode()).digest()


@dataclass(frozen=True)
class Claimed:
    """The version that a request may store. `repeated`: it claimed it before; `settled`: and stored it."""

    version: str
    repeated: bool = False
    settled: bool = False


class StoredQueryClaims(Protocol):
    """Who stores which version of which query: one at a time."""

    async def earlier(self, storing: Storing) -> Claimed | None:
        """What this very request, sent before, has claimed and not given up.

        Without a key only for as long as its outcome may be open: then it is another one that says the same.
        """

    async def claim(self, storing: Storing, version: str) -> bool:
        """False if another request has the version; one that may be replaced only until it is stored."""

    async def committed(self, storing: Storing, version: str) -> None: ...

    async def failed(self, storing: Storing, version: str) -> None:
        """EHRbase has refused: the version is free, unless the same request was sent once more."""

    async def free(self, name: str, version: str) -> bool:
        """A version that is not there, or may be replaced: free unless somebody is at work on it."""
