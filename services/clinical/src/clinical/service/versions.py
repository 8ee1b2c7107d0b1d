"""Reading one version of a composition: right and existence are asked each time, known bytes are not."""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from openward_contracts.identifiers import EhrId, VersionUid
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.composition import Format, Head
from clinical.domain.errors import CompositionNotFound
from clinical.domain.openehr_errors import CompositionDeleted
from clinical.domain.operations import OPENEHR
from clinical.domain.permissions import READ
from clinical.domain.ports import AccessLog, Document, Heads
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.domain.refusals import ResourceNotFound
from clinical.domain.upstream import Answer, Call, Upstream
from clinical.service.records import Records
from clinical.service.rights import allow
from clinical.service.version_cache import LARGEST, Key, VersionCache

#: EHRbase's `format` knows XML, too, but only with this header, which is enough.
_XML: Final = {"Accept": "application/xml"}
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
        """As `read`; raises EhrNotFound, too."""
        asked = self._asked(uid)  # while the record is looked up
        return await self._read(principal, await self.records.by_id(principal, ehr_id), uid, form, asked)

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
    ) -> Shown:
        head = await asked
        ehr = record.holding(head.ehr_id) if head else None
        if head is None or ehr is None:  # one of another EHR is not found: the record's are those authorised
            raise CompositionNotFound
        await allow(self.authorizer, principal, READ, record, head.template_id, instead=CompositionNotFound())
        version_uid = self._named(uid, head)
        if head.made_by is None:  # EHRbase says so in its own words, unless it has been written just now
            await (await self._open(ehr, version_uid, form)).close()
            raise CompositionNotFound
        recorded = self.access.read(principal.actor(), ehr, "composition", version_uid, head.template_id)
        key = (version_uid, head.made_by, form)
        if (kept := self.cache.get(key)) is not None:
            await recorded
            return Shown(version_uid, kept, head.made_at)
        return Shown(version_uid, await self._fetched(ehr, key, recorded), head.made_at)

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

    async def _fetched(
        self, ehr: LinkedEhr, key: Key, recorded: Coroutine[Any, Any, None]
    ) -> Document | Answer:
        """From EHRbase, while the access record is written; both are done when this returns."""
        uid, _, form = key
        recording = asyncio.create_task(recorded)
        try:
            document = await self._whole(await self._open(ehr, uid, form))
        except BaseException:
            await asyncio.gather(recording, return_exceptions=True)
            raise
        try:
            await recording
        except BaseException:
            await _closed(document)
            raise
        if isinstance(document, Document):
            self.cache.keep(key, document)
        return document

    async def _whole(self, answer: Answer) -> Document | Answer:
        whole, rest = await answer.read_up_to(LARGEST)
        return rest or Document(whole, answer.headers.get("content-type", "application/json"))

    async def _open(self, ehr: LinkedEhr, uid: VersionUid, form: Format) -> Answer:
        path = f"{OPENEHR}/ehr/{ehr.ehr_id}/composition/{uid}"
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


async def _closed(document: Document | Answer) -> None:
    if isinstance(document, Answer):
        await document.close()
