"""EHRs made and their resources changed by ITS-REST: once, whatever is repeated under an Idempotency-Key."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from openward_contracts.identifiers import EhrId
from openward_servicekit import strict_json
from openward_servicekit.auth import Permission, Principal, require
from openward_servicekit.body import check_content, parsed
from openward_servicekit.errors import Failure, Malformed, NotAcceptable, Unsupported
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent, key_of
from openward_servicekit.origin import origin_of

from clinical.api.dependencies import IdempotencyKey, OfEhr, Services
from clinical.api.negotiation import JSON, XML, KnownVersion, Prefer, Preference, WantedDocument
from clinical.api.openehr_answers import base_path_of, modified
from clinical.api.schemas import UidView
from clinical.domain import permissions
from clinical.domain.contribution import WANTED
from clinical.domain.operations import TAGS
from clinical.domain.record import PatientRecord
from clinical.domain.refusals import spoken
from clinical.domain.xml_document import NAMESPACE, SUBJECT, read_xml, text_at
from clinical.service.changes import Changed, Sent
from clinical.service.clinical import Clinical
from clinical.service.rights import may_see

_XML_TYPES = (XML, "text/xml")
#: What the caller needs to be shown what was written.
_SHOWN_BY = {"directory": permissions.READ_DIRECTORY, "contribution": permissions.READ_CONTRIBUTION}


@dataclass(frozen=True)
class Writing:
    """A request that changes something; `content` is what was read of its body as JSON, or None."""

    request: Request
    services: Clinical
    prefer: Prefer
    accept: str
    media_type: str
    body: bytes
    content: Any
    texts: Mapping[str, str]
    key: str | None

    def sent(self, *, show: bool) -> Sent:
        """With what EHRbase is told in headers; the client's own media type may name another charset."""
        prefer = Prefer.REPRESENTATION if show else Prefer.MINIMAL
        headers = {"Accept": self.accept, "Prefer": prefer, "Content-Type": self.media_type}
        return Sent(self.body, self.texts, headers, key_of(self.key), self.content)

    def check_object(self) -> None:
        """What is passed on as an openEHR object is one. Raises Malformed."""
        if self.body and self.media_type == JSON and not isinstance(self.content, dict):
            words = spoken("JSON parse error: Missing [_type] value")
            raise Malformed("An object is expected.", extensions=words)

    async def once(
        self, caller: Principal, perform: Callable[[], Awaitable[StoredAnswer]], *, repeatable: bool = True
    ) -> StoredAnswer:
        """The answer, also if an earlier request with the same key has got it, by another name of ours."""
        url = self.request.url
        answer = await idempotent(
            self.services.idempotency,
            key=self.key,
            actor=caller.sub,
            request_hash=fingerprint(self.request.method, url.path, url.query, self.prefer, self.body),
            perform=perform,
            repeatable=repeatable,
        )
        if (path := answer.headers.get("Location")) is None:
            return answer
        return replace(answer, headers={**answer.headers, "Location": origin_of(self.request) + path})


async def writing(
    request: Request,
    services: Services,
    prefer: Preference,
    accept: WantedDocument,
    content_type: Annotated[str, Header()] = "",
    idempotency_key: IdempotencyKey = None,
) -> Writing:
    check_content(request, takes_json=False)
    body = await request.body()
    media_type = content_type.partition(";")[0].strip().lower()
    is_xml = media_type in _XML_TYPES
    if body and not is_xml and media_type != JSON:
        raise Unsupported(f"{JSON} or {XML}.")
    content = await parsed(request, _read) if body and not is_xml else None
    found = (await parsed(request, read_xml)).texts if body and is_xml else _texts(content)
    sent_as = XML if is_xml else JSON
    return Writing(request, services, prefer, accept, sent_as, body, content, found, idempotency_key)


def _read(body: bytes) -> Any:
    return strict_json.read(body, WANTED)


def _texts(content: Any) -> dict[str, str]:
    content = content if isinstance(content, dict) else {}
    return {path: text for path in (NAMESPACE, SUBJECT) if (text := text_at(content, path)) is not None}


