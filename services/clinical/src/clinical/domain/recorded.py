"""What compositions say, kept beside EHRbase: which versions there are, and which of them are kept."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_servicekit.errors import Unavailable, UpstreamBroken

from clinical.domain.extraction import Extracted


class RecordBehind(Unavailable):
    """So much was recorded that has not been looked at yet that no request can wait for it."""

    slug = "record-behind"

    def __init__(self) -> None:
        super().__init__("What was recorded is still being gathered: ask again.", retry_after=5)


class ContentsTooLarge(UpstreamBroken):
    """Less is to be asked for at once."""

    slug = "contents-too-large"


class VersionKey(NamedTuple):
    object_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a version from another of the same key: one may be put where one was removed for good."""

    template_id: TemplateId | None
    committed_at: datetime
    deleted: bool


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """It was the latest from its commit until `replaced_at`."""

    identity: Identity
    replaced_at: datetime | None


Versions = Mapping[VersionKey, KeptVersion]
#: A composition in canonical JSON; None is one that EHRbase cannot give out.
Content = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Change:
    """Of each object one version is the latest, whenever it is read."""

    gone: Collection[VersionKey]
    replaced: Mapping[VersionKey, datetime | None]
    new: Versions


class Haste:
    """Whether somebody waits for what is fetched; who fetches asks before each request."""

    def __init__(self, *, awaited: bool) -> None:
        self._awaited = asyncio.Event()
        if awaited:
            self._awaited.set()

    @property
    def awaited(self) -> bool:
        return self._awaited.is_set()

    def hurry(self) -> None:
        self._awaited.set()

    async def rest(self, seconds: float) -> None:
        """As long as nobody waits."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._awaited.wait(), seconds)


class VersionLists(Protocol):
    """EHRbase's database."""

    async def fingerprints(self, ehr_ids: Collection[EhrId]) -> Mapping[EhrId, str]:
        """Of each EHR what tells all versions of its compositions from any others."""

    async def versions(self, ehr_id: EhrId) -> tuple[str, Versions]:
        """Its fingerprint, and what it is of."""


class Contents(Protocol):
    """EHRbase. Raises Unavailable or UpstreamTimeout while it is away, UpstreamBroken if it fails for all."""

    async def latest(
        self, ehr_id: EhrId, uids: Sequence[VersionUid], haste: Haste
    ) -> Mapping[VersionUid, Content]:
        """At once; those that it cannot give out so, or that are not the latest any more, are left out.

        Raises ContentsTooLarge, too.
        """

    async def one(self, ehr_id: EhrId, uid: VersionUid, haste: Haste) -> Content: ...


class Keeping(Protocol):
    """What is kept of one EHR, with nobody else at it. Each method is one transaction."""

    async def fingerprint(self) -> str | None:
        """The one that `finish` was given last; another once what is kept was changed, None before all."""

    async def versions(self) -> Versions: ...

    async def doubt(self) -> None:
        """From now on until `finish` what is kept is of no edition: all of it is to be read again."""

    async def change(self, change: Change, read: Mapping[VersionKey, Extracted]) -> None:
        """`read`: what those of the new versions say that do not delete and could be read.

        What cannot be kept of them is as if it could not be read.
        """

    async def finish(self, fingerprint: str) -> None: ...


class Kept(Protocol):
    """The tables of what is recorded."""

    async def fingerprints(self, ehr_ids: Collection[EhrId]) -> Mapping[EhrId, str]:
        """As Keeping gives it, of those that have one."""

    def alone(self, ehr_id: EhrId) -> AbstractAsyncContextManager[Keeping]:
        """Waits while another process is at the same EHR. Raises Unavailable when that takes too long."""
