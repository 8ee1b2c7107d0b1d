"""openEHR ITS-REST Demographic API, read-only: a patient as a PERSON.

Served at `/openehr/v1`, and at `/ehrbase/rest/openehr/v1` for clients that build EHRbase's paths.
"""

from datetime import UTC
from email.utils import format_datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Response
from openward_contracts.identifiers import PatientId
from openward_servicekit.errors import NotAcceptable
from openward_servicekit.routing import api_router

from patients.api.demographic_person import SYSTEM_ID, encoded, person, version_uid
from patients.api.dependencies import Reader, Services
from patients.api.versions import at_version
from patients.domain.errors import PatientNotFound
from patients.domain.patient import Patient
from patients.service.patients import Patients

BASES = ("/openehr/v1", "/ehrbase/rest/openehr/v1")

PersonUid = Annotated[
    str,
    Path(max_length=200, description="the patient's id, or the uid of one version: `<id>::<system>::<n>`"),
]


class FormNotSupported(NotAcceptable):
    slug = "format-not-supported"

    def __init__(self) -> None:
        super().__init__("A person is canonical JSON: application/json.")


def routers() -> list[APIRouter]:
    return [_router(base, documented=base == BASES[0]) for base in BASES]


def _router(base: str, *, documented: bool) -> APIRouter:
    router = api_router(base, tags=["openehr"])
    schema: dict[str, Any] = {
        "type": "object",
        "required": ["_type", "uid", "identities"],
        "properties": {"_type": {"const": "PERSON"}},
    }
    responses: dict[int | str, dict[str, Any]] = {
        200: {"description": "PERSON of openEHR RM 1.1", "content": {"application/json": {"schema": schema}}}
    }
    router.get("/demographic/person/{uid}", include_in_schema=documented, responses=responses)(
        openehr_read_person
    )
    return router


async def openehr_read_person(
    caller: Reader,
    uid: PersonUid,
    services: Services,
    accept: Annotated[str, Header(include_in_schema=False)] = "*/*",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The current version, or the one that is named. 304 when If-None-Match holds its uid."""
    if not any(kind in accept for kind in ("application/json", "application/*", "*/*")):
        raise FormNotSupported
    patient = await _named(caller, uid, services)
    tag = f'"{version_uid(patient)}"'
    headers = {"ETag": tag, "Last-Modified": format_datetime(patient.change.at.astimezone(UTC), usegmt=True)}
    if if_none_match and tag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(encoded(person(patient)), media_type="application/json", headers=headers)


async def _named(caller: Reader, uid: str, services: Patients) -> Patient:
    """Raises PatientNotFound, also for what is no uid."""
    object_id, *version = uid.split("::")
    try:
        patient_id = PatientId(object_id)
    except ValueError:
        raise PatientNotFound from None
    patient = await services.registration.read(caller, patient_id)
    if not version:
        return patient
    for held in await services.registration.history(caller, patient_id):
        if version == [SYSTEM_ID, str(held.number)]:
            return at_version(patient, held)
    raise PatientNotFound
