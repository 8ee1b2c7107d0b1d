"""Reading one version of a composition: right and existence are asked each time, known bytes are not."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID

from openward_contracts.identifiers import EhrId, VersionUid
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.composition import Format, Head
from clinical.domain.errors import CompositionNotFound
from clinical.domain.openehr_errors import CompositionDeleted
from clinical.domain.operations import OPENEHR
from clinical.domain.permissions import READ
from clinical.domain.ports import AccessLog, Document, Heads
from clinical.domain.record import PatientRecord
from clinical.domain.refusals import ResourceNotFound
from clinical.domain.upstream import Answer, Call, Upstream
from clinical.service.records import Records
from clinical.service.rights import allow
from clinical.service.version_cache import LARGEST, VersionCache

#: EHRbase's `format` knows XML, too, but only with this header, which is enough.
_XML: Final = {"Accept": "application/xml"}
_Fetching = asyncio.Task[Document | Answer]
_FORMATS: Final = {Format.CANONICAL: "JSON", Format.FLAT: "FLAT", Format.STRUCTURED: "STRUCTURED"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A version to be sent; `document` is an Answer, to be closed, where it is too large to be held."""

    uid: VersionUid
    document: Document | Answer
    made_at: datetime | None


@dataclass(frozen=True)
class VersionReader:
    """`system_id` is EHRbase's: the middle part of every version uid."""

    records: Records
    upstream: Upstream
    heads: Heads
    access: AccessLog
    authorizer: Authorizer
    cache: VersionCache
    system_id: str

    async def read_of_ehr(
        self, principal: Principal, ehr_id: EhrId, uid: UUID | VersionUid, form: Format
    ) -> Shown:
        """As `read`; raises EhrNotFound, too.

        EHRbase is asked for a version that is not known while it is found out whether it may be shown.
        """
        asked = self._asked(uid)  # while the record is looked up
        ahead = self._ahead(ehr_id, uid, form)
        try:
            record = await self.records.by_id(principal, ehr_id)  # which reaches no other EHR
            return await self._read(principal, record, uid, form, asked, ahead)
        except BaseException:
            if ahead is not None:
                await _dropped(ahead)
            raise

    async def read(
        self, principal: Principal, record: PatientRecord, uid: UUID | VersionUid, form: Format
    ) -> Shown:
        """The latest for an object id. Its access record is durable; never older than the question.

        Raises CompositionNotFound, CompositionDeleted.
        """
        return await self._read(principal, record, uid, form, self._asked(uid))

    async def _read(
        self,
        principal: Principal,
        record: PatientRecord,
        uid: UUID | VersionUid,
        form: Format,
        asked: Awaitable[Head | None],
        ahead: _Fetching | None = None,
    ) -> Shown:
        head = await asked
        ehr = record.holding(head.ehr_id) if head else None
        if head is None or ehr is None:  # one of another EHR is not found: the record's are those authorised
            raise CompositionNotFound
        await allow(self.authorizer, principal, READ, record, head.template_id, instead=CompositionNotFound())
        version_uid = self._named(uid, head)
        if head.made_by is None:  # EHRbase says so in its own words, unless it has been written just now
            await (await self._open(ehr.ehr_id, version_uid, form)).close()
            raise CompositionNotFound
        recorded = self.access.read(principal.actor(), ehr, "composition", version_uid, head.template_id)
        key = (version_uid, form)
        if ahead is None and (kept := self.cache.get(key, head.made_by)) is not None:
            await recorded
            return Shown(version_uid, kept, head.made_at)
        fetching = ahead or asyncio.create_task(self._fetched(ehr.ehr_id, *key))
        document = await _once(recorded, fetching)
        if isinstance(document, Document):
            self.cache.keep(key, head.made_by, document)
        return Shown(version_uid, document, head.made_at)

    def _asked(self, uid: UUID | VersionUid) -> Awaitable[Head | None]:
        if isinstance(uid, VersionUid):
            return self.heads.head(uid.object_id, uid.version)
        return self.heads.head(uid)

    def _named(self, uid: UUID | VersionUid, head: Head) -> VersionUid:
        if isinstance(uid, VersionUid):
            if uid.system_id != self.system_id:  # EHRbase would not mind
                raise CompositionNotFound
            return uid
        if head.deleted:
            raise CompositionDeleted
        return VersionUid.of(uid, self.system_id, head.version)

    def _ahead(self, ehr_id: EhrId, uid: UUID | VersionUid, form: Format) -> _Fetching | None:
        if not isinstance(uid, VersionUid) or uid.system_id != self.system_id or (uid, form) in self.cache:
            return None
        return asyncio.create_task(self._fetched(ehr_id, uid, form))

    async def _fetched(self, ehr_id: EhrId, uid: VersionUid, form: Format) -> Document | Answer:
        answer = await self._open(ehr_id, uid, form)
        whole, rest = await answer.read_up_to(LARGEST)
        return rest or Document(whole, answer.headers.get("content-type", "application/json"))

    async def _open(self, ehr_id: EhrId, uid: VersionUid, form: Format) -> Answer:
        path = f"{OPENEHR}/ehr/{ehr_id}/composition/{uid}"
        call = (
            Call("GET", path, {"format": _FORMATS[form]}) if form in _FORMATS else Call("GET", path, {}, _XML)
        )
        try:
            answer = await self.upstream.open(call)
        except ResourceNotFound as words:
            raise CompositionNotFound from words
        if answer.status == HTTPStatus.NO_CONTENT:
            await answer.close()
            raise CompositionDeleted
        return answer


async def _once(recorded: Awaitable[None], fetching: _Fetching) -> Document | Answer:
    """What is fetched, once its access record is written."""
    try:
        await recorded
    except BaseException:
        await _dropped(fetching)
        raise
    return await fetching


async def _dropped(fetching: _Fetching) -> None:
    """Nobody is to see it."""
    fetching.cancel()
    [document] = await asyncio.gather(fetching, return_exceptions=True)
    if isinstance(document, Answer):
        await document.close()