Write = Annotated[Writing, Depends(writing)]


async def openehr_create_ehr(
    caller: Annotated[Principal, Depends(require(permissions.CREATE_EHR))], write: Write
) -> Response:
    """An EHR of nobody, unless its EHR_STATUS names a subject; that of a patient is made by the registry."""
    return await _create_ehr(caller, write, None)


async def openehr_create_ehr_with_id(
    caller: Annotated[Principal, Depends(require(permissions.CREATE_EHR))], ehr_id: EhrId, write: Write
) -> Response:
    return await _create_ehr(caller, write, ehr_id)


async def _create_ehr(caller: Principal, write: Writing, ehr_id: EhrId | None) -> Response:
    services = write.services
    await services.changes.may_create_ehr(caller, ehr_id)
    if write.content is not None:  # EHRbase's own client sends `null` for an EHR without an EHR_STATUS
        write.check_object()

    async def perform() -> StoredAnswer:
        show = write.prefer is Prefer.REPRESENTATION
        changed = await services.changes.create_ehr(caller, ehr_id, write.sent(show=show))
        changed = await _told(write, changed, EhrId(UUID(changed.uid)), "ehr")
        return _answer(write, changed, f"/ehr/{changed.uid}", bare=201)

    return (await write.once(caller, perform)).response()


async def openehr_update_ehr_status(
    caller: Annotated[Principal, Depends(require(permissions.UPDATE_STATUS))],
    record: OfEhr,
    preceding: KnownVersion,
    write: Write,
) -> Response:
    async def perform(sent: Sent) -> Changed:
        return await write.services.changes.update_status(caller, record, preceding, sent)

    return await _change(caller, record, write, permissions.UPDATE_STATUS, "ehr_status", perform)


async def openehr_create_directory(
    caller: Annotated[Principal, Depends(require(permissions.CREATE_DIRECTORY))], record: OfEhr, write: Write
) -> Response:
    async def perform(sent: Sent) -> Changed:
        return await write.services.changes.create_directory(caller, record, sent)

    return await _change(caller, record, write, permissions.CREATE_DIRECTORY, "directory", perform)


async def openehr_update_directory(
    caller: Annotated[Principal, Depends(require(permissions.UPDATE_DIRECTORY))],
    record: OfEhr,
    preceding: KnownVersion,
    write: Write,
) -> Response:
    async def perform(sent: Sent) -> Changed:
        return await write.services.changes.change_directory(caller, record, "PUT", preceding, sent)

    return await _change(caller, record, write, permissions.UPDATE_DIRECTORY, "directory", perform)


async def openehr_delete_directory(
    caller: Annotated[Principal, Depends(require(permissions.DELETE_DIRECTORY))],
    record: OfEhr,
    preceding: KnownVersion,
    write: Write,
) -> Response:
    async def perform(sent: Sent) -> Changed:
        return await write.services.changes.change_directory(caller, record, "DELETE", preceding, sent)

    return await _change(caller, record, write, permissions.DELETE_DIRECTORY, "directory", perform)


async def openehr_commit_contribution(
    caller: Annotated[Principal, Depends(require(permissions.COMMIT_CONTRIBUTION))],
    record: OfEhr,
    write: Write,
) -> Response:
    """Canonical JSON: EHRbase reads nothing else, though it says so."""
    contributions = write.services.contributions
    if not write.body:
        raise _bodiless("contribution", write)
    if write.media_type == XML:
        words = "Invalid content type, only application/json is supported"
        raise NotAcceptable(f"{JSON} is expected.", extensions=spoken(words))
    changes = await contributions.check(caller, record, write.content)

    async def perform(sent: Sent) -> Changed:
        return await contributions.commit(caller, record, write.content, changes, sent)

    return await _change(caller, record, write, None, "contribution", perform)


