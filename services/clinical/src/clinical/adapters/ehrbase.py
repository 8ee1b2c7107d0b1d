"""EHRbase over HTTP, as it is: bare If-Match, `?format=`, and its own status codes (2.16)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from openward_contracts.identifiers import EhrId, PatientId, VersionUid
from openward_servicekit.errors import UpstreamBroken, UpstreamTimeout
from openward_servicekit.http import AsyncClient, Response, upstream_errors
from openward_servicekit.http_parts import Parts, content_of

from clinical.adapters.ehrbase_way import LONGEST_REFUSAL, QUESTION
from clinical.adapters.rejections import rejection
from clinical.domain.composition import Draft, Format
from clinical.domain.ehr_status import REGISTRY, EhrStatus
from clinical.domain.errors import (
    CdrError,
    CompositionExists,
    CompositionNotFound,
    EhrNotFound,
    EhrNotModifiable,
    SubjectTaken,
    TemplateUnknown,
    VersionMismatch,
)
from clinical.domain.intent import Kind
from clinical.domain.refusals import refusal

_OPENEHR = "rest/openehr/v1"
_XML = "application/xml"
_FORMATS = {Format.CANONICAL: "JSON", Format.FLAT: "FLAT", Format.STRUCTURED: "STRUCTURED"}

#: Where a version is found that is none of a composition.
_PLACES = {Kind.STATUS: "/ehr_status/{}", Kind.DIRECTORY: "/directory/{}", Kind.EHR: ""}

#: Said by what stands between us and EHRbase, which itself says none of these.
_FROM_A_PROXY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)

_MODIFIABLE = """
SELECT e/ehr_id/value FROM EHR e WHERE e/ehr_status/is_modifiable = true AND e/ehr_id/value matches {…}
"""


class EhrbaseCdr:
    """The Cdr port on a client whose base URL is `…/ehrbase/` and which has EHRbase's credentials."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def create_ehr(self, ehr_id: EhrId, patient_id: PatientId) -> None:
        answer = await self._send("PUT", f"ehr/{ehr_id}", json_body=_ehr_status(patient_id))
        if answer.status_code == HTTPStatus.CONFLICT:
            if await self._subject(ehr_id) != str(patient_id):
                raise SubjectTaken
            return
        _expect(answer)

    async def ehr_status(self, ehr_id: EhrId) -> EhrStatus:
        answer = await self._send("GET", f"ehr/{ehr_id}/ehr_status")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise EhrNotFound
        content = _expect(answer).json()
        return EhrStatus(VersionUid(content["uid"]["value"]), content)

    async def update_ehr_status(
        self, ehr_id: EhrId, preceding: VersionUid, content: Mapping[str, Any]
    ) -> None:
        match = {"If-Match": str(preceding)}
        answer = await self._send("PUT", f"ehr/{ehr_id}/ehr_status", json_body=content, headers=match)
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            raise VersionMismatch(None)
        _expect(answer)

    async def modifiable(self, ehr_ids: Sequence[EhrId]) -> set[EhrId]:
        names = {f"ehr_{number}": str(ehr_id) for number, ehr_id in enumerate(ehr_ids)}
        q = _MODIFIABLE.replace("…", ", ".join(f"${name}" for name in names))
        answer = await self._send("POST", "query/aql", json_body={"q": q, "query_parameters": names})
        return {EhrId(row[0]) for row in _expect(answer).json()["rows"]}

    async def create(self, ehr_id: EhrId, draft: Draft, uid: VersionUid) -> None:
        answer = await self._write("POST", f"ehr/{ehr_id}/composition", draft, draft.stored_as(uid), {})
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            raise CompositionExists
        _expect_version(answer, uid)

    async def update(self, ehr_id: EhrId, draft: Draft, preceding: VersionUid) -> None:
        path = f"ehr/{ehr_id}/composition/{preceding.object_id}"
        # EHRbase reads If-Match as it stands: quotes would be part of the uid.
        answer = await self._write("PUT", path, draft, (draft.source,), {"If-Match": str(preceding)})
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            raise VersionMismatch(None)
        _expect_version(answer, preceding.successor())

    async def delete(self, ehr_id: EhrId, preceding: VersionUid) -> None:
        answer = await self._send("DELETE", f"ehr/{ehr_id}/composition/{preceding}")
        outdated = answer.status_code == HTTPStatus.CONFLICT and "If-Match" in _message(answer)
        if outdated or answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            raise VersionMismatch(None)
        _expect_written(answer)

    async def holds(
        self, ehr_id: EhrId, uid: VersionUid, kind: Kind = Kind.CREATE, *, deleted: bool | None = None
    ) -> bool:
        path = f"ehr/{ehr_id}{_PLACES.get(kind, '/composition/{}').format(uid)}"
        answer = await self._send("GET", path, extensions=QUESTION)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return False
        _expect(answer)
        return deleted is None or deleted == (answer.status_code == HTTPStatus.NO_CONTENT)

    async def status(self) -> None:
        """Raises unless EHRbase answers and accepts our credentials."""
        async with upstream_errors("ehrbase"):
            json_only = {"Accept": "application/json"}
            answer = await self._client.get("rest/status", headers=json_only, extensions=dict(QUESTION))
        _expect(answer)

    async def _write(
        self, method: str, path: str, draft: Draft, body: Parts, headers: dict[str, str]
    ) -> Response:
        is_xml = draft.format is Format.XML
        params = {} if is_xml else {"format": _FORMATS[draft.format], "templateId": str(draft.template_id)}
        content, length = content_of(body)
        headers |= length | {"Content-Type": _XML if is_xml else "application/json"}
        async with upstream_errors("ehrbase"):
            return await self._client.request(
                method, f"{_OPENEHR}/{path}", params=params, content=content, headers=headers
            )

    async def _send(
        self,
        method: str,
        path: str,
        *,
        json_body: object = None,
        params: dict[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, bool] | None = None,
    ) -> Response:
        accept = {"Accept": "application/json"} if params is None else {}
        async with upstream_errors("ehrbase"):
            return await self._client.request(
                method,
                f"{_OPENEHR}/{path}",
                json=json_body,
                params=params,
                headers=accept | dict(headers or {}),
                extensions=dict(extensions or {}),
            )

    async def _subject(self, ehr_id: EhrId) -> str | None:
        """The patient of an EHR; EHRbase 2.30 and newer answer a reference instead of the EHR_STATUS."""
        try:
            status = await self.ehr_status(ehr_id)
        except EhrNotFound:
            return None
        return str(status.patient_id) if status.patient_id else None


