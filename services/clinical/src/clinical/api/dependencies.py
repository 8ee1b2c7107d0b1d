"""What a route asks for: the caller with a permission, the patient's record, the version to change."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid
from openward_servicekit.auth import Principal, require
from openward_servicekit.body import check_content, parsed
from openward_servicekit.errors import Malformed

from clinical.domain.composition import Draft, Format, read_draft
from clinical.domain.errors import CompositionNotFound, VersionRequired
from clinical.domain.permissions import (
    CREATE,
    DELETE,
    QUERY,
    READ,
    READ_MIGRATION_CHECK,
    REVIEW_MERGE,
    SEE_EHR,
    UPDATE,
)
from clinical.domain.record import PatientRecord
from clinical.service.clinical import Clinical


async def clinical(request: Request) -> Clinical:
    return cast("Clinical", request.app.state.clinical)


Services = Annotated[Clinical, Depends(clinical)]
EhrReader = Annotated[Principal, Depends(require(SEE_EHR))]
Creator = Annotated[Principal, Depends(require(CREATE))]
Reader = Annotated[Principal, Depends(require(READ))]
Corrector = Annotated[Principal, Depends(require(UPDATE))]
Deleter = Annotated[Principal, Depends(require(DELETE))]
Asker = Annotated[Principal, Depends(require(QUERY))]
Reviewer = Annotated[Principal, Depends(require(REVIEW_MERGE))]
CheckReader = Annotated[Principal, Depends(require(READ_MIGRATION_CHECK))]

InFormat = Annotated[Format, Query(alias="format", description="FLAT, STRUCTURED or CANONICAL (JSON)")]
IdempotencyKey = Annotated[
    str | None,
    Header(description="The same key stores the same composition, once (24 h)."),
]


#: The body is passed on as it came, so it is not modelled.
COMPOSITION_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}


async def sent_draft(
    request: Request,
    form: InFormat = Format.CANONICAL,
    template_id: Annotated[TemplateId | None, Query()] = None,
) -> Draft:
    check_content(request, takes_json=True)  # the route does not know that it takes a body
    return await parsed(request, lambda body: read_draft(body, form, template_id))


SentDraft = Annotated[Draft, Depends(sent_draft)]


async def record_of_patient(patient_id: Annotated[PatientId, Path()], services: Services) -> PatientRecord:
    return await services.ehrs.of_patient(patient_id)


async def record_by_ehr(ehr_id: Annotated[EhrId, Path()], services: Services) -> PatientRecord:
    return await services.ehrs.by_id(ehr_id)


OfPatient = Annotated[PatientRecord, Depends(record_of_patient)]
OfEhr = Annotated[PatientRecord, Depends(record_by_ehr)]


async def composition_uid(
    uid: Annotated[str, Path(description="object id, or version uid")],
) -> UUID | VersionUid:
    """A composition that cannot be named cannot be there."""
    try:
        return VersionUid(uid) if "::" in uid else UUID(uid)
    except ValueError:
        raise CompositionNotFound from None


CompositionUid = Annotated[UUID | VersionUid, Depends(composition_uid)]


async def preceding_version(
    uid: CompositionUid,
    if_match: Annotated[str | None, Header(description='the latest version: `"<version uid>"`')] = None,
) -> VersionUid:
    """If-Match quoted, weak or bare; 428 without it, 400 when it is no version of the composition."""
    if if_match is None:
        raise VersionRequired
    object_id = uid.object_id if isinstance(uid, VersionUid) else uid
    try:
        preceding = VersionUid(if_match.strip().removeprefix("W/").strip('"'))
    except ValueError:
        raise Malformed("If-Match must hold one version uid.") from None
    if preceding.object_id != object_id:
        raise Malformed("If-Match names a version of another composition.")
    return preceding


Preceding = Annotated[VersionUid, Depends(preceding_version)]


async def paging(
    cursor: Annotated[str | None, Query(max_length=4096)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> tuple[str | None, int]:
    return cursor, limit


Paging = Annotated[tuple[str | None, int], Depends(paging)]
