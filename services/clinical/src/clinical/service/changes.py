"""EHRs made, and their status, directory and tags changed, through EHRbase's own resources."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final, NoReturn
from uuid import UUID, uuid4, uuid5

from openward_contracts.identifiers import EhrId, VersionUid
from openward_servicekit import strict_json
from openward_servicekit.auth import Authorizer, Permission, Principal
from openward_servicekit.errors import Failure, PreconditionFailed, UpstreamBroken
from openward_servicekit.http_parts import Parts

from clinical.domain.errors import CompositionNotFound, VersionMismatch
from clinical.domain.intent import Intent, Kind
from clinical.domain.openehr_errors import EhrExists
from clinical.domain.operations import OPENEHR
from clinical.domain.permissions import CREATE_EHR
from clinical.domain.ports import Heads, Intents
from clinical.domain.record import PatientRecord
from clinical.domain.refusals import RequestRefused, ResourceNotFound
from clinical.domain.upstream import Answer, Call, Upstream
from clinical.domain.xml_document import NAMESPACE, SUBJECT, read_xml, text_at
from clinical.service.compositions import KEYED
from clinical.service.ehrs import EhrService
from clinical.service.rights import allow, inactive, unmerged
from clinical.service.tagging import check_tags
from clinical.service.writes import Ask, SafeWriter

_JSON: Final = {"Accept": "application/json"}


@dataclass(frozen=True)
class Sent:
    """A body to be passed on. `texts` are those of its parts that decide (see `xml_document`).

    `content`: what was read of it as JSON (`strict_json.read`), None for XML.
    """

    body: bytes
    texts: Mapping[str, str]
    headers: Mapping[str, str]
    key: str | None = None
    content: Any = None


@dataclass(frozen=True)
class Changed:
    """What EHRbase answered; without a body, and with the uid alone, where it answered to nobody."""

    created: bool
    uid: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class ChangeService:
    upstream: Upstream
    ehrs: EhrService
    heads: Heads
    writer: SafeWriter
    intents: Intents
    authorizer: Authorizer
    system_id: str

    async def may(self, principal: Principal, permission: Permission, record: PatientRecord) -> None:
        """Raises PermissionDenied, EhrLockedByMerge."""
        await allow(self.authorizer, principal, permission, record)
        unmerged(principal, record, record.target)

    async def may_tag(
        self,
        principal: Principal,
        permission: Permission,
        record: PatientRecord,
        resource: str,
        names: Mapping[str, str],
    ) -> str:
        """The path of the tags of a composition, judged by its template, or of an EHR_STATUS, at EHRbase."""
        template_id, object_id = None, _object_id(names["object_id"])
        if resource == "composition":
            head = await self.heads.head(object_id)
            if head is None or record.holding(head.ehr_id) is None:
                raise CompositionNotFound
            template_id = head.template_id
        await allow(self.authorizer, principal, permission, record, template_id)
        unmerged(principal, record, record.target)
        return f"/ehr/{record.target.ehr_id}/{resource}/{object_id}/item_tag"

    async def may_create_ehr(self, principal: Principal, ehr_id: EhrId | None) -> None:
        await self.authorizer.authorize(principal, CREATE_EHR, ehr_id=ehr_id)

    async def create_ehr(self, principal: Principal, ehr_id: EhrId | None, sent: Sent) -> Changed:
        """An EHR of nobody, under an id of ours where the caller names none: so asking again makes no other.

        Raises EhrExists, SubjectReserved.
        """
        chosen = ehr_id or EhrId(uuid5(KEYED, f"ehr {principal.sub} {sent.key}") if sent.key else uuid4())
        uid = VersionUid.of(chosen, self.system_id, 1)
        intent = _intent(Kind.EHR, principal, chosen, uid, sent)
        if await self.ehrs.known(chosen):
            await self._made_before(intent, sent)
            return Changed(created=True, uid=str(chosen), headers={})
        await self.ehrs.check_subject(chosen, sent.texts.get(NAMESPACE), sent.texts.get(SUBJECT))
        call = Call("PUT", f"{OPENEHR}/ehr/{chosen}", {}, sent.headers, sent.body or None)
        changed = await self._write(intent, call, created=True, is_done=lambda: self._is_made(chosen, sent))
        return replace(changed, uid=str(chosen))

    async def _made_before(self, intent: Intent, sent: Sent) -> None:
        """Raises EhrExists unless this very request has made the EHR, its answer lost."""

        async def perform() -> NoReturn:
            raise EhrExists

        if sent.key is None:
            raise EhrExists
        await self.writer.write(intent, perform, is_done=lambda: self._is_made(intent.ehr_id, sent))

    async def _is_made(self, ehr_id: EhrId, sent: Sent) -> bool:
        """There is this EHR, and it is of whom it was to be: others may choose the same id."""
        path = f"{OPENEHR}/ehr/{ehr_id}/ehr_status"
        try:
            answer = await self.upstream.open(Call("GET", path, headers=_JSON, is_question=True))
        except ResourceNotFound:
            return False
        status = await answer.json()
        return all(text_at(status, place) == sent.texts.get(place) for place in (NAMESPACE, SUBJECT))

    async def update_status(
        self, principal: Principal, record: PatientRecord, preceding: VersionUid, sent: Sent
    ) -> Changed:
        """Raises VersionMismatch, SubjectReserved."""
        ehr_id = record.target.ehr_id
        await self.ehrs.check_subject(ehr_id, sent.texts.get(NAMESPACE), sent.texts.get(SUBJECT))
        return await self._change(principal, record, Kind.STATUS, "PUT", "ehr_status", preceding, sent)

    async def create_directory(self, principal: Principal, record: PatientRecord, sent: Sent) -> Changed:
        """Under a uid of ours, the same for the same key."""
        ehr = await self.ehrs.writable(record.target)
        object_id = uuid5(KEYED, f"directory {principal.sub} {sent.key}") if sent.key else uuid4()
        uid = VersionUid.of(object_id, self.system_id, 1)
        call = Call("POST", f"{OPENEHR}/ehr/{ehr.ehr_id}/directory", {}, sent.headers, _stored_as(sent, uid))
        intent = _intent(Kind.DIRECTORY, principal, ehr.ehr_id, uid, sent)
        changed = await self._write(intent, call, created=True, instead=inactive(record))
        return replace(changed, uid=str(uid))

    async def change_directory(
        self, principal: Principal, record: PatientRecord, method: str, preceding: VersionUid, sent: Sent
    ) -> Changed:
        """PUT or DELETE. Raises VersionMismatch."""
        return await self._change(principal, record, Kind.DIRECTORY, method, "directory", preceding, sent)

    async def change_tags(self, record: PatientRecord, method: str, path: str, sent: Sent) -> Changed:
        """Removes tags by their ids, or sets them: what has no id is a new tag each time.

        Raises PatientInactive, EncounterTagReserved.
        """
        if (refused := inactive(record)) is not None:
            raise refused
        await self.ehrs.writable(record.target)
        await check_tags(self.upstream, method, path, sent.content)
        answer = await self.upstream.open(Call(method, path, {}, sent.headers, sent.body))
        body = await answer.read()
        if answer.status != HTTPStatus.NO_CONTENT and not _is_json(answer.headers):
            raise UpstreamBroken("EHRbase has not confirmed the change.")
        return Changed(created=False, uid="", headers=answer.headers, body=body)

    async def _change(  # noqa: PLR0913, PLR0917  what a change is made of
        self,
        principal: Principal,
        record: PatientRecord,
        kind: Kind,
        method: str,
        resource: str,
        preceding: VersionUid,
        sent: Sent,
    ) -> Changed:
        ehr = await self.ehrs.writable(record.target)
        path = f"{OPENEHR}/ehr/{ehr.ehr_id}/{resource}"
        if preceding.system_id != self.system_id:  # EHRbase would not mind
            raise VersionMismatch(await self._current(path))
        uid = preceding.successor()
        # EHRbase reads If-Match as it stands: quotes would be part of the uid.
        headers = {**sent.headers, "If-Match": str(preceding)}
        call = Call(method, path, {}, headers, None if method == "DELETE" else sent.body)
        intent = _intent(kind, principal, ehr.ehr_id, uid, sent, deletes=method == "DELETE")
        instead = None if kind is Kind.STATUS else inactive(record)  # administration
        try:
            changed = await self._write(intent, call, created=False, instead=instead)
        except PreconditionFailed as refused:
            raise VersionMismatch(await self._current(path)) from refused
        return replace(changed, uid=str(uid))

    async def _write(
        self,
        intent: Intent,
        call: Call,
        *,
        created: bool,
        instead: Failure | None = None,
        is_done: Ask | None = None,
    ) -> Changed:
        answers: list[Changed] = []

        async def perform() -> None:
            answer = await self.upstream.open(call)
            body = await answer.read()
            if not _confirmed(call, answer, intent):
                raise UpstreamBroken("EHRbase has confirmed something else than it was asked to store.")
            answers.append(Changed(created, answer.uid, answer.headers, body))

        await self.writer.write(intent, perform, instead=instead, is_done=is_done)
        return answers[0] if answers else Changed(created, "", {})

    async def _current(self, path: str) -> str | None:
        """The latest version, for who lost; none where there is none any more."""
        try:
            answer = await self.upstream.open(Call("GET", path, headers=_JSON))
        except Failure:
            return None
        await answer.close()
        return answer.uid or None


def _confirmed(call: Call, answer: Answer, intent: Intent) -> bool:
    """Whether this success says that this version was written; a page of something in between does not."""
    if call.method == "DELETE":
        return answer.status == HTTPStatus.NO_CONTENT
    return answer.uid == str(intent.ehr_id if intent.kind is Kind.EHR else intent.version_uid)


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").startswith("application/json")


def _stored_as(sent: Sent, uid: VersionUid) -> Parts:
    if sent.headers["Content-Type"] != "application/json":
        return read_xml(sent.body).stored_as(uid)
    if not isinstance(sent.content, dict):
        raise RequestRefused("A FOLDER is an object.")
    new = {"uid": {"_type": "OBJECT_VERSION_ID", "value": str(uid)}}
    return strict_json.changed(sent.body, sent.content, [(sent.content, new)])


def _object_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ResourceNotFound from None


def _intent(
    kind: Kind, principal: Principal, ehr_id: EhrId, uid: VersionUid, sent: Sent, *, deletes: bool = False
) -> Intent:
    what = f"{kind} deleted" if deletes else kind
    request = hashlib.sha256(f"{what} {ehr_id} {uid} ".encode())
    request.update(sent.body)
    return Intent(uid, ehr_id, kind, principal.actor(), None, request.digest(), deletes=deletes)
