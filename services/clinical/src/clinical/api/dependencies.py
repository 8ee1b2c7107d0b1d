"""What a route asks for: the caller with a permission, the patient's record, the version to change."""

from dataclasses import replace
from typing import Annotated, Final, cast
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request, Response
from openward_contracts.identifiers import EhrId, EncounterId, PatientId, TemplateId, VersionUid
from openward_servicekit.auth import Principal, require
from openward_servicekit.body import check_content, parsed
from openward_servicekit.errors import Malformed
from openward_servicekit.exact import exact
from openward_servicekit.openapi_answers import DEMANDED, sends

from clinical.domain.composition import Draft, Format, read_draft
from clinical.domain.encounter_errors import EncounterUnknown
from clinical.domain.errors import CompositionNotFound, VersionRequired
from clinical.domain.languages import wanted_languages
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


#: A composition is passed on as it came or was stored, so it is not modelled.
_COMPOSITION: Final = {"type": "object", "additionalProperties": True}
_EXAMPLES: Final = {
    "FLAT": {
        "summary": "format=FLAT&template_id=openward_vital_signs.v1",
        "value": {
            "ctx/language": "en",
            "ctx/territory": "AT",
            "ctx/composer_name": "Dr. Example",
            "ctx/time": "2026-11-20T09:00:00Z",
            "vital_signs/blood_pressure/any_event:0/systolic|magnitude": 120,
            "vital_signs/blood_pressure/any_event:0/systolic|unit": "mm[Hg]",
        },
    }
}
COMPOSITION_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _COMPOSITION, "examples": _EXAMPLES}},
    }
}
SHOWN: Final = sends(
    *("ETag", "Last-Modified", "Link"),
    content={"application/json": {"schema": _COMPOSITION}},
)


async def sent_draft(
    request: Request,
    form: InFormat = Format.CANONICAL,
    template_id: Annotated[TemplateId | None, Query()] = None,
) -> Draft:
    check_content(request, takes_json=True)  # the route does not know that it takes a body
    draft = await parsed(request, lambda body: read_draft(body, form, template_id))
    return replace(draft, languages=wanted_languages(request.headers.get("accept-language", "")))


async def to_encounter(
    encounter_id: Annotated[
        str | None, Query(description="the encounter of the patient that the composition belongs to")
    ] = None,
) -> EncounterId | None:
    """What cannot be named cannot be there."""
    try:
        return EncounterId(encounter_id) if encounter_id is not None else None
    except ValueError:
        raise EncounterUnknown from None


ToEncounter = Annotated[EncounterId | None, Depends(to_encounter)]
SentDraft = Annotated[Draft, Depends(sent_draft)]


def _caller(request: Request) -> Principal:
    """As the routing has authenticated it, before any dependency."""
    return cast("Principal", request.state.principal)


async def record_of_patient(
    patient_id: Annotated[PatientId, Path()], request: Request, services: Services
) -> PatientRecord:
    return await services.records.of_patient(_caller(request), patient_id)


async def record_by_ehr(
    ehr_id: Annotated[EhrId, Path()], request: Request, services: Services
) -> PatientRecord:
    return await services.records.by_id(_caller(request), ehr_id)


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


async def composition_object_id(object_id: Annotated[str, Path()]) -> UUID:
    """A composition that cannot be named cannot be there."""
    try:
        return UUID(object_id)
    except ValueError:
        raise CompositionNotFound from None


ObjectId = Annotated[UUID, Depends(composition_object_id)]


CompositionUid = Annotated[UUID | VersionUid, Depends(composition_uid)]


async def preceding_version(
    uid: CompositionUid,
    if_match: Annotated[
        str | None, Header(description='the latest version: `"<version uid>"`', json_schema_extra=DEMANDED)
    ] = None,
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


async def unstored(response: Response) -> None:
    """What is told of a person stays in no cache."""
    response.headers["Cache-Control"] = "no-store"


async def paging(
    cursor: Annotated[str | None, Query(max_length=4096)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> tuple[str | None, int]:
    return cursor, limit


Paging = Annotated[tuple[str | None, int], Depends(paging)]
Unstored: Final = Depends(unstored)
AcceptLanguage = Annotated[str, Header(description="of labels; RFC 9110, section 12.5.4")]

#: Of routes with filters: one that is mistyped would be none.
Exact: Final = Depends(exact)
