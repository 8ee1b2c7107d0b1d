"""GET of one composition: the read that clients make most.

Its endpoint is given the request and the caller, and finds the rest itself (see `direct`).
"""

from collections.abc import Mapping
from email.utils import format_datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request, Response
from openward_contracts.identifiers import EhrId, VersionUid
from openward_servicekit.auth import Principal, require

from clinical.api.dependencies import clinical
from clinical.api.negotiation import XML, format_of, shown_as
from clinical.api.openehr_answers import Passed, base_of, passed, passed_headers
from clinical.domain.composition import Format
from clinical.domain.errors import CompositionNotFound
from clinical.domain.openehr_errors import CompositionDeleted
from clinical.domain.operations import COMPOSITION_AT_TIME
from clinical.domain.permissions import READ
from clinical.domain.ports import Document
from clinical.domain.refusals import ResourceNotFound
from clinical.service.clinical import Clinical
from clinical.service.versions import Shown

MAY_READ: Final = require(READ)
_EHRBASE: Final = {Format.CANONICAL: "JSON"}


async def openehr_read_composition(
    request: Request, caller: Annotated[Principal, Depends(MAY_READ)]
) -> Response:
    """One version, or the latest of an object id, or (`version_at_time`, ISO 8601) that of a time.

    `format` as in every answer with a composition. 204 when it is deleted.
    """
    services = await clinical(request)
    names, query = request.path_params, request.query_params
    uid = _uid(names["uid"])
    accept = request.headers.get("accept", "")
    form = format_of(query.get("format", ""), accept)
    if "version_at_time" in query and not isinstance(uid, VersionUid):
        return await _of_time(request, caller, services, form)
    ehr_id = ehr_id_of(request)
    try:
        shown = await services.versions.read_of_ehr(caller, ehr_id, uid, form)
    except CompositionDeleted:
        return Response(status_code=204)
    headers = version_headers(base_of(request), ehr_id, shown.uid, names["uid"])
    return version_response(shown, headers, media_type=shown_as(form, accept))


#: What the endpoint reads of the query, for the API's description.
QUERY: Final[list[dict[str, Any]]] = [
    {"name": name, "in": "query", "schema": {"type": "string"}, "description": description}
    for name, description in (
        ("format", "JSON (or CANONICAL), XML, FLAT or STRUCTURED; before the headers"),
        ("version_at_time", "ISO 8601"),
    )
]


def version_headers(base: str, ehr_id: object, uid: VersionUid, place: object) -> dict[str, str]:
    """`place`: the version or the object, whichever EHRbase names in Location: what it was asked for."""
    return {"ETag": f'"{uid}"', "Location": f"{base}/ehr/{ehr_id}/composition/{place}"}


def version_response(
    shown: Shown, headers: Mapping[str, str], *, status: int = 200, media_type: str | None = None
) -> Response:
    """`media_type`: another name for what EHRbase sent, if the client has one."""
    headers = {**headers}
    if shown.made_at is not None:
        headers["Last-Modified"] = format_datetime(shown.made_at, usegmt=True)
    document = shown.document
    if isinstance(document, Document):
        return Response(document.content, status, headers, media_type or document.media_type)
    headers["Content-Type"] = media_type or document.headers.get("content-type", "application/json")
    return Passed(document, headers, status)


async def _of_time(request: Request, caller: Principal, services: Clinical, form: Format) -> Response:
    params = {"version_at_time": request.query_params["version_at_time"]}
    if form is not Format.XML:
        params["format"] = _EHRBASE.get(form, form)
    names = {"ehr_id": request.path_params["ehr_id"], "object_id": request.path_params["uid"]}
    accept = XML if form is Format.XML else "*/*"
    answer = await services.forwarder.read(caller, COMPOSITION_AT_TIME, names, params, accept)
    return await passed(answer, passed_headers(answer.headers, base_of(request)))


def ehr_id_of(request: Request) -> EhrId:
    """As the path names it."""
    try:
        return EhrId(request.path_params["ehr_id"])
    except ValueError:
        raise ResourceNotFound from None


def _uid(text: str) -> UUID | VersionUid:
    """A composition that cannot be named cannot be there."""
    try:
        return VersionUid(text) if "::" in text else UUID(text)
    except ValueError:
        raise CompositionNotFound from None