def _ehr_status(patient_id: UUID) -> dict[str, object]:
    return {
        "_type": "EHR_STATUS",
        "archetype_node_id": "openEHR-EHR-EHR_STATUS.generic.v1",
        "name": {"_type": "DV_TEXT", "value": "EHR Status"},
        "subject": {
            "_type": "PARTY_SELF",
            "external_ref": {
                "_type": "PARTY_REF",
                "id": {"_type": "GENERIC_ID", "value": str(patient_id), "scheme": "uuid"},
                "namespace": REGISTRY,
                "type": "PERSON",
            },
        },
        "is_modifiable": True,
        "is_queryable": True,
    }


def _expect(answer: Response) -> Response:
    if answer.is_success:
        return answer
    raise CdrError(answer.status_code)


def _expect_version(answer: Response, uid: VersionUid) -> None:
    """Raises unless EHRbase says that it has stored this version, and no other."""
    _expect_written(answer)
    if answer.headers.get("etag", "").removeprefix("W/").strip('"') != uid:
        raise UpstreamBroken("EHRbase has confirmed another version than it was asked to store.")


def _expect_written(answer: Response) -> None:
    """Raises what a refused write means."""
    status, message = answer.status_code, _message(answer)
    if status in _FROM_A_PROXY:
        raise UpstreamTimeout("EHRbase may still be at work.")
    if status == HTTPStatus.NOT_FOUND:
        raise CompositionNotFound
    if status == HTTPStatus.CONFLICT:
        raise EhrNotModifiable from refusal(status, message)
    if "template" in message and "retrieve" in message:
        unknown = TemplateUnknown("The template is not known to the clinical data repository.")
        raise unknown from refusal(status, message)
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY):
        raise rejection(message) from refusal(status, message)
    _expect(answer)


def _message(answer: Response) -> str:
    """EHRbase's own words; 401, 403, 406 and 415 may have another body."""
    if len(answer.content) > LONGEST_REFUSAL:
        return ""
    try:
        body = json.loads(answer.content)
    except ValueError:
        return ""
    return str(body.get("message", "")) if isinstance(body, dict) else ""