async def _change(
    caller: Principal,
    record: PatientRecord,
    write: Writing,
    permission: Permission | None,
    resource: str,
    perform: Callable[[Sent], Awaitable[Changed]],
) -> Response:
    """`permission` None: decided already. Content goes back to who may read it, its access on record."""
    if permission is not None:
        await write.services.changes.may(caller, permission, record)
    if not write.body and write.request.method != "DELETE":
        raise _bodiless(resource, write)
    write.check_object()
    shown_by = _SHOWN_BY.get(resource, permissions.SEE_EHR)
    show = write.prefer is Prefer.REPRESENTATION and may_see(caller, shown_by, record, None)

    async def answer() -> StoredAnswer:
        changed = await perform(write.sent(show=show))
        if resource == "contribution":
            changed = await _told(write, changed, record.target.ehr_id, resource)
        return _answer(write, changed, f"/ehr/{record.target.ehr_id}/{resource}/{changed.uid}", bare=204)

    stored = await write.once(caller, answer)
    if stored.body and show:
        uid = stored.headers.get("ETag", "").strip('"')
        await write.services.forwarder.released(caller, record, resource, uid)
    return stored.response()


def _bodiless(resource: str, write: Writing) -> Failure:
    """EHRbase misses the media type first, and says so of directories in other words."""
    if resource == "directory" or "content-type" in write.request.headers:
        words = "Required request header 'Content-Type' for method parameter type String is not present"
        return Malformed("A body is needed.", extensions=spoken(words if resource == "directory" else ""))
    return Unsupported("A body is needed, with its Content-Type.")


async def _told(write: Writing, changed: Changed, ehr_id: EhrId, resource: str) -> Changed:
    """With the real author in its audit, where there is one."""
    if not changed.body:
        return changed
    body, headers = await write.services.authorship.told(changed.body, changed.headers, ehr_id, resource)
    return replace(changed, body=body, headers=headers)


def _answer(write: Writing, changed: Changed, place: str, *, bare: int) -> StoredAnswer:
    """`bare`: the status without a body. A deleted resource has a version and no body.

    Location is stored without a host: that is of the request that is answered.
    """
    status = 201 if changed.created else 200
    headers = {"ETag": f'"{changed.uid}"', "Location": f"{base_path_of(write.request)}{place}"}
    headers |= modified(changed.headers)
    if write.prefer is Prefer.IDENTIFIER:
        body = UidView(uid=changed.uid).model_dump_json().encode()
        return StoredAnswer(
            status, {**headers, "Content-Type": JSON, "Preference-Applied": write.prefer}, body
        )
    if not changed.body:
        return StoredAnswer(bare, headers, b"")
    headers["Content-Type"] = changed.headers.get("content-type", JSON)
    if write.prefer is Prefer.REPRESENTATION:
        headers["Preference-Applied"] = write.prefer
    return StoredAnswer(status, headers, changed.body)


def tagging(method: str, resource: str, permission: Permission) -> Callable[..., Awaitable[Response]]:
    """PUT takes a list of tags, DELETE a list of their ids: EHRbase's resource, at the path of ITS-REST."""

    async def tag(
        caller: Annotated[Principal, Depends(require(permission))],
        record: OfEhr,
        write: Write,
        request: Request,
    ) -> Response:
        services, names = write.services, request.path_params
        path = await services.changes.may_tag(caller, permission, record, resource, names)
        if not isinstance(write.content, list):
            raise Malformed("A list is expected.")
        sent = write.sent(show=write.prefer is Prefer.REPRESENTATION)

        async def perform() -> StoredAnswer:
            changed = await services.changes.change_tags(record, method, f"{TAGS}{path}", sent)
            if changed.body:
                place = base_path_of(request) + path.removesuffix("item_tag") + "tags"
                return StoredAnswer(200, {"Content-Type": JSON, "Location": place}, changed.body)
            return StoredAnswer(204, {}, b"")

        return (await write.once(caller, perform, repeatable=method == "DELETE")).response()

    tag.__name__ = f"openehr_{method.lower()}_{resource}_tags"
    return tag
