"""What was written while two patients counted as one: ids and a suggestion, for a human who sorts it out."""

from dataclasses import dataclass
from uuid import UUID

from openward_contracts.identifiers import VersionUid
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.errors import MergeNotFound
from clinical.domain.merge import Merge
from clinical.domain.permissions import REVIEW_MERGE
from clinical.domain.ports import AccessLog, Heads, Merges, WriteLog
from clinical.domain.review import Suggestion, WrittenVersion, suggest
from clinical.service.records import Records


@dataclass(frozen=True)
class Review:
    """`next_after`: the version after which the next page begins; None on the last one."""

    merge: Merge
    versions: tuple[tuple[WrittenVersion, Suggestion], ...]
    next_after: VersionUid | None


@dataclass(frozen=True)
class ReviewService:
    merges: Merges
    log: WriteLog
    heads: Heads
    access: AccessLog
    authorizer: Authorizer
    records: Records

    async def review(
        self, principal: Principal, merge_id: UUID, after: VersionUid | None, limit: int
    ) -> Review:
        """Raises MergeNotFound. Only what was written through this service is listed."""
        merge = await self.merges.of_id(merge_id)
        patient_id = merge.decision.source_id if merge else None
        await self.authorizer.authorize(principal, REVIEW_MERGE, patient_id=patient_id)
        if merge is None or not await self._may_know(principal, merge):
            raise MergeNotFound
        found = await self.log.during(merge, after, limit)
        versions = [version for version in found if await self._exists(version)]
        review = Review(
            merge, await self._suggestions(merge, versions), found[-1].uid if len(found) == limit else None
        )
        await self.access.reviewed(principal.actor(), merge, len(versions))
        return review

    async def _may_know(self, principal: Principal, merge: Merge) -> bool:
        decision = merge.decision
        both = decision.source_id, decision.survivor_id
        return all([await self.records.may_know(principal, patient_id) for patient_id in both])

    async def _exists(self, version: WrittenVersion) -> bool:
        """A write whose outcome nobody has told is listed if EHRbase has it."""
        if version.confirmed:
            return True
        head = await self.heads.head(version.uid.object_id)
        return head is not None and head.version >= version.uid.version

    async def _suggestions(
        self, merge: Merge, versions: list[WrittenVersion]
    ) -> tuple[tuple[WrittenVersion, Suggestion], ...]:
        source, survivor = await self.merges.parties(merge)
        committers = frozenset(version.committer for version in versions)
        before = await self.log.wrote_before(merge, source.ehrs | survivor.ehrs, committers)
        return tuple(
            (version, suggest(version, source, survivor, before[version.committer])) for version in versions
        )
