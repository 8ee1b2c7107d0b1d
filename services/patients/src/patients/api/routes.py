"""`/api/patients/v1`: who."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Body, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from openward_servicekit.errors import Malformed
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router
from openward_servicekit.validation import invalid_body
from pydantic import ValidationError

from patients.api.dependencies import (
    ExpectedVersion,
    IdempotencyKey,
    PatientPath,
    Reader,
    Registrar,
    Services,
    Updater,
    WhyChanged,
)
from patients.api.matching_schemas import PossibleDuplicateProblem
from patients.api.schemas import PatientView, VersionView
from patients.domain.patient import Patient, merge_patch
from patients.domain.record import PatientRecord

PREFIX = "/api/patients/v1"
router = api_router(PREFIX, tags=["patients"])

_DOUBTED: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": PossibleDuplicateProblem, "description": "also: an identifier is taken"}
}
MergePatch = Annotated[
    dict[str, Any], Body(media_type="application/merge-patch+json", description="RFC 7396")
]


@router.post(
    "/patients",
    status_code=201,
    response_model=PatientView,
    responses=sends("ETag", "Location", status=201) | _DOUBTED,
)
async def register_patient(
    caller: Registrar,
    record: PatientRecord,
    services: Services,
    request: Request,
    why: WhyChanged,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    async def perform() -> StoredAnswer:
        patient = await services.registration.register(caller, record, idempotency_key, why)
        location = f"{PREFIX}/patients/{patient.id}"
        headers = {"ETag": etag(patient.version), "Location": location, "Content-Type": "application/json"}
        return StoredAnswer(201, headers, PatientView.written(patient))

    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint("POST", request.url.path, request.url.query, await request.body()),
        perform=perform,
        repeatable=True,
    )
    return answer.response()


@router.get("/patients/{patient_id}", response_model=PatientView, responses=sends("ETag"))
async def read_patient(
    caller: Reader,
    patient_id: PatientPath,
    services: Services,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """304 when If-None-Match holds the current version's ETag."""
    patient = await services.registration.read(caller, patient_id)
    if if_none_match and etag(patient.version) in if_none_match:
        return Response(status_code=304, headers={"ETag": etag(patient.version)})
    return _answer(patient)


@router.put("/patients/{patient_id}", response_model=PatientView, responses=sends("ETag") | _DOUBTED)
async def replace_patient(
    caller: Updater,
    patient_id: PatientPath,
    version: ExpectedVersion,
    record: PatientRecord,
    services: Services,
    why: WhyChanged,
) -> Response:
    before = await services.registration.expect(caller, patient_id, version)
    return _answer(await services.registration.update(caller, before, record, why))


@router.patch("/patients/{patient_id}", response_model=PatientView, responses=sends("ETag") | _DOUBTED)
async def update_patient(
    caller: Updater,
    patient_id: PatientPath,
    version: ExpectedVersion,
    patch: MergePatch,
    services: Services,
    why: WhyChanged,
) -> Response:
    before = await services.registration.expect(caller, patient_id, version)
    try:
        record = PatientRecord.model_validate(merge_patch(before.record.document(), patch))
    except ValidationError as error:
        raise invalid_body(error) from None
    return _answer(await services.registration.update(caller, before, record, why))


@router.get("/patients/{patient_id}/history")
async def read_history(caller: Reader, patient_id: PatientPath, services: Services) -> list[VersionView]:
    """Every version, newest first, field by field."""
    return VersionView.all_of(await services.registration.history(caller, patient_id))


@router.get("/patients/{patient_id}/as-of", response_model=PatientRecord, responses=sends("ETag"))
async def read_as_of(
    caller: Reader,
    patient_id: PatientPath,
    services: Services,
    at: Annotated[datetime, Query(description="RFC 3339, with a zone")],
) -> Response:
    """The record as it was at that time."""
    if at.tzinfo is None:
        raise Malformed("The time needs a zone.")
    version = await services.registration.as_of(caller, patient_id, at)
    return JSONResponse(version.record.document(), headers={"ETag": etag(version.number)})


def _answer(patient: Patient) -> Response:
    return Response(
        PatientView.written(patient),
        media_type="application/json",
        headers={"ETag": etag(patient.version)},
    )


def etag(version: int) -> str:
    return f'"{version}"'
