"""Writing, correcting and deleting compositions so that nothing is lost or done twice."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID, uuid4, uuid5

from openward_contracts.composition_problem import ValidationReport
from openward_contracts.identifiers import EncounterId, TemplateId, VersionUid
from openward_servicekit.auth import Authorizer, Permission, Principal
from openward_servicekit.errors import Failure

from clinical.domain.composition import Draft, Head
from clinical.domain.errors import (
    CdrError,
    CompositionExists,
    CompositionNotFound,
    CompositionRejected,
    VersionMismatch,
)
from clinical.domain.intent import Intent, Kind
from clinical.domain.permissions import CREATE, DELETE, SEE_EHR, UPDATE
from clinical.domain.ports import Cdr, Heads
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.service.belonging import BelongingService
from clinical.service.ehrs import EhrService
from clinical.service.explaining import Explainer
from clinical.service.rights import allow, inactive, unmerged
from clinical.service.writes import SafeWriter

#: Object ids of repeatable requests are made from the caller and the Idempotency-Key under this name space.
KEYED = UUID("0d6f2f5c-6f5e-5b43-9d0f-6a2d5f1c7b11")


@dataclass(frozen=True)
class Stored:
    """A version that EHRbase has confirmed; `encounter_id`: what it was written into, if that was said."""

    version_uid: VersionUid
    ehr: LinkedEhr
    template_id: TemplateId | None
    encounter_id: EncounterId | None = None


@dataclass(frozen=True)
class CompositionService:
    """`system_id` is EHRbase's: the middle part of every version uid."""

    ehrs: EhrService
    cdr: Cdr
    heads: Heads
    writer: SafeWriter
    belonging: BelongingService
    authorizer: Authorizer
    explainer: Explainer
    system_id: str

    async def see(self, principal: Principal, record: PatientRecord) -> None:
        """That the patient has these EHRs, and their ids, may be known to this caller."""
        await self._allow(principal, SEE_EHR, record, None)

    async def may_create(self, principal: Principal, record: PatientRecord, draft: Draft) -> None:
        """Raises PermissionDenied; for answers that are given without creating again."""
        await self._allow(principal, CREATE, record, draft.template_id)

    async def create(
        self,
        principal: Principal,
        record: PatientRecord,
        draft: Draft,
        idempotency_key: str | None,
        to: EncounterId | None = None,
    ) -> Stored:
        """Version 1 is in EHRbase when this returns; the same key makes the same composition.

        `to`: the encounter that it belongs to. Raises EncounterUnknown, EncounterVoid.
        """
        await self.may_create(principal, record, draft)
        object_id = uuid5(KEYED, f"{principal.sub} {idempotency_key}") if idempotency_key else uuid4()
        uid = self._version(object_id, 1)
        if idempotency_key and record.linked and (head := await self.heads.head(object_id)):
            return await self._created_before(principal, record, draft, uid, head, to)
        ehr = await self.ehrs.writable(unmerged(principal, record, record.target))
        intent = _intent(Kind.CREATE, principal, record, ehr, uid, draft, to)
        instead = inactive(record) or await self.belonging.refusal(principal, record, to)
        await self._write(draft, intent, lambda: self.cdr.create(ehr.ehr_id, draft, uid), instead)
        return await self._stored(uid, ehr, draft, to)

    async def correct(
        self,
        principal: Principal,
        record: PatientRecord,
        draft: Draft,
        preceding: VersionUid,
        to: EncounterId | None = None,
    ) -> Stored:
        """A new version after `preceding`, which must be the latest.

        `to`: the encounter that the composition belongs to from now on; without one it stays where it is.
        Raises EhrLockedByMerge, EncounterUnknown, EncounterVoid.
        """
        head, ehr = await self._head(record, preceding.object_id)
        await self._allow(principal, UPDATE, record, head.template_id)
        await self._allow(principal, UPDATE, record, draft.template_id)  # EHRbase takes another version of it
        unmerged(principal, record, ehr)
        uid = self._next(preceding, head)
        intent = _intent(Kind.UPDATE, principal, record, ehr, uid, draft, to)
        instead = inactive(record) or await self.belonging.refusal(principal, record, to)
        await self._write(draft, intent, lambda: self.cdr.update(ehr.ehr_id, draft, preceding), instead)
        return await self._stored(uid, ehr, draft, to)

    async def delete(self, principal: Principal, record: PatientRecord, preceding: VersionUid) -> Stored:
        """Logically: the version after `preceding` says that the composition is deleted."""
        head, ehr = await self._head(record, preceding.object_id)
        await self._allow(principal, DELETE, record, head.template_id)
        unmerged(principal, record, ehr)
        uid = self._next(preceding, head)
        await self.writer.write(
            _intent(Kind.DELETE, principal, record, ehr, uid, None),
            lambda: self.cdr.delete(ehr.ehr_id, preceding),
            instead=inactive(record),
        )
        return Stored(uid, ehr, head.template_id)

    async def check(self, principal: Principal, record: PatientRecord, draft: Draft) -> ValidationReport:
        """What is wrong in it, for who may create it; nothing is written, and nothing of the record told.

        Raises CompositionNotValidated, CompositionTooLarge, TemplateUnknown.
        """
        await self.may_create(principal, record, draft)
        return await self.explainer.report(draft)

    async def _write(
        self,
        draft: Draft,
        intent: Intent,
        perform: Callable[[], Awaitable[None]],
        instead: Failure | None,
    ) -> None:
        """Raises CompositionRejected with every problem that there is."""
        if (broken := await self.explainer.broken(draft)) is not None:
            raise broken
        try:
            await self.writer.write(intent, perform, instead=instead)
        except (CompositionRejected, CdrError) as refused:
            raise await self.explainer.explained(draft, refused)  # noqa: B904  it knows what EHRbase said

    async def _created_before(
        self,
        principal: Principal,
        record: PatientRecord,
        draft: Draft,
        uid: VersionUid,
        head: Head,
        to: EncounterId | None,
    ) -> Stored:
        """The very same request may have been carried out before the merge, in what is now a linked EHR."""
        ehr = record.holding(head.ehr_id)
        if ehr is None:
            raise CompositionExists

        async def perform() -> NoReturn:
            raise CompositionExists

        await self.writer.write(_intent(Kind.CREATE, principal, record, ehr, uid, draft, to), perform)
        return await self._stored(uid, ehr, draft, to)

    async def _stored(self, uid: VersionUid, ehr: LinkedEhr, draft: Draft, to: EncounterId | None) -> Stored:
        if to is not None:
            await self.belonging.take(uid)
        return Stored(uid, ehr, draft.template_id, to)

    async def _head(self, record: PatientRecord, object_id: UUID) -> tuple[Head, LinkedEhr]:
        """With its EHR. A composition of another EHR is not found: the record's are those authorised."""
        head = await self.heads.head(object_id)
        ehr = record.holding(head.ehr_id) if head else None
        if head is None or ehr is None:
            raise CompositionNotFound
        return head, ehr

    async def _allow(
        self,
        principal: Principal,
        permission: Permission,
        record: PatientRecord,
        template_id: TemplateId | None,
        instead: Failure | None = None,
    ) -> None:
        await allow(self.authorizer, principal, permission, record, template_id, instead=instead)

    def _version(self, object_id: UUID, version: int) -> VersionUid:
        return VersionUid.of(object_id, self.system_id, version)

    def _next(self, preceding: VersionUid, head: Head) -> VersionUid:
        """What the version after `preceding` is called; raises VersionMismatch when there is none."""
        if preceding.system_id != self.system_id or preceding.version > head.version:
            raise VersionMismatch(self._version(preceding.object_id, head.version))
        return preceding.successor()


def _intent(  # noqa: PLR0913, PLR0917  what an intent is made of
    kind: Kind,
    principal: Principal,
    record: PatientRecord,
    ehr: LinkedEhr,
    uid: VersionUid,
    draft: Draft | None,
    to: EncounterId | None = None,
) -> Intent:
    source, template_id = (draft.source, draft.template_id) if draft else (b"", None)
    into = f"{to} " if to else ""
    request = hashlib.sha256(f"{kind} {ehr.ehr_id} {uid} {into}".encode())
    request.update(source)
    actor, digest = principal.actor(), request.digest()
    return Intent(uid, ehr.ehr_id, kind, actor, template_id, digest, record.named_id, to_encounter=to)
